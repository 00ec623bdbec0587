import Foundation
import Testing

@testable import SocketIO

@Suite("JSON parser: encoding")
struct JSONParserEncodingTests {
  private let parser = JSONParser()

  @Test(
    "writes packets of every type",
    arguments: [
      (Packet(content: .connect(nil)), "0"),
      (Packet(namespace: "/admin", content: .connect(nil)), "0/admin,"),
      (Packet(content: .connect(["token": "123"])), #"0{"token":"123"}"#),
      (Packet(namespace: "/admin", content: .connect(["sid": "x"])), #"0/admin,{"sid":"x"}"#),
      (Packet(content: .disconnect), "1"),
      (Packet(namespace: "/admin", content: .disconnect), "1/admin,"),
      (Packet(content: .event(["foo"])), #"2["foo"]"#),
      (Packet(namespace: "/admin", content: .event(["foo"])), #"2/admin,["foo"]"#),
      (Packet(id: 0, content: .event(["foo", 1])), #"20["foo",1]"#),
      (Packet(id: 1, content: .event(["foo", nil])), #"21["foo",null]"#),
      (
        Packet(namespace: "/admin", id: 456, content: .event(["project:delete", 123])),
        #"2/admin,456["project:delete",123]"#
      ),
      (Packet(content: .event([1, "x"])), #"2[1,"x"]"#),
      (Packet(id: 13, content: .ack(["bar"])), #"313["bar"]"#),
      (Packet(namespace: "/admin", id: 13, content: .ack(["bar"])), #"3/admin,13["bar"]"#),
      (Packet(id: 13, content: .ack([])), "313[]"),
      (Packet(id: .max, content: .ack([])), "39223372036854775807[]"),
      (Packet(content: .connectError(["message": "no"])), #"4{"message":"no"}"#),
      (Packet(content: .connectError("no")), #"4"no""#),
    ])
  func text(packet: Packet, text: String) throws {
    #expect(try parser.encode(packet) == [.text(text)])
  }

  @Test("writes attachments after the text, numbered depth first in the order of the values")
  func attachments() throws {
    let (a, b, c) = (Data([1, 2, 3, 4]), Data(), Data([255]))
    let event = Packet(
      namespace: "/admin", id: 12, content: .event(["e", ["z": [.binary(a), 1], "a": .binary(b)], .binary(c)]))
    let text =
      #"53-/admin,12["e",{"z":[{"_placeholder":true,"num":0},1],"a":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":2}]"#
    #expect(try parser.encode(event) == [.text(text), .binary(a), .binary(b), .binary(c)])

    let acknowledgement = Packet(id: 15, content: .ack([.binary(a)]))
    #expect(try parser.encode(acknowledgement) == [.text(#"61-15[{"_placeholder":true,"num":0}]"#), .binary(a)])
  }

  @Test("sends more attachments than it would receive")
  func manyAttachments() throws {
    let packet = Packet(content: .event(["e"] + (0..<12).map { .binary(Data([$0])) }))
    let messages = try parser.encode(packet)
    let placeholders = (0..<12).map { #"{"_placeholder":true,"num":\#($0)}"# }.joined(separator: ",")
    #expect(messages == [.text(#"512-["e",\#(placeholders)]"#)] + (0..<12).map { .binary(Data([$0])) })
  }

  @Test(
    "refuses what the receiver would have to refuse",
    arguments: [
      (Packet(content: .event([])), .invalidPayload), (Packet(content: .event([nil])), .invalidPayload),
      (Packet(content: .event([true])), .invalidPayload), (Packet(content: .event([["e"]])), .invalidPayload),
      (Packet(content: .event([.binary(Data())])), .invalidPayload),
      (Packet(content: .connect("token")), .invalidPayload), (Packet(content: .connect(.null)), .invalidPayload),
      (Packet(content: .connect(["token": .binary(Data())])), .invalidPayload),
      (Packet(content: .connectError(nil)), .invalidPayload), (Packet(content: .connectError([])), .invalidPayload),
      (Packet(id: -1, content: .event(["e"])), .illegalID),
      (Packet(namespace: "admin", content: .disconnect), .illegalNamespace),
      (Packet(namespace: "", content: .disconnect), .illegalNamespace),
      (Packet(namespace: "/a,b", content: .disconnect), .illegalNamespace),
    ] as [(Packet, ParserError.Code)])
  func refusals(packet: Packet, code: ParserError.Code) throws {
    let error = try #require(throws: ParserError.self) { try parser.encode(packet) }
    #expect(error.code == code)
  }

  @Test("refuses reserved event names", arguments: reservedEventNames)
  func reserved(name: String) throws {
    #expect(Packet.isReservedEventName(name))
    let error = try #require(throws: ParserError.self) { try parser.encode(Packet(content: .event([.string(name)]))) }
    #expect(error.code == .invalidPayload)
    #expect(error.description == #"invalid payload: "\#(name)" is a reserved event name"#)
  }

  @Test("limits the depth of what is sent")
  func depth() throws {
    let parser = JSONParser(maxDepth: 3)
    #expect(throws: Never.self) { try parser.encode(Packet(content: .event(["e", [[]]]))) }
    let error = try #require(throws: ParserError.self) { try parser.encode(Packet(content: .event(["e", [[[]]]]))) }
    #expect(error.jsonError?.reason == .tooDeep)
  }
}

let reservedEventNames = [
  "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
]
