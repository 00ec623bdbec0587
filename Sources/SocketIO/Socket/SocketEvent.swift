/// An event, from the server or, in ``Socket/onAnyOutgoing(_:)``, to it.
public struct SocketEvent: Sendable {
  private let received: ReceivedEvent

  /// The event's name. The protocol allows a number as a name; it appears here in digits.
  public var name: String { received.name }

  /// The arguments, with binary data as `.binary`. They are read at the first access.
  public var args: [SocketValue] { received.values }

  /// The arguments as they arrived. Types are decoded from these.
  var arguments: ReceivedArguments { received.arguments }

  /// Set if the server waits for an acknowledgement: call it with the answer.
  public let ack: Acknowledgement?

  package init(name: String, args: [SocketValue], ack: Acknowledgement?) {
    self.init(ReceivedEvent(name: name, arguments: .values(args, size: 0), ack: nil), ack: ack)
  }

  init(_ received: ReceivedEvent, ack: Acknowledgement?) {
    self.received = received
    self.ack = ack
  }

  /// The first argument, decoded.
  ///
  /// - Throws: ``SocketIOError`` with `.decoding`; its message names the event, the argument and the place inside it.
  public func decode<T: Decodable>(_ type: T.Type = T.self) throws(SocketIOError) -> T {
    var arguments = ArgumentDecoder(self)
    return try arguments.next(type)
  }

  /// The first arguments, decoded: `let (x, y) = try event.decode(Int.self, Int.self)`.
  ///
  /// Missing arguments decode like null; those beyond the last type are ignored.
  ///
  /// - Throws: ``SocketIOError`` with `.decoding`; its message names the event, the argument and the place inside it.
  public func decode<First: Decodable, Second: Decodable, each Other: Decodable>(
    _ first: First.Type, _ second: Second.Type, _ others: repeat (each Other).Type
  ) throws(SocketIOError) -> (First, Second, repeat each Other) {
    var arguments = ArgumentDecoder(self)
    return (try arguments.next(first), try arguments.next(second), repeat try arguments.next((each Other).self))
  }
}

extension SocketEvent: CustomReflectable {
  /// Shows name, arguments and acknowledgement.
  public var customMirror: Mirror {
    Mirror(self, children: ["name": name, "args": args, "ack": ack as Any], displayStyle: .struct)
  }
}
