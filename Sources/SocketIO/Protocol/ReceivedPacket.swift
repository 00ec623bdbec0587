/// A packet from the server. Unlike those of a ``SocketPacket``, its arguments may still be text.
struct ReceivedPacket: Sendable {
  let namespace: String
  let id: Int?
  var content: Content

  enum Content: Sendable {
    case connect(SocketValue?)
    case disconnect
    case event(ReceivedEvent)
    case ack(ReceivedArguments)
    case connectError(SocketValue)
  }
}

/// What comes before the arguments in the text of an event or an acknowledgement.
struct PacketHead: Sendable, Equatable {
  let namespace: String
  let id: Int?
  /// nil for an acknowledgement.
  let name: String?
  /// Where the first argument begins, or the array ends. 32 bits keep waiting events small.
  let argumentsStart: UInt32
}

/// A packet that a message completes.
enum ArrivedPacket {
  case packet(ReceivedPacket)
  /// An event or an acknowledgement without attachments. Its arguments are in the message's text, which was checked and
  /// is lent.
  case text(PacketHead)
}

extension ReceivedPacket {
  /// Copies the text.
  init(_ head: PacketHead, _ text: UnsafeRawBufferPointer) {
    namespace = head.namespace
    id = head.id
    let arguments = ReceivedArguments.json(JSONArguments(text, start: head.argumentsStart))
    content =
      if let name = head.name {
        .event(ReceivedEvent(name: name, arguments: arguments, ack: head.id))
      } else {
        .ack(arguments)
      }
  }

  /// - Parameter size: The bytes that arrived.
  init(_ packet: SocketPacket, size: Int = 0) {
    func received(_ values: [SocketValue]) -> ReceivedArguments {
      .values(values, size: values.reduce(size) { $0 + $1.containerSize })
    }
    namespace = packet.namespace
    id = packet.id
    content =
      switch packet.content {
      case .connect(let payload): .connect(payload)
      case .disconnect: .disconnect
      case .event(let name, let arguments):
        .event(ReceivedEvent(name: name, arguments: received(arguments), ack: packet.id))
      case .ack(let arguments): .ack(received(arguments))
      case .connectError(let payload): .connectError(payload)
      }
  }

  /// The packet with all its values.
  var packet: SocketPacket {
    let content: SocketPacket.Content =
      switch content {
      case .connect(let payload): .connect(payload)
      case .disconnect: .disconnect
      case .event(let event): .event(name: event.name, arguments: event.arguments.values)
      case .ack(let arguments): .ack(arguments.values)
      case .connectError(let payload): .connectError(payload)
      }
    return SocketPacket(namespace: namespace, id: id, content: content)
  }
}
