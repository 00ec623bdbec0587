import Synchronization

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
    self.init(ReceivedEvent(name: name, arguments: .values(args), ack: nil), ack: ack)
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

/// Answers one event, from any thread, now or later, at most once.
///
/// The answer is sent on the connection that brought the event. If that is gone, the answer is dropped, since the
/// server no longer waits for it.
public final class Acknowledgement: Sendable {
  private let socket: Socket
  private let session: Int
  private let id: Int
  private let isUsed = Atomic(false)

  init(socket: Socket, session: Int, id: Int) {
    self.socket = socket
    self.session = session
    self.id = id
  }

  /// Sends the answer: any mix of values, `Data` and `Encodable`.
  ///
  /// - Returns: Whether this was the first call; later ones do nothing.
  /// - Throws: ``SocketIOError`` with `.encoding` for an argument that cannot be encoded; the answer can then still be
  ///   sent.
  @discardableResult
  @_disfavoredOverload
  public func callAsFunction<each Argument: Encodable & Sendable>(
    _ arguments: repeat each Argument
  ) throws(SocketIOError) -> Bool {
    try answer(repeat each arguments, of: "an acknowledgement")
  }

  /// Sends an answer of literals, also of mixed types.
  ///
  /// - Returns: Whether this was the first call; later ones do nothing.
  /// - Throws: ``SocketIOError`` with `.encoding` for an argument that is nested too deep; the answer can then still be
  ///   sent.
  @discardableResult
  public func callAsFunction(_ arguments: SocketValue...) throws(SocketIOError) -> Bool {
    reply(try socket.encoder.answer(id, arguments, of: "an acknowledgement"))
  }

  /// Sends the answer. If it cannot be encoded, because it is nested too deep, the handlers of
  /// ``LifecycleEvent/handlerError`` get the error.
  ///
  /// - Returns: Whether this was the first call; later ones do nothing.
  @discardableResult
  public func send(_ arguments: [SocketValue]) -> Bool {
    do {
      return reply(try socket.encoder.answer(id, arguments, of: "an acknowledgement"))
    } catch {
      guard use() else { return false }
      let (key, id) = (socket.key, id)
      socket.io.mailbox.submit { $0.replyFailed(key, id: id, error) }
      return true
    }
  }

  /// - Parameter source: What error messages call the answer.
  @discardableResult
  func answer<each Argument: Encodable & Sendable>(
    _ arguments: repeat each Argument, of source: @autoclosure () -> String
  ) throws(SocketIOError) -> Bool {
    reply(try socket.encoder.answer(id, encoding: repeat each arguments, of: source()))
  }

  private func reply(_ payload: consuming OutgoingPayload) -> Bool {
    guard use() else { return false }
    socket.io.mailbox.reply(OutgoingReply(session: session, id: id, payload: payload), from: socket)
    return true
  }

  private func use() -> Bool { !isUsed.exchange(true, ordering: .relaxed) }
}
