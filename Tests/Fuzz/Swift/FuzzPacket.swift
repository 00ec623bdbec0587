import Foundation

@testable import SocketIO

/// Messages of one connection, separated by bytes that never occur in UTF-8; those that begin with `b` are binary.
func fuzzPackets(_ bytes: UnsafeRawBufferPointer) throws {
  let parser = JSONParser(maxAttachments: 10, maxDepth: 64)
  var decoder = parser.makeDecoder()
  // Checks the arguments first, and must accept the same.
  var assembler = JSONPacketAssembler(parser)
  for part in bytes.split(separator: 0xFF, omittingEmptySubsequences: false) {
    let message: EngineMessage
    if part.first == UInt8(ascii: "b") {
      message = .binary(Data(part.dropFirst()))
    } else if let text = String(validating: part, as: UTF8.self) {
      message = .text(text)
    } else {
      continue
    }
    if case .text(let text) = message { readAgain(text, parser) }
    let checked = try? assembler.add(message)?.packet
    let packet: SocketPacket?
    do {
      packet = try decoder.decode(message)
    } catch {
      must(checked == nil, "a packet that is refused was accepted before its arguments were read")
      decoder.reset()
      assembler.reset()
      continue
    }
    must(checked == packet, "checked arguments differ from those that were read")
    if let packet { try check(packet) }
  }
}

/// Another thread finds in a checked text what was found when it was checked.
private func readAgain(_ text: String, _ parser: JSONParser) {
  var assembler = JSONPacketAssembler(parser)
  text.withUTF8Bytes { bytes in
    guard case .text(let head)? = try? assembler.read(bytes) else { return }
    must(PacketHead(checked: bytes) == head, "a checked text is read differently again")
  }
}

private func check(_ packet: SocketPacket) throws {
  // One attachment may be used in many places, and is sent once for each.
  let parser = JSONParser(maxAttachments: .max, maxDepth: 64)
  let messages = try parser.encode(packet)
  var decoder = parser.makeDecoder()
  var again: SocketPacket?
  for message in messages {
    must(again == nil, "the packet is complete before its last message")
    again = try decoder.decode(message)
  }
  guard let again else { fail("the packet does not come back") }
  try must(parser.encode(again) == messages, "the packet comes back changed: \(packet)")
  must(again.namespace == packet.namespace && again.id == packet.id, "the packet comes back changed")
}
