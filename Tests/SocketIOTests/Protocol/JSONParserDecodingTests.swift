import Foundation
import Testing

@testable import SocketIO

@Suite("JSON parser: decoding")
struct JSONParserDecodingTests {
  private var decoder = BothDecoders(JSONParser())

  @Test(
    "reads packets of every type",
    arguments: [
      ("0", SocketPacket(content: .connect(nil))),
      ("0/admin", SocketPacket(namespace: "/admin", content: .connect(nil))),
      ("0/admin,", SocketPacket(namespace: "/admin", content: .connect(nil))),
      (#"0{"sid":"x"}"#, SocketPacket(content: .connect(["sid": "x"]))),
      (#"0/admin,{"sid":"x"}"#, SocketPacket(namespace: "/admin", content: .connect(["sid": "x"]))),
      ("0/admin?token=1&x=2,{}", SocketPacket(namespace: "/admin?token=1&x=2", content: .connect([:]))),
      ("0/ädmin,", SocketPacket(namespace: "/ädmin", content: .connect(nil))),
      ("0/,", SocketPacket(content: .connect(nil))),
      ("1", SocketPacket(content: .disconnect)),
      ("1/admin,", SocketPacket(namespace: "/admin", content: .disconnect)),
      (#"2["foo"]"#, SocketPacket(content: .event(name: "foo", arguments: []))),
      (#"2 [ "foo" ] "#, SocketPacket(content: .event(name: "foo", arguments: []))),
      (#"2/admin,["foo",1]"#, SocketPacket(namespace: "/admin", content: .event(name: "foo", arguments: [1]))),
      (#"213["q"]"#, SocketPacket(id: 13, content: .event(name: "q", arguments: []))),
      (#"2/admin,0["q"]"#, SocketPacket(namespace: "/admin", id: 0, content: .event(name: "q", arguments: []))),
      (#"29223372036854775807["q"]"#, SocketPacket(id: .max, content: .event(name: "q", arguments: []))),
      (#"2[1,"x"]"#, SocketPacket(content: .event(name: "1", arguments: ["x"]))),
      (#"2[1.5]"#, SocketPacket(content: .event(name: "1.5", arguments: []))),
      (#"2[18446744073709551615]"#, SocketPacket(content: .event(name: "18446744073709551615", arguments: []))),
      (
        #"2["e",null,false,{"a":[{"b":"2024-02-29T00:00:00.000Z"}]},0.5]"#,
        SocketPacket(
          content: .event(name: "e", arguments: [nil, false, ["a": [["b": "2024-02-29T00:00:00.000Z"]]], 0.5]))
      ),
      (#"3456[]"#, SocketPacket(id: 456, content: .ack([]))),
      (#"3/admin,456["ok",null]"#, SocketPacket(namespace: "/admin", id: 456, content: .ack(["ok", nil]))),
      (#"4{"message":"m","data":{"a":1}}"#, SocketPacket(content: .connectError(["message": "m", "data": ["a": 1]]))),
      (#"4/admin,"no""#, SocketPacket(namespace: "/admin", content: .connectError("no"))),
    ])
  mutating func packets(text: String, packet: SocketPacket) throws {
    #expect(try decoder.decode(.text(text)) == packet)
  }

  @Test("puts attachments into their places")
  mutating func attachments() throws {
    let header =
      #"53-/admin,12["e",{"a":{"_placeholder":true,"num":1},"b":[{"num":0,"_placeholder":true}]},{"_placeholder":true,"num":2}]"#
    #expect(try decoder.decode(.text(header)) == nil)
    #expect(try decoder.decode(.binary(Data([1, 2]))) == nil)
    #expect(try decoder.decode(.binary(Data())) == nil)
    let content = SocketPacket.Content.event(
      name: "e", arguments: [["a": .binary(Data()), "b": [.binary(Data([1, 2]))]], .binary(Data([3]))])
    #expect(try decoder.decode(.binary(Data([3]))) == SocketPacket(namespace: "/admin", id: 12, content: content))

    #expect(try decoder.decode(.text(#"61-15[{"_placeholder":true,"num":0}]"#)) == nil)
    let acknowledgement = SocketPacket(id: 15, content: .ack([.binary(Data([9]))]))
    #expect(try decoder.decode(.binary(Data([9]))) == acknowledgement)
    #expect(try decoder.decode(.text(#"2["next"]"#)) == SocketPacket(content: .event(name: "next", arguments: [])))
  }

  @Test("an attachment may be in several places, or in none")
  mutating func attachmentUse() throws {
    #expect(
      try decoder.decode(.text(#"52-["e",{"_placeholder":true,"num":1},{"_placeholder":true,"num":1}]"#)) == nil)
    #expect(try decoder.decode(.binary(Data([1]))) == nil)
    let content = SocketPacket.Content.event(name: "e", arguments: [.binary(Data([2])), .binary(Data([2]))])
    #expect(try decoder.decode(.binary(Data([2]))) == SocketPacket(content: content))
  }

  @Test("leaves objects like placeholders alone in text packets, and if they do not say true")
  mutating func notPlaceholders() throws {
    let object: SocketValue = ["_placeholder": true, "num": 0]
    #expect(
      try decoder.decode(.text(#"2["e",{"_placeholder":true,"num":0}]"#))
        == SocketPacket(content: .event(name: "e", arguments: [object])))
    #expect(try decoder.decode(.text(#"51-["e",{"_placeholder":1,"num":0}]"#)) == nil)
    let other: SocketValue = ["_placeholder": 1, "num": 0]
    #expect(try decoder.decode(.binary(Data())) == SocketPacket(content: .event(name: "e", arguments: [other])))
  }

  @Test("a binary packet without attachments leaves nothing to wait for")
  mutating func noAttachments() throws {
    #expect(try decoder.decode(.text(#"50-["a"]"#)) == SocketPacket(content: .event(name: "a", arguments: [])))
    #expect(try decoder.decode(.text(#"2["b"]"#)) == SocketPacket(content: .event(name: "b", arguments: [])))
    #expect(try decoder.decode(.text(#"60-1[]"#)) == SocketPacket(id: 1, content: .ack([])))
    #expect(try decoder.decode(.text("1")) == SocketPacket(content: .disconnect))
  }

  @Test(
    "refuses what the protocol does not allow",
    arguments: [
      ("", .unknownPacketType), ("7", .unknownPacketType), ("9", .unknownPacketType), ("abc", .unknownPacketType),
      ("é", .unknownPacketType), (" 2", .unknownPacketType), ("-", .unknownPacketType), ("/", .unknownPacketType),
      ("5", .illegalAttachments), ("51", .illegalAttachments), ("5a-", .illegalAttachments),
      ("51.23-", .illegalAttachments), ("5-", .illegalAttachments), (#"5-["a"]"#, .illegalAttachments),
      ("5-1-", .illegalAttachments), ("5[]", .illegalAttachments), ("6 1-[]", .illegalAttachments),
      ("61", .illegalAttachments),
      (#"51-["a",{"_placeholder":true,"num":1}]"#, .illegalAttachments),
      (#"51-["a",{"_placeholder":true,"num":-1}]"#, .illegalAttachments),
      (#"51-["a",{"_placeholder":true,"num":"0"}]"#, .illegalAttachments),
      (#"51-["a",{"_placeholder":true,"num":0.5}]"#, .illegalAttachments),
      (#"51-["a",{"_placeholder":true}]"#, .illegalAttachments),
      (#"511-["a"]"#, .tooManyAttachments), ("599999999999999999999-[]", .tooManyAttachments),
      ("29223372036854775808[\"q\"]", .illegalID), ("3/admin,99999999999999999999999[]", .illegalID),
      (#"0"sid""#, .invalidPayload), ("0[]", .invalidPayload), ("0null", .invalidPayload),
      (#"0/admin,"x""#, .invalidPayload),
      ("0/admin, ", .invalidPayload), ("0{", .invalidPayload),
      ("1{}", .invalidPayload), ("1/admin,{}", .invalidPayload), ("1null", .invalidPayload),
      ("2", .invalidPayload), ("2/admin", .invalidPayload), ("2/admin,", .invalidPayload), ("21", .invalidPayload),
      ("2{}", .invalidPayload), ("2[]", .invalidPayload), ("2null", .invalidPayload), (#"2"a""#, .invalidPayload),
      ("2[null]", .invalidPayload), ("2[1e999]", .invalidPayload), ("2[true]", .invalidPayload),
      ("2[{}]", .invalidPayload),
      (#"2[["a"]]"#, .invalidPayload),
      (#"2["a""#, .invalidPayload), (#"2["a"]]"#, .invalidPayload), (#"2["a"]["b"]"#, .invalidPayload),
      (#"2-1["a"]"#, .invalidPayload), (#"2admin,["a"]"#, .invalidPayload), ("2\u{FEFF}[\"a\"]", .invalidPayload),
      (#"2/admin["a"]"#, .invalidPayload), ("3", .invalidPayload), ("31", .invalidPayload), ("31{}", .invalidPayload),
      ("4", .invalidPayload), ("4/admin,", .invalidPayload), ("41", .invalidPayload), ("4[]", .invalidPayload),
      ("4null", .invalidPayload), ("51-", .invalidPayload), ("51-{}", .invalidPayload), ("51-[]", .invalidPayload),
      (#"51-["connect",{"_placeholder":true,"num":0}]"#, .invalidPayload),
      (#"51-[{"_placeholder":true,"num":0}]"#, .invalidPayload),
    ] as [(String, ParserError.Code)])
  mutating func refusals(text: String, code: ParserError.Code) throws {
    let error = try #require(throws: ParserError.self) { try decoder.decode(.text(text)) }
    #expect(error.code == code)
  }

  @Test("limits the length of event names and namespaces")
  mutating func names() throws {
    let longest = String(repeating: "n", count: 4096)
    #expect(
      try decoder.decode(.text(#"2["\#(longest)"]"#)) == SocketPacket(content: .event(name: longest, arguments: [])))
    let name = try #require(throws: ParserError.self) { try decoder.decode(.text(#"2["\#(longest)n"]"#)) }
    #expect(name.code == .invalidPayload)
    let namespace = "/" + longest.dropFirst()
    #expect(try decoder.decode(.text("0\(namespace),")) == SocketPacket(namespace: namespace, content: .connect(nil)))
    let error = try #require(throws: ParserError.self) { try decoder.decode(.text("0\(namespace)n,")) }
    #expect(error.code == .illegalNamespace)
  }

  @Test("refuses reserved event names", arguments: reservedEventNames)
  mutating func reserved(name: String) throws {
    let error = try #require(throws: ParserError.self) { try decoder.decode(.text(#"2["\#(name)",1]"#)) }
    #expect(error.code == .invalidPayload)
  }

  @Test("says where the JSON is wrong, counting from the beginning of the packet")
  mutating func place() throws {
    let error = try #require(throws: ParserError.self) { try decoder.decode(.text(#"2/admin,1["a",]"#)) }
    #expect(error.jsonError == JSONError(.unexpectedCharacter, at: 14))
    #expect(error.description == "invalid payload: unexpected character at byte 14")
  }

  @Test("refuses text between attachments")
  mutating func textBetweenAttachments() throws {
    #expect(try decoder.decode(.text(#"52-["a"]"#)) == nil)
    #expect(try decoder.decode(.binary(Data([1]))) == nil)
    let error = try #require(throws: ParserError.self) { try decoder.decode(.text(#"2["b"]"#)) }
    #expect(error.code == .unexpectedText)
    #expect(error.message == "got plaintext data when reconstructing a packet")
  }

  @Test("refuses binary data that nothing announced")
  mutating func unannouncedBinary() throws {
    let error = try #require(throws: ParserError.self) { try decoder.decode(.binary(Data())) }
    #expect(error.code == .unexpectedBinary)
    #expect(error.message == "got binary data when not reconstructing a packet")

    #expect(try decoder.decode(.text(#"51-["a"]"#)) == nil)
    #expect(try decoder.decode(.binary(Data())) != nil)
    #expect(throws: ParserError.self) { try decoder.decode(.binary(Data())) }
  }

  @Test("forgets a half-received packet when it is reset")
  mutating func reset() throws {
    #expect(try decoder.decode(.text(#"52-["a"]"#)) == nil)
    #expect(try decoder.decode(.binary(Data([1]))) == nil)
    decoder.reset()
    #expect(try decoder.decode(.text(#"2["b"]"#)) == SocketPacket(content: .event(name: "b", arguments: [])))
    #expect(throws: ParserError.self) { try decoder.decode(.binary(Data([2]))) }
  }

  @Test("has limits that can be set")
  func limits() throws {
    let parser = JSONParser(maxAttachments: 11, maxDepth: 2)
    var decoder = BothDecoders(parser)
    #expect(try decoder.decode(.text(#"511-["a"]"#)) == nil)
    decoder.reset()
    #expect(throws: ParserError.self) { try decoder.decode(.text(#"512-["a"]"#)) }
    #expect(try decoder.decode(.text(#"2["a",[]]"#)) == SocketPacket(content: .event(name: "a", arguments: [[]])))
    let error = try #require(throws: ParserError.self) { try decoder.decode(.text(#"2["a",[[]]]"#)) }
    #expect(error.jsonError?.reason == .tooDeep)

    var none = BothDecoders(JSONParser(maxAttachments: 0))
    #expect(throws: ParserError.self) { try none.decode(.text(#"51-["a"]"#)) }
    #expect(try none.decode(.text(#"50-["a"]"#)) == SocketPacket(content: .event(name: "a", arguments: [])))
  }

  @Test("reads text that is not stored as UTF-8")
  mutating func bridgedText() throws {
    let text = NSMutableString(string: #"2["ä"]"#) as String
    #expect(try decoder.decode(.text(text)) == SocketPacket(content: .event(name: "ä", arguments: [])))
  }
}
