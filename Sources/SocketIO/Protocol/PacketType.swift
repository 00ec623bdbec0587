/// The number of a packet's type in its encoding.
enum PacketType: UInt8 {
  case connect, disconnect, event, ack, connectError
  /// The two types with attachments, which only the JSON encoding has.
  case binaryEvent, binaryAck

  /// The type of a packet without attachments.
  init(_ content: SocketPacket.Content) {
    self =
      switch content {
      case .connect: .connect
      case .disconnect: .disconnect
      case .event: .event
      case .ack: .ack
      case .connectError: .connectError
      }
  }

  /// The type of the same packet with attachments, if it may have any.
  var binary: PacketType? {
    switch self {
    case .event, .binaryEvent: .binaryEvent
    case .ack, .binaryAck: .binaryAck
    default: nil
    }
  }

  var isBinary: Bool { self == .binaryEvent || self == .binaryAck }
}

extension SocketPacket.Content {
  /// The content of a packet that was received.
  ///
  /// - Throws: When the payload does not match the type.
  init(_ type: PacketType, payload: SocketValue?) throws(ParserError) {
    switch (type, payload) {
    case (.connect, let payload): self = .connect(payload)
    case (.disconnect, nil): self = .disconnect
    case (.event, .array(let elements)), (.binaryEvent, .array(let elements)):
      self = .event(name: try Self.eventName(elements.first), arguments: Array(elements.dropFirst()))
    case (.ack, .array(let elements)), (.binaryAck, .array(let elements)): self = .ack(elements)
    case (.connectError, let payload?): self = .connectError(payload)
    default: throw .wrongPayload(of: type)
    }
    try validate()
  }

  /// The name of an event that was received: a string, or the digits of a number.
  static func eventName(_ value: SocketValue?) throws(ParserError) -> String {
    switch value {
    case .string(let name): return name
    case .int(let number): return "\(number)"
    case .uint(let number): return "\(number)"
    // JSON has no other numbers.
    case .double(let number) where number.isFinite: return SocketValue.double(number).description
    default: throw ParserError(.invalidPayload, "invalid payload: an event's name is a string or a number")
    }
  }

  /// Checks the name of an event, in both directions.
  static func check(name: String) throws(ParserError) {
    guard name.utf8.count <= SocketPacket.longestName else {
      throw ParserError(
        .invalidPayload, "invalid payload: the event's name is longer than \(SocketPacket.longestName) bytes")
    }
    guard SocketPacket.isReservedEventName(name) else { return }
    throw ParserError(.invalidPayload, "invalid payload: \"\(name)\" is a reserved event name")
  }

  /// Checks the payload by the rules of the protocol, in both directions.
  func validate() throws(ParserError) {
    switch self {
    case .connect(nil), .connect(.object), .disconnect, .ack, .connectError(.object), .connectError(.string): return
    case .event(let name, _):
      try Self.check(name: name)
    case .connect: throw ParserError(.invalidPayload, "invalid payload: that of a CONNECT is an object")
    case .connectError:
      throw ParserError(.invalidPayload, "invalid payload: that of a CONNECT_ERROR is an object or a string")
    }
  }
}

extension ParserError {
  static func wrongPayload(of type: PacketType) -> ParserError {
    ParserError(.invalidPayload, "invalid payload: not of the kind that a \(type) has")
  }
}
