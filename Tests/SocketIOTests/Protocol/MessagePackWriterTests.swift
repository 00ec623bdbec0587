import Foundation
import Testing

@testable import SocketIO

@Suite("MessagePack writer")
struct MessagePackWriterTests {
  @Test(
    "writes each value in its shortest format",
    arguments: [
      (nil, "C0"), (false, "C2"), (true, "C3"),
      (0, "00"), (127, "7F"), (128, "CC80"), (255, "CCFF"), (256, "CD0100"), (65535, "CDFFFF"), (65536, "CE00010000"),
      (.int(4_294_967_295), "CEFFFFFFFF"), (.int(4_294_967_296), "CF0000000100000000"),
      (.int(.max), "CF7FFFFFFFFFFFFFFF"), (.uint(.max), "CFFFFFFFFFFFFFFFFF"), (.uint(5), "05"),
      (-1, "FF"), (-32, "E0"), (-33, "D0DF"), (-128, "D080"), (-129, "D1FF7F"), (-32768, "D18000"),
      (-32769, "D2FFFF7FFF"), (.int(-2_147_483_648), "D280000000"), (.int(-2_147_483_649), "D3FFFFFFFF7FFFFFFF"),
      (.int(.min), "D38000000000000000"),
      (0.5, "CA3F000000"), (1.0, "CA3F800000"), (-0.0, "CA80000000"), (0.1, "CB3FB999999999999A"),
      (16_777_217.0, "CB4170000010000000"), (.double(.infinity), "CA7F800000"), (.double(-.infinity), "CAFF800000"),
      (.double(.nan), "CB7FF8000000000000"), (1e300, "CB7E37E43C8800759C"),
      ("", "A0"), ("a", "A1'a'"), ("€", "A3'€'"), (.binary(Data()), "C400"), (.binary(Data([1, 2])), "C4020102"),
      ([], "90"), ([1, [nil]], "92 01 91 C0"), ([:], "80"), (["b": 1, "a": [:]], "82 A1'b' 01 A1'a' 80"),
    ] as [(SocketValue, String)])
  func values(value: SocketValue, hex: String) throws {
    #expect(try value.messagePack() == Data(hex: hex))
  }

  @Test(
    "writes a slice of data, and a string that is not stored as UTF-8",
    arguments: [
      (.binary(Data([1, 2, 3]).dropFirst()), "C4020203"), (.string(NSMutableString(string: "ä") as String), "A2'ä'"),
    ] as [(SocketValue, String)])
  func storage(value: SocketValue, hex: String) throws {
    #expect(try value.messagePack() == Data(hex: hex))
  }

  @Test(
    "writes lengths in the shortest format, and reads them back",
    arguments: [
      (0, "A0", "C400", "90", "80"), (15, "AF", "C40F", "9F", "8F"), (16, "B0", "C410", "DC0010", "DE0010"),
      (31, "BF", "C41F", "DC001F", "DE001F"), (32, "D920", "C420", "DC0020", "DE0020"),
      (255, "D9FF", "C4FF", "DC00FF", "DE00FF"), (256, "DA0100", "C50100", "DC0100", "DE0100"),
      (65535, "DAFFFF", "C5FFFF", "DCFFFF", "DEFFFF"),
      (65536, "DB00010000", "C600010000", "DD00010000", "DF00010000"),
    ])
  func lengths(count: Int, string: String, binary: String, array: String, map: String) throws {
    let object = SocketObject((0..<count).map { (String($0), .bool(true)) })
    let values: [(SocketValue, String)] = [
      (.string(String(repeating: "x", count: count)), string), (.binary(Data(repeating: 7, count: count)), binary),
      (.array(Array(repeating: .null, count: count)), array), (.object(object), map),
    ]
    for (value, head) in values {
      let data = try value.messagePack()
      let start = try Data(hex: head)
      #expect(data.prefix(start.count) == start)
      #expect(try SocketValue(messagePack: data) == value)
    }
  }

  @Test("knows lengths of up to 32 bits, and no others")
  func greatestLengths() {
    let limit = Int(UInt32.max)
    #expect(MessagePackHead.string(length: limit) == MessagePackHead(0xDB, UInt64(limit), width: 4))
    #expect(MessagePackHead.binary(length: limit) == MessagePackHead(0xC6, UInt64(limit), width: 4))
    #expect(MessagePackHead.array(count: limit) == MessagePackHead(0xDD, UInt64(limit), width: 4))
    #expect(MessagePackHead.map(count: limit) == MessagePackHead(0xDF, UInt64(limit), width: 4))
    for head in [MessagePackHead.string(length:), MessagePackHead.binary, MessagePackHead.array, MessagePackHead.map] {
      #expect(head(limit + 1) == nil)
    }
  }

  @Test("limits the depth")
  func depth() throws {
    #expect(try SocketValue.array([["a": []]]).messagePack(maxDepth: 3) == Data(hex: "91 81 A1'a' 90"))
    let error = try #require(throws: MessagePackError.self) {
      try SocketValue.array([["a": [[:]]]]).messagePack(maxDepth: 3)
    }
    #expect(error == MessagePackError(.tooDeep, at: 5))
  }
}
