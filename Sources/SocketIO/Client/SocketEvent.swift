import Synchronization

/// An event, from the server or, in ``Socket/onAnyOutgoing(_:)``, to it.
public struct SocketEvent: Sendable {
  /// The event's name. The protocol allows a number as a name, which stands here in digits.
  public let name: String

  /// What was passed along, binary as `.binary`.
  public let args: [SocketValue]

  /// Set where the server waits for an acknowledgement: call it with the answer.
  public let ack: Acknowledgement?

  init(_ arguments: [SocketValue], ack: Acknowledgement?) {
    name = Self.name(of: arguments)
    args = Array(arguments.dropFirst())
    self.ack = ack
  }

  static func name(of arguments: [SocketValue]) -> String {
    arguments.first.map { $0.stringValue ?? $0.description } ?? ""
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
  /// Arguments that the event does not have decode as null does; those beyond the last type are left out.
  ///
  /// - Throws: ``SocketIOError`` with `.decoding`; its message names the event, the argument and the place inside it.
  public func decode<First: Decodable, Second: Decodable, each Other: Decodable>(
    _ first: First.Type, _ second: Second.Type, _ others: repeat (each Other).Type
  ) throws(SocketIOError) -> (First, Second, repeat each Other) {
    var arguments = ArgumentDecoder(self)
    return (try arguments.next(first), try arguments.next(second), repeat try arguments.next((each Other).self))
  }
}

/// The way to answer one event, from any thread, now or later, at most once.
///
/// The answer is sent on the connection that brought the event. Where that is gone, the answer is dropped: the server does not wait for it
/// any more.
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
  /// - Throws: ``SocketIOError`` with `.encoding` for an argument that cannot be encoded; the answer can still be sent then.
  @discardableResult
  @_disfavoredOverload
  public func callAsFunction(_ arguments: any Encodable & Sendable...) throws(SocketIOError) -> Bool {
    try send(SocketValue.arguments(arguments, of: "an acknowledgement"))
  }

  /// Sends an answer that is written as literals, mixed ones too.
  ///
  /// - Returns: Whether this was the first call; later ones do nothing.
  /// - Throws: Nothing; it is called with `try` as its sibling is.
  @discardableResult
  public func callAsFunction(_ arguments: SocketValue...) throws(SocketIOError) -> Bool { send(arguments) }

  /// Sends the answer.
  ///
  /// - Returns: Whether this was the first call; later ones do nothing.
  @discardableResult
  public func send(_ arguments: [SocketValue]) -> Bool {
    guard !isUsed.exchange(true, ordering: .relaxed) else { return false }
    let (key, session, id) = (socket.key, session, id)
    socket.io.mailbox.submit { $0.reply(key, session: session, id: id, arguments) }
    return true
  }
}
