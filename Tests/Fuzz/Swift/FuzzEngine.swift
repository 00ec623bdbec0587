@testable import SocketIO

/// A polling body, and the same bytes as one WebSocket message.
func fuzzEngine(_ bytes: UnsafeRawBufferPointer) {
  let (packets, isWhole) = EnginePayload.decode(bytes)
  if isWhole { check(packets) }
  if let packet = EnginePacket(text: bytes), !bytes.contains(EnginePayload.separator) {
    must(isWhole && packets == [packet], "a message and a body of one packet differ")
  }
}

private func check(_ packets: [EnginePacket]) {
  let again = EnginePayload.encode(packets).withUnsafeBytes { EnginePayload.decode($0) }
  must(again.isWhole && again.packets == packets, "the packets come back changed: \(packets)")
  for packet in packets {
    must(packet.payloadSize == packet.text.payload.utf8.count, "\(packet) has another size than it says")
  }
}
