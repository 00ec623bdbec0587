/// The default parser: Socket.IO protocol 5, as JSON text with binary attachments.
///
/// A packet is one text message, followed by one binary message for each binary value inside:
/// `<type>[<attachments>-][<namespace>,][<id>][<JSON>]`.
public struct JSONParser: SocketParser, Hashable {
  /// How many attachments a received packet may have, by default 10. A larger number is a parse error, which closes the
  /// connection.
  ///
  /// It does not limit what is sent, but receivers have such a limit too: 10 in JavaScript servers.
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
  /// - Throws: When a receiver would refuse the packet: a reserved or too long event name, a payload of the wrong kind,
  ///   binary data where none is allowed, or too deep nesting.
  public func encode(_ packet: SocketPacket) throws(ParserError) -> [EngineMessage] {
    try packet.content.validate()
    try Self.check(packet.namespace)
    if let id = packet.id, id < 0 { throw ParserError(.illegalID, "illegal ack id \(id)") }
    let type = PacketType(packet.content)
    do {
      let encoded = try encode(type, namespace: packet.namespace, id: packet.id) { writer throws(JSONError) in
        switch packet.content {
        case .connect(nil), .disconnect: break
        case .connect(let payload?), .connectError(let payload): try writer.write(payload)
        case .event(let name, let arguments): try writer.write(event: name, arguments)
        case .ack(let arguments): try writer.write(arguments)
        }
      }
      return [.text(encoded.text.packet)] + encoded.attachments.map { .binary($0) }
    } catch {
      throw ParserError(.invalidPayload, "invalid payload", jsonError: error)
    }
  }

  /// Encodes a packet of a valid namespace.
  ///
  /// - Parameter writePayload: Writes the JSON text of the packet.
  @inline(__always)
  func encode<Failure: Error>(
    _ type: PacketType, namespace: String, id: Int?, _ writePayload: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) -> EncodedPacket {
    try GrowingBytes.withBlock { block throws(Failure) in
      let bytes = GrowingBytes(block)
      var writer = JSONWriter(bytes, binaryPolicy: type.binary == nil ? .refuse : .attach, maxDepth: maxDepth)
      writer.bytes.append(Self.engineType)
      writer.bytes.append(type.digit)
      if namespace != "/" {
        namespace.withUTF8Bytes { writer.bytes.append($0) }
        writer.bytes.append(ASCII.comma)
      }
      let idPosition = writer.bytes.count
      try writePayload(&writer)
      let attachments = writer.attachments
      var text = writer.bytes.array()
      guard let binaryType = type.binary, !attachments.isEmpty else {
        return EncodedPacket(text: EncodedText(text, idPosition: idPosition, id: id))
      }
      let head = [Self.engineType, binaryType.digit] + "\(attachments.count)-".utf8
      text.replaceSubrange(..<2, with: head)
      return EncodedPacket(
        text: EncodedText(text, idPosition: idPosition + head.count - 2, id: id), attachments: attachments)
    }
  }

  /// Engine.IO's type character of a message.
  private static let engineType = UInt8(ascii: "4")

  /// An encoded packet with its arguments as values; nil if no encoder can have made it.
  static func decode(_ packet: EncodedPacket) -> SocketPacket? {
    var decoder = JSONParser(maxAttachments: .max, maxDepth: DepthLimit.greatest).makeDecoder()
    let messages = [EngineMessage.text(packet.text.packet)] + packet.attachments.map { .binary($0) }
    for message in messages {
      if let packet = try? decoder.decode(message) { return packet }
    }
    return nil
  }

  private static func check(_ namespace: String) throws(ParserError) {
    guard namespace.utf8.count <= SocketPacket.longestName else {
      throw ParserError(.illegalNamespace, "illegal namespace: it is longer than \(SocketPacket.longestName) bytes")
    }
    guard namespace.utf8.first == ASCII.slash, !namespace.utf8.contains(ASCII.comma) else {
      throw ParserError(.illegalNamespace, "illegal namespace \(namespace)")
    }
  }

  /// Makes a decoder in its initial state.
  public func makeDecoder() -> Decoder { Decoder(self) }
}

extension PacketType {
  /// The first character of an encoded packet.
  var digit: UInt8 { ASCII.zero + rawValue }
}

extension EncodedPacket {
  var isEvent: Bool { text.type == PacketType.event.digit || text.type == PacketType.binaryEvent.digit }
}
