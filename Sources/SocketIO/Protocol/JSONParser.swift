/// The default parser: Socket.IO protocol 5, as JSON text with binary attachments.
///
/// A packet is one text message, followed by one binary message for each binary value inside:
/// `<type>[<attachments>-][<namespace>,][<id>][<JSON>]`.
public struct JSONParser: Parser, Hashable {
  /// How many attachments a received packet may have, by default 10. A larger number is a parse error, which closes the
  /// connection.
  ///
  /// It does not limit what is sent, but the receiver may have such a limit too: that of JavaScript servers is 10.
  public var maxAttachments: Int
  /// How deep arrays and objects may be nested in a packet, sent or received, at most 1,024. By default 512.
  public var maxDepth: Int

  /// Makes a parser.
  public init(maxAttachments: Int = 10, maxDepth: Int = 512) {
    self.maxAttachments = maxAttachments
    self.maxDepth = maxDepth
  }

  /// Encodes a packet: its text, then its attachments.
  ///
  /// - Throws: When the receiver would have to refuse the packet: an event without a name that events may bear, a
  ///   payload of the wrong kind or with binary data where none may be, too deep a nesting.
  public func encode(_ packet: Packet) throws(ParserError) -> [EngineMessage] {
    try packet.content.validate()
    let type = PacketType(packet.content)
    var writer = JSONWriter(binaryPolicy: type.binary == nil ? .refuse : .attach, maxDepth: maxDepth)
    writer.bytes.append(type.digit)
    if packet.namespace != "/" {
      guard packet.namespace.utf8.count <= Packet.longestName else {
        throw ParserError(.illegalNamespace, "illegal namespace: it is longer than \(Packet.longestName) bytes")
      }
      guard packet.namespace.utf8.first == ASCII.slash, !packet.namespace.utf8.contains(ASCII.comma) else {
        throw ParserError(.illegalNamespace, "illegal namespace \(packet.namespace)")
      }
      packet.namespace.withUTF8Bytes { writer.bytes.append($0) }
      writer.bytes.append(ASCII.comma)
    }
    if let id = packet.id {
      guard id >= 0 else { throw ParserError(.illegalID, "illegal ack id \(id)") }
      writer.write(id)
    }
    do {
      switch packet.content {
      case .connect(nil), .disconnect: break
      case .connect(let payload?), .connectError(let payload): try writer.write(payload)
      case .event(let elements), .ack(let elements): try writer.write(elements)
      }
    } catch {
      throw ParserError(.invalidPayload, "invalid payload", jsonError: error)
    }
    guard let binaryType = type.binary, !writer.attachments.isEmpty else { return [.text(writer.text)] }
    let head = "\(binaryType.rawValue)\(writer.attachments.count)-"
    return [.text(head + writer.text.dropFirst())] + writer.attachments.map { .binary($0) }
  }

  /// Makes a decoder in its initial state.
  public func makeDecoder() -> Decoder { Decoder(maxAttachments: maxAttachments, maxDepth: maxDepth) }
}

extension PacketType {
  /// The first character of an encoded packet.
  var digit: UInt8 { ASCII.zero + rawValue }
}
