import Foundation
import Testing

@testable import SocketIO

@Suite("Engine.IO packets")
struct EnginePacketTests {
  private static func decode(_ text: String) -> EnginePacket? {
    decode(Array(text.utf8))
  }

  private static func decode(_ bytes: [UInt8]) -> EnginePacket? {
    bytes.withUnsafeBytes { EnginePacket(text: $0) }
  }

  @Test(
    "Every type is written and read as its character and its payload",
    arguments: [
      (EnginePacket.open("{}"), "0{}"), (.close, "1"), (.ping(""), "2"), (.ping("probe"), "2probe"), (.pong(""), "3"),
      (.pong("probe"), "3probe"), (.message(.text("")), "4"), (.message(.text("2[\"€\"]")), "42[\"€\"]"),
      (.upgrade, "5"),
      (.noop, "6"), (.message(.binary(Data([1, 2, 3, 4]))), "bAQIDBA=="), (.message(.binary(Data())), "b"),
    ])
  func roundTrip(packet: EnginePacket, wire: String) {
    #expect(packet.wire == wire)
    #expect(Self.decode(wire) == packet)
  }

  @Test("Text that is not a packet is refused", arguments: ["", "7", "9zz", "<html>", "a", "b!", "bA"])
  func refused(text: String) {
    #expect(Self.decode(text) == nil)
  }

  @Test("Text that is not UTF-8 is refused")
  func invalidUTF8() {
    #expect(Self.decode([UInt8(ascii: "4"), 0xFF, 0xFE]) == nil)
  }

  @Test("A payload joins its packets with record separators")
  func payload() {
    let packets: [EnginePacket] = [.text("a"), .message(.binary(Data([1, 2, 3, 4]))), .text("€")]
    let body = EnginePayload.encode(packets)
    #expect(String(decoding: body, as: UTF8.self) == "4a\u{1E}bAQIDBA==\u{1E}4€")
    let decoded = body.withUnsafeBytes { EnginePayload.decode($0) }
    #expect(decoded.packets == packets)
    #expect(decoded.isWhole)
  }

  @Test(
    "Base64 is read in both alphabets, with and without padding, and nothing else is",
    arguments: [
      ("b+/8=", [0xFB, 0xFF]), ("b-_8=", [0xFB, 0xFF]), ("b-_8", [0xFB, 0xFF]), ("b+/8", [0xFB, 0xFF]), ("bAQ", [1]),
      ("bAQ==", [1]), ("bAQ=", [1]), ("b", []), ("bA", nil), ("bAR", nil), ("b123", nil), ("b!!!!", nil),
      ("bAQI*", nil),
    ] as [(String, [UInt8]?)])
  func base64(text: String, bytes: [UInt8]?) {
    var text = text
    let packet = text.withUTF8 { EnginePacket(text: UnsafeRawBufferPointer($0)) }
    #expect(packet == bytes.map { .message(.binary(Data($0))) })
  }

  @Test(
    "Answers of Engine.IO 3 and 4 are distinguished",
    arguments: [
      (Array(#"96:0{"sid":"x"}2:40"#.utf8), true), ([0, 9, 6, 255] + Array(#"0{"sid":"x"}"#.utf8), true),
      (Array(#"0{"sid":"x"}"#.utf8), false), (Array("2:40".utf8), false), (Array("".utf8), false),
      (Array("96".utf8), false), ([0], false),
    ])
  func version3(body: [UInt8], isVersion3: Bool) {
    #expect(body.withUnsafeBytes { EnginePayload.isVersion3($0) } == isVersion3)
  }

  @Test("A body can be decoded in portions", arguments: [("6\u{1E}4a\u{1E}2", true), ("6\u{1E}4a\u{1E}", false)])
  func portions(body: String, isWhole: Bool) {
    Array(body.utf8).withUnsafeBytes { body in
      let first = EnginePayload.decode(body, maxPackets: 2)
      #expect(first.packets == [.noop, .text("a")])
      guard let rest = first.rest else {
        Issue.record("Nothing is left")
        return
      }
      let second = EnginePayload.decode(rest, maxPackets: 2)
      #expect(second.packets == (isWhole ? [.ping("")] : []))
      #expect(second.isWhole == isWhole && second.rest == nil)
    }
  }

  @Test(
    "Decoding a payload stops at the first fault",
    arguments: [
      ("", [EnginePacket]()), ("<html></html>", []), ("4a\u{1E}", [.text("a")]), ("\u{1E}4a", []),
      ("4a\u{1E}\u{1E}4b", [.text("a")]), ("4a\u{1E}9\u{1E}4b", [.text("a")]),
    ])
  func fault(body: String, packets: [EnginePacket]) {
    let decoded = Array(body.utf8).withUnsafeBytes { EnginePayload.decode($0) }
    #expect(decoded.packets == packets)
    #expect(!decoded.isWhole)
  }

  @Test(
    "A packet counts against maxPayload with its encoded bytes",
    arguments: [
      (EnginePacket.text("abc"), 3), (.text("€"), 3), (.text("😀"), 4), (.text("Я"), 2), (.upgrade, 0),
      (.ping("probe"), 5),
      (.binary(0), 0), (.binary(1), 4), (.binary(3), 4), (.binary(4), 8), (.binary(20), 28), (.binary(72), 96),
    ])
  func size(packet: EnginePacket, size: Int) {
    #expect(packet.payloadSize == size)
    #expect(packet.payloadSize == packet.wire.utf8.count - 1)
  }
}
