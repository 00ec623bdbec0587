@testable import SocketIO

/// A polling body, and the same bytes as one WebSocket message.
func fuzzEngine(_ bytes: UnsafeRawBufferPointer) {
  let (packets, _, isWhole) = EnginePayload.decode(bytes)
  if isWhole { check(packets) }
  must(inPortions(bytes) == (packets, isWhole), "decoded in portions, the body is another")
  if let packet = EnginePacket(text: bytes), !bytes.contains(EnginePayload.separator) {
    must(isWhole && packets == [packet], "a message and a body of one packet differ")
  }
}

private func inPortions(_ bytes: UnsafeRawBufferPointer) -> (packets: [EnginePacket], isWhole: Bool) {
  var part = EnginePayload.decode(bytes, maxPackets: 2)
  var packets = part.packets
  while let rest = part.rest {
    part = EnginePayload.decode(rest, maxPackets: 2)
    packets += part.packets
  }
  return (packets, part.isWhole)
}

private func check(_ packets: [EnginePacket]) {
  let again = EnginePayload.encode(packets).withUnsafeBytes { EnginePayload.decode($0) }
  must(again.isWhole && again.packets == packets, "the packets come back changed: \(packets)")
  for packet in packets {
    must(packet.payloadSize == packet.text.payload.utf8.count, "\(packet) has another size than it says")
  }
}
