import Foundation
import Testing

@testable import SocketIO

@Suite("SocketValue")
struct SocketValueTests {
  @Test("is made of literals")
  func literals() {
    let name = "bob"
    let value: SocketValue = ["b": nil, "a": [true, 1, -2.5, "x", "hi \(name)"], "b2": [:]]
    let object: SocketObject = [
      "b": .null, "a": .array([.bool(true), .int(1), .double(-2.5), .string("x"), "hi bob"]),
    ]
    #expect(value["b"] == object["b"])
    #expect(value["a"] == object["a"])
    #expect(value.objectValue?.keys == ["b", "a", "b2"])
    #expect(value["b2"] == .object(SocketObject()))
  }

  @Test("is made of Swift values")
  func initializers() {
    #expect(SocketValue(true) == .bool(true))
    #expect(SocketValue(UInt8.max) == .int(255))
    #expect(SocketValue(Int64.min) == .int(.min))
    #expect(SocketValue(UInt64(Int.max)) == .int(.max))
    #expect(SocketValue(UInt64.max) == .uint(.max))
    #expect(SocketValue(Int128.max) == .double(0x1p127))
    #expect(SocketValue(Float(0.5)) == .double(0.5))
    #expect(SocketValue("abc".dropFirst()) == "bc")
    #expect(SocketValue(Data([1])) == .binary(Data([1])))
    #expect(SocketValue([1, 2] as [SocketValue]) == [1, 2])
    #expect(SocketValue(["b": 1, "a": 2] as [String: SocketValue]).objectValue?.keys == ["a", "b"])
  }

  @Test("gives its contents only as what they are")
  func accessors() {
    let values: [SocketValue] = [nil, true, 1, 0.5, "s", .binary(Data([1])), [1], ["k": 1]]
    #expect(values.map(\.isNull) == [true, false, false, false, false, false, false, false])
    #expect(values.map(\.boolValue) == [nil, true, nil, nil, nil, nil, nil, nil])
    #expect(values.map(\.intValue) == [nil, nil, 1, nil, nil, nil, nil, nil])
    #expect(values.map(\.doubleValue) == [nil, nil, 1, 0.5, nil, nil, nil, nil])
    #expect(values.map(\.stringValue) == [nil, nil, nil, nil, "s", nil, nil, nil])
    #expect(values.map(\.dataValue) == [nil, nil, nil, nil, nil, Data([1]), nil, nil])
    #expect(values.map(\.arrayValue) == [nil, nil, nil, nil, nil, nil, [1], nil])
    #expect(values.map(\.objectValue) == [nil, nil, nil, nil, nil, nil, nil, ["k": 1]])
  }

  @Test("converts numbers without loss")
  func numbers() {
    #expect(SocketValue.double(3).intValue == 3)
    #expect(SocketValue.double(1e300).intValue == nil)
    #expect(SocketValue.double(.nan).intValue == nil)
    #expect(SocketValue.uint(.max).intValue == nil)
    #expect(SocketValue.uint(7).intValue == 7)
    #expect(SocketValue.uint(.max).doubleValue == 0x1p64)
  }

  @Test("members are read, set and removed")
  func keySubscript() {
    var value: SocketValue = nil
    #expect(value["a"] == nil)
    value["a"] = nil
    #expect(value == .null)
    value["a"] = 1
    value["b"] = .null
    #expect(value == ["a": 1, "b": nil])
    value["a"] = nil
    #expect(value == ["b": nil])
    value["c"] = ["d": [1, 2]]
    value["c"]?["d"]?[1] = "two"
    #expect(value == ["b": nil, "c": ["d": [1, "two"]]])

    var number: SocketValue = 5
    number["a"] = 1
    #expect(number == 5)
    #expect(number["a"] == nil)
  }

  @Test("elements are read, set, appended and removed")
  func indexSubscript() {
    var value: SocketValue = [1, 2]
    #expect(value[0] == 1)
    #expect(value[2] == nil)
    #expect(value[-1] == nil)
    value[0] = "one"
    value[2] = 3
    #expect(value == ["one", 2, 3])
    value[4] = 5
    value[-1] = 5
    value[3] = nil
    #expect(value == ["one", 2, 3])
    value[1] = nil
    #expect(value == ["one", 3])

    var string: SocketValue = "s"
    string[0] = 1
    #expect(string == "s")
    #expect(string[0] == nil)
  }

  @Test(
    "numbers are equal when they are the same number",
    arguments: [
      (.int(1), .double(1)), (.int(0), .double(-0.0)), (.double(0), .double(-0.0)), (.int(7), .uint(7)),
      (.uint(.max - 2047), .double(0x1p64 - 2048)), (.uint(1 << 63), .double(0x1p63)), (.int(.min), .double(-0x1p63)),
      (.uint(5), .double(5)), ([1, ["a": 2]], [.double(1), ["a": .uint(2)]]),
    ] as [(SocketValue, SocketValue)])
  func equalNumbers(lhs: SocketValue, rhs: SocketValue) {
    #expect(lhs == rhs)
    #expect(rhs == lhs)
    #expect(lhs.hashValue == rhs.hashValue)
  }

  @Test("different values are not equal")
  func different() {
    let values: [SocketValue] = [
      nil, false, true, 0, 1, .double(0.5), .uint(.max), .double(0x1p64), .int(.max), .double(0x1p63), "", "0", "null",
      .binary(Data()), .binary(Data([0])), [], [nil], [[]], [:], ["a": nil], ["a": 1], ["b": 1], [0, 1], [1, 0],
    ]
    for (i, lhs) in values.enumerated() {
      for (j, rhs) in values.enumerated() {
        #expect((lhs == rhs) == (i == j), "\(lhs) and \(rhs)")
      }
    }
    #expect(Set(values).count == values.count)
    #expect(SocketValue.double(.nan) != .double(.nan))
  }
}

@Suite("SocketObject")
struct SocketObjectTests {
  @Test("keeps the order of its members, also beyond the linear search", arguments: [0, 1, 15, 16, 17, 18, 100])
  func order(count: Int) {
    var object = SocketObject()
    let keys = (0..<count).map { "key \($0 * 7919 % 1009)" }
    for (index, key) in keys.enumerated() { object[key] = .int(index) }
    #expect(object.keys == keys)
    #expect(object.values == (0..<count).map { .int($0) })
    #expect(object.count == count)
    for (index, key) in keys.enumerated() { #expect(object[key] == .int(index)) }
    #expect(object["none"] == nil)

    for key in keys { object[key] = "new" }
    #expect(object.keys == keys)
    #expect(object.values.allSatisfy { $0 == "new" })
  }

  @Test("removes members, across the bound of the linear search", arguments: [1, 16, 17, 18, 40])
  func removal(count: Int) {
    var object = SocketObject((0..<count).map { ("\($0)", .int($0)) })
    #expect(object.removeValue(forKey: "none") == nil)
    for number in stride(from: 0, to: count, by: 2) {
      #expect(object.removeValue(forKey: "\(number)") == .int(number))
      #expect(object["\(number)"] == nil)
    }
    let rest = Array(stride(from: 1, to: count, by: 2))
    #expect(object.keys == rest.map { "\($0)" })
    for number in rest { #expect(object["\(number)"] == .int(number)) }
    object["0"] = "again"
    #expect(object.last?.key == "0")
    for key in object.keys { object[key] = nil }
    #expect(object.isEmpty)
  }

  @Test("of equal keys keeps the first position and the last value")
  func duplicates() {
    let object: SocketObject = ["a": 1, "b": 2, "a": 3]
    #expect(object.keys == ["a", "b"])
    #expect(object["a"] == 3)
  }

  @Test("orders the keys of a dictionary")
  func dictionary() {
    #expect(SocketObject(["c": 1, "a": 2, "b": 3] as [String: SocketValue]).keys == ["a", "b", "c"])
  }

  @Test("is a collection")
  func collection() {
    let object: SocketObject = ["a": 1, "b": 2]
    #expect(object.map { "\($0.key)=\($0.value)" } == ["a=1", "b=2"])
    #expect(object[1].key == "b")
    #expect(object.first { $0.value == 2 }?.key == "b")
    #expect("\(object)" == #"{"a":1,"b":2}"#)
  }

  @Test("is equal and hashes alike in any order", arguments: [2, 16, 17, 50])
  func equality(count: Int) {
    let members = (0..<count).map { ("\($0)", SocketValue.int($0)) }
    let object = SocketObject(members)
    let reversed = SocketObject(members.reversed())
    #expect(object == reversed)
    #expect(object.hashValue == reversed.hashValue)
    var other = reversed
    other["0"] = "other"
    #expect(object != other)
    other["0"] = nil
    #expect(object != other)
  }

  @Test("takes time in proportion to its members when it is read")
  func manyMembers() throws {
    let json = "{" + (0..<50_000).map { "\"key\($0)\":\($0)" }.joined(separator: ",") + "}"
    let object = try #require(try SocketValue(json: json).objectValue)
    #expect(object.count == 50_000)
    #expect(object["key49999"] == 49_999)
  }
}
