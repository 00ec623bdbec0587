import Foundation

@testable import SocketIO

/// The reader alone, and a packet through the parser.
func fuzzMessagePack(_ bytes: UnsafeRawBufferPointer) throws {
  let maxDepth = 64
  let data = Data(bytes)
  guard let value = try? MessagePackReader.value(data, maxDepth: maxDepth) else { return }
  // Compares bytes, not values: NaN does not equal itself.
  let written = try MessagePackWriter.data(value, maxDepth: maxDepth)
  must(written.count <= data.count * 8, "\(data.count) bytes became \(written.count)")
  let again = try MessagePackReader.value(written, maxDepth: maxDepth)
  try must(MessagePackWriter.data(again, maxDepth: maxDepth) == written, "the value comes back changed")

  let parser = MessagePackParser(maxDepth: maxDepth)
  guard let packet = try? parser.makeDecoder().decode(.binary(data)) else { return }
  let messages = try parser.encode(packet)
  must(messages.count == 1, "a packet is one message")
  guard let copy = try parser.makeDecoder().decode(messages[0]) else { fail("a message is one packet") }
  try must(parser.encode(copy) == messages, "the packet comes back changed: \(packet)")
}
