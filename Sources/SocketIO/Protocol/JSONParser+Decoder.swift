#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension JSONParser {
  /// Assembles packets from text messages and the attachments that follow them.
  public struct Decoder: PacketDecoder {
    private let maxAttachments: Int
    private let maxDepth: Int
    private var pending: PendingPacket?

    init(maxAttachments: Int, maxDepth: Int) {
      self.maxAttachments = maxAttachments
      self.maxDepth = maxDepth
    }

    /// Takes one message in.
    ///
    /// - Returns: The packet that this message completes, or nil while attachments are outstanding.
    /// - Throws: When the message is not what the protocol allows here. The decoder must then be reset.
    public mutating func decode(_ message: EngineMessage) throws(ParserError) -> Packet? {
      switch message {
      case .text(let text):
        guard pending == nil else {
          throw ParserError(.unexpectedText, "got plaintext data when reconstructing a packet")
        }
        let (packet, attachmentCount) = try read(text, attachments: nil)
        guard attachmentCount > 0 else { return packet }
        pending = PendingPacket(text: text, attachmentCount: attachmentCount)
        return nil

      case .binary(let data):
        guard let attachmentCount = pending?.attachmentCount else {
          throw ParserError(.unexpectedBinary, "got binary data when not reconstructing a packet")
        }
        pending?.attachments.append(data)
        guard let complete = pending, complete.attachments.count == attachmentCount else { return nil }
        pending = nil
        return try read(complete.text, attachments: complete.attachments).packet
      }
    }

    /// Forgets a half-received packet.
    public mutating func reset() { pending = nil }

    private func read(
      _ text: String, attachments: [Data]?
    ) throws(ParserError) -> (packet: Packet, attachmentCount: Int) {
      try text.withUTF8Bytes { [maxAttachments, maxDepth] bytes throws(ParserError) in
        var reader = PacketReader(bytes)
        return try reader.read(maxAttachments: maxAttachments, maxDepth: maxDepth, attachments: attachments)
      }
    }
  }
}

/// A packet whose attachments have not all arrived.
///
/// Its text has been read once already, so that a faulty one is refused at once. It is read again when there are
/// attachments to put into their places, so that a value is made once and for all.
private struct PendingPacket {
  let text: String
  let attachmentCount: Int
  var attachments: [Data] = []
}

/// Reads the text of one packet from left to right.
private struct PacketReader {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func read(
    maxAttachments: Int, maxDepth: Int, attachments: [Data]?
  ) throws(ParserError) -> (packet: Packet, attachmentCount: Int) {
    let type = try readType()
    let attachmentCount = type.isBinary ? try readAttachmentCount(limit: maxAttachments) : 0
    let namespace = try readNamespace()
    let id = try readID()
    var placeholders = JSONReader.Placeholders.ignored
    if let attachments {
      placeholders = .replaced(attachments)
    } else if attachmentCount > 0 {
      placeholders = .checked(count: attachmentCount)
    }
    let payload = try readPayload(maxDepth: maxDepth, placeholders: placeholders)
    let content = try Packet.Content(type, payload: payload)
    return (Packet(namespace: namespace, id: id, content: content), attachmentCount)
  }

  private mutating func readType() throws(ParserError) -> PacketType {
    guard let digit = bytes.first else { throw ParserError(.unknownPacketType, "empty packet") }
    guard let type = PacketType(rawValue: digit.decimalValue) else {
      throw ParserError(.unknownPacketType, "unknown packet type \(String(decoding: bytes, as: UTF8.self).prefix(1))")
    }
    position = 1
    return type
  }

  private mutating func readAttachmentCount(limit: Int) throws(ParserError) -> Int {
    let start = position
    let count = readDigits()
    guard position > start, position < bytes.count, bytes[position] == ASCII.minus else {
      throw ParserError(.illegalAttachments, "illegal attachments: their number is missing")
    }
    position += 1
    guard let count, count <= limit else {
      throw ParserError(.tooManyAttachments, "too many attachments: the limit is \(limit)")
    }
    return count
  }

  /// Reads a namespace up to the comma or the end of the text. A query in it is taken as part of it.
  private mutating func readNamespace() throws(ParserError) -> String {
    guard position < bytes.count, bytes[position] == ASCII.slash else { return "/" }
    let rest = bytes[position...]
    let namespace = rest.prefix { $0 != ASCII.comma }
    guard namespace.count <= Packet.longestName else {
      throw ParserError(.illegalNamespace, "illegal namespace: it is longer than \(Packet.longestName) bytes")
    }
    position = min(namespace.endIndex + 1, bytes.count)
    return String(decoding: namespace, as: UTF8.self)
  }

  private mutating func readID() throws(ParserError) -> Int? {
    let start = position
    let id = readDigits()
    guard position > start else { return nil }
    guard let id else { throw ParserError(.illegalID, "illegal ack id: it is too large") }
    return id
  }

  /// Reads as many digits as there are: the number, or nil if an Int cannot hold it.
  private mutating func readDigits() -> Int? {
    var number: Int? = 0
    while position < bytes.count, bytes[position].decimalValue <= 9 {
      let (shifted, isTooLarge) = (number ?? .max).multipliedReportingOverflow(by: 10)
      let (sum, hasOverflowed) = shifted.addingReportingOverflow(Int(bytes[position].decimalValue))
      number = isTooLarge || hasOverflowed ? nil : sum
      position += 1
    }
    return number
  }

  private mutating func readPayload(
    maxDepth: Int, placeholders: JSONReader.Placeholders
  ) throws(ParserError) -> SocketValue? {
    guard position < bytes.count else { return nil }
    var reader = JSONReader(bytes, from: position, maxDepth: maxDepth, placeholders: placeholders)
    do {
      return try reader.readDocument()
    } catch  where error.reason == .illegalPlaceholder {
      throw ParserError(.illegalAttachments, "illegal attachments", jsonError: error)
    } catch {
      throw ParserError(.invalidPayload, "invalid payload", jsonError: error)
    }
  }
}
