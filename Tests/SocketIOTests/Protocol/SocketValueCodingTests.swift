import Foundation
import Testing

@testable import SocketIO

@Suite("Codable")
struct SocketValueCodingTests {
  struct Message: Codable, Equatable {
    var user: String
    var text: String?
    var n: Int
    var tags: [String]
    var attachment: Data
    var sent: Date
    var link: URL
    var any: SocketValue
  }

  @Test("a struct becomes an object and comes back")
  func message() throws {
    let message = Message(
      user: "alice", text: nil, n: 42, tags: ["a", "b"], attachment: Data([1, 2]),
      sent: Date(timeIntervalSince1970: 1_709_209_800.25), link: try #require(URL(string: "https://example.com/?q=1")),
      any: ["deep": [.binary(Data([3])), nil]])
    let value = try SocketValue(encoding: message)
    let expected: SocketValue = [
      "user": "alice", "n": 42, "tags": ["a", "b"], "attachment": .binary(Data([1, 2])),
      "sent": "2024-02-29T12:30:00.250Z", "link": "https://example.com/?q=1",
      "any": ["deep": [.binary(Data([3])), nil]],
    ]
    #expect(value == expected)
    #expect(value.objectValue?.keys == ["user", "n", "tags", "attachment", "sent", "link", "any"])
    #expect(try value.decode(as: Message.self) == message)
  }

  private func roundTrip<Value: Codable & Equatable>(_ value: Value, _ expected: SocketValue) throws {
    #expect(try SocketValue(encoding: value) == expected)
    #expect(try expected.decode(as: Value.self) == value)
    // The same inside other containers, however they are reached.
    #expect(try SocketValue(encoding: [value]) == [expected])
    #expect(try SocketValue.array([expected]).decode(as: [Value].self) == [value])
    #expect(try SocketValue(encoding: ["k": value]) == ["k": expected])
    #expect(try SocketValue.object(["k": expected]).decode(as: [String: Value].self) == ["k": value])
    #expect(try SocketValue(encoding: Box(value: value)) == expected)
    #expect(try expected.decode(as: Box<Value>.self).value == value)
  }

  /// Encodes through a single value container.
  struct Box<Value: Codable>: Codable {
    var value: Value

    init(value: Value) { self.value = value }

    init(from decoder: any Decoder) throws {
      value = try decoder.singleValueContainer().decode(Value.self)
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(value)
    }
  }

  @Test("scalars become what they are")
  func scalars() throws {
    try roundTrip(true, true)
    try roundTrip("ä", "ä")
    try roundTrip(0.1, 0.1)
    try roundTrip(Float(0.1), .double(Double(Float(0.1))))
    try roundTrip(Int.min, .int(.min))
    try roundTrip(Int8.min, -128)
    try roundTrip(Int16.max, 32767)
    try roundTrip(Int32.min, .int(-2_147_483_648))
    try roundTrip(Int64.max, .int(.max))
    try roundTrip(UInt16.max, 65535)
    try roundTrip(UInt32.max, .int(4_294_967_295))
    try roundTrip(UInt64.max, .uint(.max))
    try roundTrip(UInt.max, .uint(.max))
    try roundTrip(Data([1, 2]), .binary(Data([1, 2])))
    try roundTrip([1, 2] as [UInt8], .binary(Data([1, 2])))
    try roundTrip(try #require(Decimal(string: "0.1")), 0.1)
    try roundTrip(Decimal(12), 12)
    try roundTrip(Decimal(UInt64.max), .uint(.max))
    try roundTrip(try #require(Decimal(string: "1e-7")), 1e-7)
    try roundTrip(
      try #require(UUID(uuidString: "E621E1F8-C36C-495A-93FC-0C247A3E6E5F")), "E621E1F8-C36C-495A-93FC-0C247A3E6E5F")
    try roundTrip(["x": .binary(Data())] as SocketObject, ["x": .binary(Data())])
    try roundTrip([nil, 1] as [Int?], [nil, 1])
    try roundTrip([nil, Data([1])] as [Data?], [nil, .binary(Data([1]))])
    try roundTrip([[1, 2], []] as [[UInt8]], [.binary(Data([1, 2])), .binary(Data())])
    try roundTrip(["a": 1, "b": 2], ["a": 1, "b": 2])
    try roundTrip([1: "x", -2: "y"], ["1": "x", "-2": "y"])
    try roundTrip(["nested": ["deeper": [1.5]]], ["nested": ["deeper": [1.5]]])
  }

  @Test("integers of 128 bits are encoded when they fit 64")
  func wideIntegers() throws {
    try roundTrip(Int128(-5), -5)
    try roundTrip(UInt128(UInt64.max), .uint(.max))
    #expect(throws: EncodingError.self) { try SocketValue(encoding: Int128.max) }
    #expect(throws: EncodingError.self) { try SocketValue(encoding: [UInt128.max]) }
  }

  @Test(
    "values pass through unchanged",
    arguments: [nil, 1, "s", .binary(Data([1])), [1, [:]], ["b": 1, "a": [nil]]] as [SocketValue])
  func values(value: SocketValue) throws {
    try roundTrip(value, value)
    #expect(try SocketValue(encoding: [value] as [SocketValue]) == [value])
  }

  enum Shape: Codable, Equatable {
    case point
    case circle(radius: Double)
    case polygon([Int], closed: Bool)
  }

  enum Level: String, Codable { case low, high }

  @Test("enums become what Swift makes of them")
  func enums() throws {
    try roundTrip(Shape.point, ["point": [:]])
    try roundTrip(Shape.circle(radius: 1.5), ["circle": ["radius": 1.5]])
    try roundTrip(Shape.polygon([1, 2], closed: true), ["polygon": ["_0": [1, 2], "closed": true]])
    try roundTrip(Level.high, "high")
  }

  class Animal: Codable {
    var name: String
    init(name: String) { self.name = name }
  }

  final class Dog: Animal {
    var tricks: [String]

    init(name: String, tricks: [String]) {
      self.tricks = tricks
      super.init(name: name)
    }

    private enum CodingKeys: CodingKey { case tricks }

    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      tricks = try container.decode([String].self, forKey: .tricks)
      try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(tricks, forKey: .tricks)
      try super.encode(to: container.superEncoder())
    }
  }

  @Test("a superclass is encoded inside its subclass")
  func inheritance() throws {
    let value = try SocketValue(encoding: Dog(name: "Rex", tricks: ["sit"]))
    #expect(value == ["tricks": ["sit"], "super": ["name": "Rex"]])
    let dog = try value.decode(as: Dog.self)
    #expect(dog.name == "Rex")
    #expect(dog.tricks == ["sit"])
  }

  /// Writes into the containers of its superclass, with the same keys.
  class Record: Encodable {
    enum Keys: CodingKey { case meta, tags, sizes }
    enum MetaKeys: CodingKey { case id, owner, extra }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Keys.self)
      var meta = container.nestedContainer(keyedBy: MetaKeys.self, forKey: .meta)
      try meta.encode(1, forKey: .id)
      var extra = meta.nestedUnkeyedContainer(forKey: .extra)
      try extra.encode("a")
      var tags = container.nestedUnkeyedContainer(forKey: .tags)
      try tags.encode("old")
      try container.encode(["w": 1], forKey: .sizes)
    }
  }

  final class OwnedRecord: Record {
    override func encode(to encoder: any Encoder) throws {
      try super.encode(to: encoder)
      var container = encoder.container(keyedBy: Keys.self)
      var meta = container.nestedContainer(keyedBy: MetaKeys.self, forKey: .meta)
      try meta.encode("alice", forKey: .owner)
      var extra = meta.nestedUnkeyedContainer(forKey: .extra)
      #expect(extra.count == 1)
      try extra.encode("b")
      var tags = container.nestedUnkeyedContainer(forKey: .tags)
      try tags.encode("new")
      // A value that was encoded as a whole is an object like any other.
      var sizes = container.nestedContainer(keyedBy: AnyKey.self, forKey: .sizes)
      try sizes.encode(2, forKey: AnyKey("h"))
    }
  }

  struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  @Test("a nested container that is asked for again is the same one, as with JSONEncoder")
  func sharedContainers() throws {
    let value = try SocketValue(encoding: OwnedRecord())
    #expect(
      value == [
        "meta": ["id": 1, "extra": ["a", "b"], "owner": "alice"], "tags": ["old", "new"], "sizes": ["w": 1, "h": 2],
      ])
    let foundation = try JSONEncoder().encode(OwnedRecord())
    #expect(try SocketValue(jsonBytes: Array(foundation)) == value)
  }

  @Test("a key that is encoded again has the last value")
  func repeatedKeys() throws {
    struct Repeated: Encodable {
      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: AnyKey.self)
        var first = container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("a"))
        try first.encode(1, forKey: AnyKey("x"))
        try container.encode(2, forKey: AnyKey("a"))
        var list = container.nestedUnkeyedContainer(forKey: AnyKey("b"))
        try list.encode(3)
        var object = container.nestedContainer(keyedBy: AnyKey.self, forKey: AnyKey("b"))
        try object.encode(4, forKey: AnyKey("y"))
      }
    }
    #expect(try SocketValue(encoding: Repeated()) == ["a": 2, "b": ["y": 4]])
  }

  /// Uses every other kind of container.
  struct Manual: Codable, Equatable {
    var x = 1, y = 2, z = 3, w = 4

    init() {}

    enum CodingKeys: CodingKey { case object, array, own, w }
    enum InnerKeys: CodingKey { case x }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      x = try container.nestedContainer(keyedBy: InnerKeys.self, forKey: .object).decode(Int.self, forKey: .x)
      var array = try container.nestedUnkeyedContainer(forKey: .array)
      #expect(array.count == 4)
      #expect(try array.decodeNil())
      #expect(try !array.decodeNil())
      var inner = try array.nestedUnkeyedContainer()
      y = try inner.decode(Int.self)
      #expect(inner.isAtEnd)
      #expect(try array.nestedContainer(keyedBy: InnerKeys.self).decodeNil(forKey: .x))
      z = try Int(from: array.superDecoder())
      #expect(array.isAtEnd)
      w = try Int(from: container.superDecoder(forKey: .w))
      #expect(!container.contains(.own))
      #expect(container.allKeys == [.object, .array, .w])
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      var object = container.nestedContainer(keyedBy: InnerKeys.self, forKey: .object)
      try object.encode(x, forKey: .x)
      var array = container.nestedUnkeyedContainer(forKey: .array)
      try array.encodeNil()
      var inner = array.nestedUnkeyedContainer()
      try inner.encode(y)
      var member = array.nestedContainer(keyedBy: InnerKeys.self)
      try member.encodeNil(forKey: .x)
      try z.encode(to: array.superEncoder())
      #expect(array.count == 4)
      // A second container for the same object shares its members.
      var again = encoder.container(keyedBy: CodingKeys.self)
      try w.encode(to: again.superEncoder(forKey: .w))
    }
  }

  @Test("nested containers and super encoders keep their places")
  func nestedContainers() throws {
    try roundTrip(Manual(), ["object": ["x": 1], "array": [nil, [2], ["x": nil], 3], "w": 4])
  }

  struct Nothing: Codable, Equatable {
    init() {}
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws {}
  }

  @Test("what encodes nothing is an empty object")
  func nothing() throws {
    try roundTrip(Nothing(), [:])
  }

  @Test("numbers decode as types that hold them exactly")
  func convertibleNumbers() throws {
    #expect(try SocketValue.double(3).decode(as: Int.self) == 3)
    #expect(try SocketValue.double(3).decode(as: UInt8.self) == 3)
    #expect(try SocketValue.double(255).decode(as: UInt8.self) == .max)
    #expect(try SocketValue(encoding: UInt8.max) == 255)
    #expect(try SocketValue.int(3).decode(as: Double.self) == 3)
    #expect(try SocketValue.int(3).decode(as: Decimal.self) == 3)
    #expect(try SocketValue.double(.infinity).decode(as: Float.self) == .infinity)
  }

  @Test("values can be coded by other coders")
  func otherCoders() throws {
    let value: SocketValue = [
      "null": nil, "bool": true, "int": -1, "uint": .uint(.max), "double": 0.5, "string": "s", "array": [1, [], [:]],
    ]
    let json = try JSONEncoder().encode(value)
    #expect(try JSONDecoder().decode(SocketValue.self, from: json) == value)
    let binary = try JSONEncoder().encode([SocketValue.binary(Data([1, 2, 3, 4]))])
    #expect(String(decoding: binary, as: UTF8.self) == #"["AQIDBA=="]"#)
  }
}
