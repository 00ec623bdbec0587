import Foundation
import Testing

@testable import SocketIO

@Suite("MessagePack parser")
struct MessagePackParserTests {
  private let parser = MessagePackParser()

  private func decode(_ hex: String) throws -> SocketPacket? {
    try parser.makeDecoder().decode(.binary(Data(hex: hex)))
  }

  @Test(
    "writes packets of every type, and reads them back",
    arguments: [
      (SocketPacket(content: .connect(nil)), "82 A4'type' 00 A3'nsp' A1'/'"),
      (
        SocketPacket(namespace: "/a", content: .connect(["token": .binary(Data([1]))])),
        "83 A4'type' 00 A3'nsp' A2'/a' A4'data' 81 A5'token' C40101"
      ),
      (SocketPacket(namespace: "/a", content: .disconnect), "82 A4'type' 01 A3'nsp' A2'/a'"),
      (SocketPacket(content: .event(name: "e", arguments: [])), "83 A4'type' 02 A3'nsp' A1'/' A4'data' 91 A1'e'"),
      (
        SocketPacket(id: 300, content: .event(name: "e", arguments: [.binary(Data([1, 2])), ["a": nil]])),
        "84 A4'type' 02 A3'nsp' A1'/' A2'id' CD012C A4'data' 93 A1'e' C4020102 81 A1'a' C0"
      ),
      (
        SocketPacket(id: 0, content: .event(name: "7", arguments: [])),
        "84 A4'type' 02 A3'nsp' A1'/' A2'id' 00 A4'data' 91 A1'7'"
      ),
      (
        SocketPacket(namespace: "/a,b", id: .max, content: .ack([])),
        "84 A4'type' 03 A3'nsp' A4'/a,b' A2'id' CF7FFFFFFFFFFFFFFF A4'data' 90"
      ),
      (SocketPacket(content: .connectError("no")), "83 A4'type' 04 A3'nsp' A1'/' A4'data' A2'no'"),
      (
        SocketPacket(content: .connectError(["message": "no"])),
        "83 A4'type' 04 A3'nsp' A1'/' A4'data' 81 A7'message' A2'no'"
      ),
    ])
  func packets(packet: SocketPacket, hex: String) throws {
    #expect(try parser.encode(packet) == [.binary(Data(hex: hex))])
    #expect(try decode(hex) == packet)
  }

  @Test(
    "reads what servers write",
    arguments: [
      // python-socketio: a missing payload is nil.
      (
        "83 A4'type' 00 A4'data' 81 A3'sid' A2'ab' A3'nsp' A1'/'", SocketPacket(content: .connect(["sid": "ab"]))
      ),
      ("83 A4'type' 01 A4'data' C0 A3'nsp' A2'/a'", SocketPacket(namespace: "/a", content: .disconnect)),
      ("84 A4'type' 03 A4'data' 91 05 A3'nsp' A1'/' A2'id' 01", SocketPacket(id: 1, content: .ack([5]))),
      // JavaScript: undefined is nil or an extension, depending on the version, and the packet has members for the
      // server itself.
      ("83 A4'type' 01 A3'nsp' A1'/' A4'data' D40000", SocketPacket(content: .disconnect)),
      (
        "85 A4'type' 02 A4'data' 92 A1'e' D40000 A7'options' 81 A8'compress' C3 A2'id' D40000 A3'nsp' A1'/'",
        SocketPacket(content: .event(name: "e", arguments: [nil]))
      ),
      (
        "84 A4'type' 02 A4'data' 93 A1'e' C7020 00102 D6FF39457980 A2'id' C0 A3'nsp' A1'/'",
        SocketPacket(content: .event(name: "e", arguments: [.binary(Data([1, 2])), "2000-06-13T00:00:00.000Z"]))
      ),
      // A name may be a number.
      (
        "84 A4'type' 02 A3'nsp' A1'/' A2'id' 00 A4'data' 91 07",
        SocketPacket(id: 0, content: .event(name: "7", arguments: []))
      ),
      // Formats longer than necessary.
      (
        "DE0004 D904'type' CB4000000000000000 A3'nsp' DA0001'/' A2'id' D20000000C A4'data' DC0001 D901'e'",
        SocketPacket(id: 12, content: .event(name: "e", arguments: []))
      ),
    ])
  func servers(hex: String, packet: SocketPacket) throws {
    #expect(try decode(hex) == packet)
  }

  @Test(
    "refuses what the protocol does not allow",
    arguments: [
      ("", .invalidPayload), ("C0", .invalidPayload), ("93 02 A1'/' 90", .invalidPayload),
      ("82 A4'type' 00 A3'nsp' A1'/' 00", .invalidPayload),
      ("80", .unknownPacketType), ("81 A3'nsp' A1'/'", .unknownPacketType),
      ("82 A4'type' A1'0' A3'nsp' A1'/'", .unknownPacketType), ("82 A4'type' C0 A3'nsp' A1'/'", .unknownPacketType),
      ("82 A4'type' FF A3'nsp' A1'/'", .unknownPacketType), ("82 A4'type' CD0100 A3'nsp' A1'/'", .unknownPacketType),
      ("82 A4'type' CA3F000000 A3'nsp' A1'/'", .unknownPacketType),
      ("83 A4'type' 05 A3'nsp' A1'/' A4'data' 91 A1'e'", .unknownPacketType),
      ("83 A4'type' 06 A3'nsp' A1'/' A4'data' 90", .unknownPacketType),
      ("82 A4'type' 07 A3'nsp' A1'/'", .unknownPacketType),
      ("81 A4'type' 00", .illegalNamespace), ("82 A4'type' 00 A3'nsp' C0", .illegalNamespace),
      ("82 A4'type' 00 A3'nsp' 01", .illegalNamespace), ("82 A4'type' 00 A3'nsp' A0", .illegalNamespace),
      ("82 A4'type' 00 A3'nsp' A1'a'", .illegalNamespace),
      ("84 A4'type' 02 A3'nsp' A1'/' A2'id' FF A4'data' 91 A1'e'", .illegalID),
      ("84 A4'type' 02 A3'nsp' A1'/' A2'id' A1'1' A4'data' 91 A1'e'", .illegalID),
      ("84 A4'type' 02 A3'nsp' A1'/' A2'id' CA3F000000 A4'data' 91 A1'e'", .illegalID),
      ("84 A4'type' 02 A3'nsp' A1'/' A2'id' CF8000000000000000 A4'data' 91 A1'e'", .illegalID),
      ("83 A4'type' 00 A3'nsp' A1'/' A4'data' 90", .invalidPayload),
      ("83 A4'type' 00 A3'nsp' A1'/' A4'data' A1'x'", .invalidPayload),
      ("83 A4'type' 01 A3'nsp' A1'/' A4'data' 80", .invalidPayload),
      ("82 A4'type' 02 A3'nsp' A1'/'", .invalidPayload), ("83 A4'type' 02 A3'nsp' A1'/' A4'data' C0", .invalidPayload),
      ("83 A4'type' 02 A3'nsp' A1'/' A4'data' 90", .invalidPayload),
      ("83 A4'type' 02 A3'nsp' A1'/' A4'data' 91 C0", .invalidPayload),
      ("83 A4'type' 02 A3'nsp' A1'/' A4'data' 91 C40161", .invalidPayload),
      ("83 A4'type' 02 A3'nsp' A1'/' A4'data' 80", .invalidPayload),
      ("83 A4'type' 02 A3'nsp' A1'/' A4'data' 91 A7'connect'", .invalidPayload),
      ("83 A4'type' 03 A3'nsp' A1'/' A2'id' 01", .invalidPayload),
      ("82 A4'type' 04 A3'nsp' A1'/'", .invalidPayload), ("83 A4'type' 04 A3'nsp' A1'/' A4'data' 90", .invalidPayload),
    ] as [(String, ParserError.Code)])
  func receivedRefusals(hex: String, code: ParserError.Code) throws {
    let error = try #require(throws: ParserError.self) { try decode(hex) }
    #expect(error.code == code)
  }

  @Test("says where a fault is")
  func place() throws {
    let received = try #require(throws: ParserError.self) { try decode("82 A4'type' 02 A4'data' 91 C1") }
    #expect(received.code == .invalidPayload && received.offset == 13)
    #expect(received.description == "invalid payload: a byte that begins no value at byte 13")
    let sent = try #require(throws: ParserError.self) {
      try MessagePackParser(maxDepth: 1).encode(SocketPacket(content: .event(name: "e", arguments: [[]])))
    }
    #expect(sent.code == .invalidPayload && sent.offset == 21)
    #expect(sent.description == "invalid payload: nested too deep at byte 21")
  }

  @Test("refuses text, and goes on")
  func text() throws {
    let decoder = parser.makeDecoder()
    let error = try #require(throws: ParserError.self) { try decoder.decode(.text("0")) }
    #expect(error.code == .unexpectedText)
    decoder.reset()
    #expect(
      try decoder.decode(.binary(Data(hex: "82 A4'type' 01 A3'nsp' A1'/'"))) == SocketPacket(content: .disconnect))
  }

  @Test(
    "refuses to send what the receiver would have to refuse",
    arguments: [
      (SocketPacket(content: .event(name: "disconnect", arguments: [])), .invalidPayload),
      (SocketPacket(content: .connect("token")), .invalidPayload),
      (SocketPacket(content: .connect(.null)), .invalidPayload),
      (SocketPacket(content: .connectError(nil)), .invalidPayload),
      (SocketPacket(id: -1, content: .event(name: "e", arguments: [])), .illegalID),
      (SocketPacket(namespace: "admin", content: .disconnect), .illegalNamespace),
      (SocketPacket(namespace: "", content: .disconnect), .illegalNamespace),
    ] as [(SocketPacket, ParserError.Code)])
  func sentRefusals(packet: SocketPacket, code: ParserError.Code) throws {
    let error = try #require(throws: ParserError.self) { try parser.encode(packet) }
    #expect(error.code == code)
  }

  @Test("counts the depth as the JSON parser does", arguments: [1, 3, 512, 1024, 5000])
  func depth(limit: Int) throws {
    let parser = MessagePackParser(maxDepth: limit)
    let deepest = min(limit, 1024)
    func packet(depth: Int) -> SocketPacket {
      SocketPacket(content: .event(name: "e", arguments: (depth > 1 ? [nested(depth - 1)] : [])))
    }
    let messages = try parser.encode(packet(depth: deepest))
    #expect(try parser.makeDecoder().decode(messages[0]) == packet(depth: deepest))
    #expect(throws: Never.self) { try JSONParser(maxDepth: limit).encode(packet(depth: deepest)) }
    #expect(throws: ParserError.self) { try parser.encode(packet(depth: deepest + 1)) }
    #expect(throws: ParserError.self) { try JSONParser(maxDepth: limit).encode(packet(depth: deepest + 1)) }

    let tooDeep = try MessagePackWriter.data(
      ["type": 2, "nsp": "/", "data": ["e", nested(deepest)]], maxDepth: deepest + 2)
    let error = try #require(throws: ParserError.self) { try parser.makeDecoder().decode(.binary(tooDeep)) }
    #expect(error.message == "invalid payload: nested too deep")
  }

  private func nested(_ depth: Int) -> SocketValue {
    (1..<depth).reduce([]) { value, level in level % 2 == 0 ? [value] : ["a": value] }
  }
}
