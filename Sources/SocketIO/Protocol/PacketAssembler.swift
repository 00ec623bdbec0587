#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Assembles packets from the messages of a Manager's connection; with the default parser without making values.
struct PacketAssembler {
  /// One of the two is there. An enumeration would have to be taken apart and put together for each message.
  private var json: JSONPacketAssembler?
  private var decoder: (any PacketDecoder)?
  /// The bytes that the decoder got of an incomplete packet.
  private var arrived = 0

  init(_ parser: any SocketParser) {
    if let parser = parser as? JSONParser {
      json = JSONPacketAssembler(parser)
    } else {
      decoder = parser.makeDecoder()
    }
  }

  /// - Parameter text: A message; UTF-8.
  /// - Returns: The packet that the message completes.
  mutating func add(_ text: UnsafeRawBufferPointer) throws -> ArrivedPacket? {
    if json != nil { return try json?.read(text) }
    return try decode(.text(String(decoding: text, as: UTF8.self))).map { .packet($0) }
  }

  /// - Parameter data: A binary message.
  /// - Returns: The packet that the message completes.
  mutating func add(_ data: Data) throws -> ReceivedPacket? {
    if json != nil { return try json?.add(data) }
    return try decode(.binary(data))
  }

  private mutating func decode(_ message: EngineMessage) throws -> ReceivedPacket? {
    arrived += message.size
    guard let packet = try decoder?.decode(message) else { return nil }
    defer { arrived = 0 }
    return ReceivedPacket(packet, size: arrived)
  }

  mutating func reset() {
    json?.reset()
    decoder?.reset()
    arrived = 0
  }
}
