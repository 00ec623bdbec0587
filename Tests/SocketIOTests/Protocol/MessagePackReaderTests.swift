import Foundation
import Testing

@testable import SocketIO

@Suite("MessagePack reader")
struct MessagePackReaderTests {
  @Test(
    "reads integers of every format without loss",
    arguments: [
      ("00", "int(0)"), ("7F", "int(127)"), ("E0", "int(-32)"), ("FF", "int(-1)"),
      ("CC 00", "int(0)"), ("CC 80", "int(128)"), ("CC FF", "int(255)"),
      ("CD 0000", "int(0)"), ("CD 0100", "int(256)"), ("CD FFFF", "int(65535)"),
      ("CE 00000001", "int(1)"), ("CE FFFFFFFF", "int(4294967295)"),
      ("CF 0000000000000001", "int(1)"), ("CF 0020000000000001", "int(9007199254740993)"),
      ("CF 7FFFFFFFFFFFFFFF", "int(9223372036854775807)"), ("CF 8000000000000000", "uint(9223372036854775808)"),
      ("CF FFFFFFFFFFFFFFFF", "uint(18446744073709551615)"),
      ("D0 7F", "int(127)"), ("D0 80", "int(-128)"), ("D0 FF", "int(-1)"),
      ("D1 7FFF", "int(32767)"), ("D1 8000", "int(-32768)"), ("D2 7FFFFFFF", "int(2147483647)"),
      ("D2 80000000", "int(-2147483648)"), ("D3 0000000000000001", "int(1)"),
      ("D3 7FFFFFFFFFFFFFFF", "int(9223372036854775807)"), ("D3 8000000000000000", "int(-9223372036854775808)"),
    ])
  func integers(hex: String, expected: String) throws {
    #expect(try SocketValue(messagePack: Data(hex: hex)).kind == expected)
  }

  @Test(
    "reads floats of both formats",
    arguments: [
      ("CA 00000000", "double(0.0)"), ("CA 80000000", "double(-0.0)"), ("CA 3F000000", "double(0.5)"),
      ("CA 3DCCCCCD", "double(0.10000000149011612)"), ("CA 7F800000", "double(inf)"), ("CA FF800000", "double(-inf)"),
      ("CA 7FC00000", "double(nan)"), ("CA 00000001", "double(1.401298464324817e-45)"),
      ("CB 0000000000000000", "double(0.0)"), ("CB 8000000000000000", "double(-0.0)"),
      ("CB 3FB999999999999A", "double(0.1)"), ("CB 3FF0000000000000", "double(1.0)"),
      ("CB 7FF0000000000000", "double(inf)"), ("CB FFF0000000000000", "double(-inf)"),
      ("CB 7FF8000000000000", "double(nan)"), ("CB 0000000000000001", "double(5e-324)"),
      ("CB 7FEFFFFFFFFFFFFF", "double(1.7976931348623157e+308)"),
    ])
  func floats(hex: String, expected: String) throws {
    #expect(try SocketValue(messagePack: Data(hex: hex)).kind == expected)
  }

  @Test(
    "reads every other format",
    arguments: [
      ("C0", nil), ("C2", false), ("C3", true),
      ("A0", ""), ("A1'a'", "a"), ("D9 00", ""), ("D9 01'a'", "a"), ("DA 0000", ""), ("DA 0001'a'", "a"),
      ("DB 00000000", ""), ("DB 00000001'a'", "a"),
      ("BF'1234567890123456789012345678901'", "1234567890123456789012345678901"),
      ("B2'Кириллица'", "Кириллица"), ("AC'ひらがな'", "ひらがな"), ("A4'🍺'", "🍺"), ("A3 610062", "a\0b"),
      ("C4 00", .binary(Data())), ("C4 01 01", .binary(Data([1]))), ("C5 0002 00FF", .binary(Data([0, 255]))),
      ("C6 00000002 00FF", .binary(Data([0, 255]))),
      ("90", []), ("91 01", [1]), ("DC 0000", []), ("DC 0002 01 A1'a'", [1, "a"]), ("DD 00000000", []),
      ("DD 00000001 C0", [nil]), ("91 DC 0001 DD 00000001 90", [[[[]]]]),
      ("80", [:]), ("81 A1'a' 01", ["a": 1]), ("DE 0000", [:]), ("DE 0001 D9 01'a' 80", ["a": [:]]),
      ("DF 00000000", [:]), ("DF 00000001 A1'a' A1'A'", ["a": "A"]), ("82 A1'b' 01 A1'a' 02", ["b": 1, "a": 2]),
    ] as [(String, SocketValue)])
  func values(hex: String, expected: SocketValue) throws {
    #expect(try SocketValue(messagePack: Data(hex: hex)) == expected)
  }

  @Test("keeps the order of an object's members; of those with the same key the last value counts")
  func order() throws {
    let value = try SocketValue(messagePack: Data(hex: "83 A1'b' 01 A1'a' 02 A1'b' 03"))
    #expect(value.objectValue?.keys == ["b", "a"])
    #expect(value == ["b": 3, "a": 2])
  }

  @Test(
    "takes integer keys as their digits",
    arguments: [
      ("81 01 C0", "1"), ("81 FF C0", "-1"), ("81 CC80 C0", "128"),
      ("81 CF FFFFFFFFFFFFFFFF C0", "18446744073709551615"),
      ("81 D3 8000000000000000 C0", "-9223372036854775808"),
    ])
  func integerKeys(hex: String, key: String) throws {
    #expect(try SocketValue(messagePack: Data(hex: hex)) == .object([key: nil]))
  }

  @Test(
    "reads timestamps as JavaScript writes dates into JSON, cut off at milliseconds",
    arguments: [
      ("D6 FF 00000000", "1970-01-01T00:00:00.000Z"), ("D6 FF 39457980", "2000-06-13T00:00:00.000Z"),
      ("D6 FF FFFFFFFF", "2106-02-07T06:28:15.000Z"), ("D7 FF A1DCD7C8 5A4AF6A5", "2018-01-02T03:04:05.678Z"),
      ("D7 FF EE6B27FC 7FFFFFFF", "2038-01-19T03:14:07.999Z"), ("D7 FF 00000001 00000000", "2106-02-07T06:28:16.000Z"),
      ("D7 FF EE6B27FF FFFFFFFF", "2514-05-30T01:53:03.999Z"),
      ("C7 0C FF 00000000 0000000400000000", "2514-05-30T01:53:04.000Z"),
      ("C7 0C FF 00000000 FFFFFFFFFFFFFFFF", "1969-12-31T23:59:59.000Z"),
      ("C7 0C FF 3B9AC9FF FFFFFFFFFFFFFFFF", "1969-12-31T23:59:59.999Z"),
      ("C7 0C FF 3B9AC9FF 0000003AFFF4417F", "9999-12-31T23:59:59.999Z"),
      ("C7 0C FF 00000000 FFFFFFF1868B8400", "0000-01-01T00:00:00.000Z"),
      ("C7 0C FF 00000000 000007DBA8218000", "+275760-09-13T00:00:00.000Z"),
      ("C7 04 FF 39457980", "2000-06-13T00:00:00.000Z"), ("C8 0004 FF 39457980", "2000-06-13T00:00:00.000Z"),
      ("C9 00000004 FF 39457980", "2000-06-13T00:00:00.000Z"),
      // notepack.io 2
      ("D7 00 000000DFB7629C00", "2000-06-13T00:00:00.000Z"), ("D7 00 FFFFFFFFFFFFFFFF", "1969-12-31T23:59:59.999Z"),
    ])
  func dates(hex: String, expected: String) throws {
    #expect(try SocketValue(messagePack: Data(hex: hex)) == .string(expected))
  }

  @Test(
    "reads what notepack.io 2 has of its own: undefined, and ArrayBuffers of any length",
    arguments: [
      ("D4 00 00", nil), ("C7 00 00", .binary(Data())), ("C7 01 00 07", .binary(Data([7]))),
      ("C7 08 00 0102030405060708", .binary(Data(1...8))), ("C8 0002 00 0102", .binary(Data([1, 2]))),
      ("C9 00000002 00 0102", .binary(Data([1, 2]))),
    ] as [(String, SocketValue)])
  func notepack(hex: String, expected: SocketValue) throws {
    #expect(try SocketValue(messagePack: Data(hex: hex)) == expected)
  }

  @Test(
    "refuses what is not MessagePack, or has no meaning, and says where",
    arguments: [
      ("", "unexpected end at byte 0"), ("C1", "a byte that begins no value at byte 0"),
      ("93 01 02 C1", "a byte that begins no value at byte 3"), ("01 02", "bytes after the end at byte 1"),
      ("80 80", "bytes after the end at byte 1"),
      ("A1 FF", "invalid UTF-8 at byte 1"), ("A3'a' C3 28", "invalid UTF-8 at byte 2"),
      ("A3 EDA080", "invalid UTF-8 at byte 1"), ("A2 C080", "invalid UTF-8 at byte 1"),
      ("A4 F4908080", "invalid UTF-8 at byte 1"), ("81 A2'k' C3 01", "invalid UTF-8 at byte 3"),
      ("D9 02 E282", "invalid UTF-8 at byte 2"),
      ("81 C0 01", "a key that is neither a string nor an integer at byte 1"),
      ("81 C3 01", "a key that is neither a string nor an integer at byte 1"),
      ("81 90 01", "a key that is neither a string nor an integer at byte 1"),
      ("82 A1'a' 01 C4 01 61 01", "a key that is neither a string nor an integer at byte 4"),
      ("81 CA 3F800000 01", "a key that is neither a string nor an integer at byte 1"),
      ("81 D6 FF 39457980 01", "a key that is neither a string nor an integer at byte 1"),
      ("91 D4 01 00", "an extension of type 1, which has no meaning here at byte 1"),
      ("D5 00 0000", "an extension of type 0, which has no meaning here at byte 0"),
      ("C7 01 80 00", "an extension of type -128, which has no meaning here at byte 0"),
      ("D8 05 00000000000000000000000000000000", "an extension of type 5, which has no meaning here at byte 0"),
      ("D4 FF 00", "a timestamp of no known form at byte 0"), ("C7 00 FF", "a timestamp of no known form at byte 0"),
      ("D7 FF EE6B2800 00000000", "a timestamp of no known form at byte 0"),
      ("C7 0C FF 3B9ACA00 0000000000000000", "a timestamp of no known form at byte 0"),
      ("C7 0C FF 00000000 000007DBA8218001", "a date that is not within 100 million days of 1970 at byte 0"),
      ("C7 0C FF 00000000 7FFFFFFFFFFFFFFF", "a date that is not within 100 million days of 1970 at byte 0"),
      ("C7 0C FF 3B9AC9FF 8000000000000000", "a date that is not within 100 million days of 1970 at byte 0"),
      // The most seconds that fit an Int64 of milliseconds, until the fraction is added.
      ("C7 0C FF 3B9AC9FF 0020C49BA5E353F7", "a date that is not within 100 million days of 1970 at byte 0"),
      ("D7 00 7FFFFFFFFFFFFFFF", "a date that is not within 100 million days of 1970 at byte 0"),
    ])
  func refusals(hex: String, fault: String) throws {
    let data = try Data(hex: hex)
    let error = try #require(throws: MessagePackError.self) { try SocketValue(messagePack: data) }
    #expect(ParserError(error).description == "invalid payload: \(fault)")
  }

  @Test(
    "refuses lengths beyond the end before it allocates",
    arguments: [
      "C6 FFFFFFFF", "DB FFFFFFFF 'abc'", "C9 FFFFFFFF 00", "DD FFFFFFFF 00", "DF FFFFFFFF 00", "DE 0001 A1'a'",
      "DC 0002 00", "92 DD 00000002 01 02", "DD 00000004 DD 00000003 00 00 00",
      // The outer map still needs a key and a value, of which only one can follow the inner array.
      "82 A1'a' 92 01 02 03",
    ])
  func announcedLengths(hex: String) throws {
    let data = try Data(hex: hex)
    let error = try #require(throws: MessagePackError.self) { try SocketValue(messagePack: data) }
    #expect(error == MessagePackError(.unexpectedEnd, at: data.count))
  }

  @Test("arrays inside arrays cannot all claim the same bytes")
  func nestedClaims() throws {
    // Each of 500 arrays announces as many elements as bytes follow, hundreds of megabytes in total.
    let size = 100_000
    var data = Data()
    for level in 0..<500 {
      let rest = UInt32(size - 5 * (level + 1))
      data.append(MessagePackFormat.array32)
      withUnsafeBytes(of: rest.bigEndian) { data.append(contentsOf: $0) }
    }
    data.append(Data(repeating: 0, count: size - data.count))
    let error = try #require(throws: MessagePackError.self) { try SocketValue(messagePack: data) }
    #expect(error.reason == .unexpectedEnd)
  }

  @Test("limits the depth, whatever the nesting is made of")
  func depth() throws {
    #expect(try SocketValue(messagePack: Data(hex: "91 81 A1'a' 90"), maxDepth: 3) == [["a": []]])
    let data = try Data(hex: "91 81 A1'a' 91 90")
    let error = try #require(throws: MessagePackError.self) { try SocketValue(messagePack: data, maxDepth: 3) }
    #expect(error == MessagePackError(.tooDeep, at: 5))
    for head: [UInt8] in [[0x91], [0x81, 0x00], [0xDC, 0, 1], [0xDF, 0, 0, 0, 1, 0]] {
      let endless = Data((0..<200_000).map { head[$0 % head.count] })
      #expect(throws: MessagePackError.self) { try SocketValue(messagePack: endless) }
    }
  }

  @Test("a value cut at any length is refused as incomplete")
  func truncation() throws {
    let data = try Data(
      hex: """
        9F 7F E0 CC80 CD0100 CE00010000 CF0000000100000000 D080 D18000 D280000000 D38000000000000000 CA3F000000 \
        CB3FB999999999999A C0 C2 DC 0010 A1'a' D901'b' DA0001'c' DB00000001'd' C40101 C5000102 C600000001 03 \
        81 A1'k' 90 DE0001 A1'k' 80 DF00000001 01 DD00000000 D4 00 00 D6 FF 39457980 D7 FF 0000000100000000 \
        C7 0C FF 00000000 0000000400000000 C7 01 00 07 C8 0001 00 07
        """)
    #expect(throws: Never.self) { try SocketValue(messagePack: data) }
    for count in 0..<data.count {
      let error = try #require(throws: MessagePackError.self, "\(count)") {
        try SocketValue(messagePack: data.prefix(count))
      }
      #expect(error == MessagePackError(.unexpectedEnd, at: count), "\(count)")
    }
  }

  @Test("reads from a slice")
  func slice() throws {
    let data = try Data(hex: "C1 92 A1'a' C4 01 07 C1")
    let value = try SocketValue(messagePack: data.dropFirst().dropLast())
    #expect(value == ["a", .binary(Data([7]))])
    #expect(value[1]?.dataValue?.startIndex == 0)
  }
}
