import Foundation
import Testing

@testable import SocketIO

@Suite("Encoded packets")
struct EncodedPacketTests {
  struct Sample: Sendable {
    let namespace: String
    let arguments: [SocketValue]
    let id: Int?
  }

  private static let samples = ["/", "/chat", "/ü?a=b"].flatMap { namespace in
    [[], ["text", 1], [.binary(Data([1, 2, 3])), ["x": .binary(Data())]]].flatMap { arguments in
      [nil, 0, 9, 10, 123_456, Int.max].map { Sample(namespace: namespace, arguments: arguments, id: $0) }
    }
  }

  private func encoded(_ sample: Sample, id: Int?) throws -> EncodedPacket {
    try JSONParser().encode(.event, namespace: sample.namespace, id: id) { writer throws(JSONError) in
      try writer.write(event: "e", sample.arguments)
    }
  }

  @Test("A packet is the same, whether its id is known when it is encoded or put in later", arguments: samples)
  func id(sample: Sample) throws {
    let early = try encoded(sample, id: sample.id)
    var late = try encoded(sample, id: nil)
    let withoutID = late.text.packet
    late.text.id = sample.id
    let expected = try JSONParser().encode(
      SocketPacket(namespace: sample.namespace, id: sample.id, content: .event(name: "e", arguments: sample.arguments)))
    for packet in [early, late] {
      #expect([.text(packet.text.packet)] + packet.attachments.map { .binary($0) } == expected)
      #expect(packet.text.count == packet.text.packet.utf8.count + 1)
      #expect(packet.size == expected.reduce(0) { $0 + $1.size })
      #expect(packet.isEvent)
    }
    // A copy that shares the bytes is unchanged.
    late.text.id = nil
    #expect(late.text.packet == withoutID)
  }

  @Test("A body of long-polling has the packets as they are", arguments: samples)
  func body(sample: Sample) throws {
    let text = try encoded(sample, id: sample.id).text
    let body = EnginePayload.encode([.text("a"), .encoded(text, isCompressed: true), .text("b")])
    #expect(String(decoding: body, as: UTF8.self) == "4a\u{1E}4\(text.packet)\u{1E}4b")
    #expect(EnginePacket.encoded(text, isCompressed: true).payloadSize == text.packet.utf8.count)
    #expect(EnginePacket.encoded(text, isCompressed: true).size == text.count)
  }

  @Test(
    "What is longer than the block on the stack is encoded as well", arguments: [1_000, 1_023, 1_024, 1_025, 100_000])
  func long(count: Int) throws {
    let text = String(repeating: "x", count: count)
    var packet = try encoded(Sample(namespace: "/", arguments: [.string(text), 1], id: nil), id: nil)
    packet.text.id = 7
    #expect(packet.text.packet == #"27["e","\#(text)",1]"#)
  }
}
