import Foundation
import Testing

@testable import SocketIO

@Suite("JSON parser: encoding")
struct JSONParserEncodingTests {
  private let parser = JSONParser()

  @Test(
    "writes packets of every type",
    arguments: [
      (SocketPacket(content: .connect(nil)), "0"),
      (SocketPacket(namespace: "/admin", content: .connect(nil)), "0/admin,"),
      (SocketPacket(content: .connect(["token": "123"])), #"0{"token":"123"}"#),
      (SocketPacket(namespace: "/admin", content: .connect(["sid": "x"])), #"0/admin,{"sid":"x"}"#),
      (SocketPacket(content: .disconnect), "1"),
      (SocketPacket(namespace: "/admin", content: .disconnect), "1/admin,"),
      (SocketPacket(content: .event(name: "foo", arguments: [])), #"2["foo"]"#),
      (SocketPacket(namespace: "/admin", content: .event(name: "foo", arguments: [])), #"2/admin,["foo"]"#),
      (SocketPacket(id: 0, content: .event(name: "foo", arguments: [1])), #"20["foo",1]"#),
      (SocketPacket(id: 1, content: .event(name: "foo", arguments: [nil])), #"21["foo",null]"#),
      (
        SocketPacket(namespace: "/admin", id: 456, content: .event(name: "project:delete", arguments: [123])),
        #"2/admin,456["project:delete",123]"#
      ),
      (SocketPacket(content: .event(name: "1", arguments: ["x"])), #"2["1","x"]"#),
      (SocketPacket(id: 13, content: .ack(["bar"])), #"313["bar"]"#),
      (SocketPacket(namespace: "/admin", id: 13, content: .ack(["bar"])), #"3/admin,13["bar"]"#),
      (SocketPacket(id: 13, content: .ack([])), "313[]"),
      (SocketPacket(id: .max, content: .ack([])), "39223372036854775807[]"),
      (SocketPacket(content: .connectError(["message": "no"])), #"4{"message":"no"}"#),
      (SocketPacket(content: .connectError("no")), #"4"no""#),
    ])
  func text(packet: SocketPacket, text: String) throws {
    #expect(try parser.encode(packet) == [.text(text)])
  }

  @Test("writes attachments after the text, numbered depth first in the order of the values")
  func attachments() throws {
    let (a, b, c) = (Data([1, 2, 3, 4]), Data(), Data([255]))
    let event = SocketPacket(
      namespace: "/admin", id: 12,
      content: .event(name: "e", arguments: [["z": [.binary(a), 1], "a": .binary(b)], .binary(c)]))
    let text =
      #"53-/admin,12["e",{"z":[{"_placeholder":true,"num":0},1],"a":{"_placeholder":true,"num":1}},{"_placeholder":true,"num":2}]"#
    #expect(try parser.encode(event) == [.text(text), .binary(a), .binary(b), .binary(c)])

    let acknowledgement = SocketPacket(id: 15, content: .ack([.binary(a)]))
    #expect(try parser.encode(acknowledgement) == [.text(#"61-15[{"_placeholder":true,"num":0}]"#), .binary(a)])
  }

  @Test("sends more attachments than it would receive")
  func manyAttachments() throws {
    let packet = SocketPacket(content: .event(name: "e", arguments: (0..<12).map { .binary(Data([$0])) }))
    let messages = try parser.encode(packet)
    let placeholders = (0..<12).map { #"{"_placeholder":true,"num":\#($0)}"# }.joined(separator: ",")
    #expect(messages == [.text(#"512-["e",\#(placeholders)]"#)] + (0..<12).map { .binary(Data([$0])) })
  }

  @Test(
    "refuses what the receiver would have to refuse",
    arguments: [
      (SocketPacket(content: .connect("token")), .invalidPayload),
      (SocketPacket(content: .connect(.null)), .invalidPayload),
      (SocketPacket(content: .connect(["token": .binary(Data())])), .invalidPayload),
      (SocketPacket(content: .connectError(nil)), .invalidPayload),
      (SocketPacket(content: .connectError([])), .invalidPayload),
      (SocketPacket(id: -1, content: .event(name: "e", arguments: [])), .illegalID),
      (SocketPacket(namespace: "admin", content: .disconnect), .illegalNamespace),
      (SocketPacket(namespace: "", content: .disconnect), .illegalNamespace),
      (SocketPacket(namespace: "/a,b", content: .disconnect), .illegalNamespace),
    ] as [(SocketPacket, ParserError.Code)])
  func refusals(packet: SocketPacket, code: ParserError.Code) throws {
    let error = try #require(throws: ParserError.self) { try parser.encode(packet) }
    #expect(error.code == code)
  }

  @Test("refuses reserved event names", arguments: reservedEventNames)
  func reserved(name: String) throws {
    #expect(SocketPacket.isReservedEventName(name))
    let error = try #require(throws: ParserError.self) {
      try parser.encode(SocketPacket(content: .event(name: name, arguments: [])))
    }
    #expect(error.code == .invalidPayload)
    #expect(error.description == #"invalid payload: "\#(name)" is a reserved event name"#)
  }

  @Test("limits the depth of what is sent")
  func depth() throws {
    let parser = JSONParser(maxDepth: 3)
    #expect(throws: Never.self) { try parser.encode(SocketPacket(content: .event(name: "e", arguments: [[[]]]))) }
    let error = try #require(throws: ParserError.self) {
      try parser.encode(SocketPacket(content: .event(name: "e", arguments: [[[[]]]])))
    }
    #expect(error.jsonError?.reason == .tooDeep)
  }
}

let reservedEventNames = [
  "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
]
