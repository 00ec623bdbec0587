/// The number by which an encoded packet says what it is.
enum PacketType: UInt8 {
  case connect, disconnect, event, ack, connectError
  /// The two that have attachments, which only the JSON encoding knows.
  case binaryEvent, binaryAck

  /// The type of a packet without attachments.
  init(_ content: Packet.Content) {
    self =
      switch content {
      case .connect: .connect
      case .disconnect: .disconnect
      case .event: .event
      case .ack: .ack
      case .connectError: .connectError
      }
  }

  /// The type of the same packet with attachments, for those that may have any.
  var binary: PacketType? {
    switch self {
    case .event, .binaryEvent: .binaryEvent
    case .ack, .binaryAck: .binaryAck
    default: nil
    }
  }

  var isBinary: Bool { self == .binaryEvent || self == .binaryAck }
}

extension Packet.Content {
  /// The content of a packet that was received.
  ///
  /// - Throws: When the payload has not the shape that the type asks for.
  init(_ type: PacketType, payload: SocketValue?) throws(ParserError) {
    switch (type, payload) {
    case (.connect, let payload): self = .connect(payload)
    case (.disconnect, nil): self = .disconnect
    case (.event, .array(let elements)), (.binaryEvent, .array(let elements)): self = .event(elements)
    case (.ack, .array(let elements)), (.binaryAck, .array(let elements)): self = .ack(elements)
    case (.connectError, let payload?): self = .connectError(payload)
    default: throw ParserError(.invalidPayload, "invalid payload: not of the kind that a \(type) has")
    }
    try validate()
  }

  /// Checks what the protocol asks of the payload, for both directions.
  func validate() throws(ParserError) {
    switch self {
    case .connect(nil), .connect(.object), .disconnect, .ack, .connectError(.object), .connectError(.string): return
    case .event(let elements):
      switch elements.first {
      case .int, .uint: return
      // JSON has no others: they would be sent as null, which is no name.
      case .double(let name) where name.isFinite: return
      case .string(let name):
        guard name.utf8.count <= Packet.longestName else {
          throw ParserError(
            .invalidPayload, "invalid payload: the event's name is longer than \(Packet.longestName) bytes")
        }
        guard Packet.isReservedEventName(name) else { return }
        throw ParserError(.invalidPayload, "invalid payload: \"\(name)\" is a reserved event name")
      default: throw ParserError(.invalidPayload, "invalid payload: an event's name is a string or a number")
      }
    case .connect: throw ParserError(.invalidPayload, "invalid payload: that of a CONNECT is an object")
    case .connectError:
      throw ParserError(.invalidPayload, "invalid payload: that of a CONNECT_ERROR is an object or a string")
    }
  }
}
