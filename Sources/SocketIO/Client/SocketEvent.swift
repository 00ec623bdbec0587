import Synchronization

/// An event that the server emitted.
public struct SocketEvent: Sendable {
  /// The event's name; a number, which the protocol allows as a name, in digits.
  public let name: String

  /// What the server passed along, binary as `.binary`.
  public let args: [SocketValue]

  /// Set where the server waits for an acknowledgement: call it with the answer.
  public let ack: Acknowledgement?

  init(_ arguments: [SocketValue], ack: Acknowledgement?) {
    name = arguments.first.map { $0.stringValue ?? $0.description } ?? ""
    args = Array(arguments.dropFirst())
    self.ack = ack
  }

  /// The first argument, decoded.
  ///
  /// - Throws: ``SocketIOError`` with `.decoding`.
  public func decode<T: Decodable>(_ type: T.Type = T.self) throws(SocketIOError) -> T {
    try (args.first ?? .null).decodeArgument(as: type, of: name)
  }
}

/// The way to answer one event, from any thread, now or later, at most once.
///
/// An answer is sent on the connection on which the event came, and dropped where that is gone: the server does not wait for it any more.
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
  public func callAsFunction(_ arguments: any Encodable & Sendable...) throws(SocketIOError) -> Bool {
    try send(SocketValue.arguments(arguments))
  }

  /// Sends the answer.
  @discardableResult
  public func send(_ arguments: [SocketValue]) -> Bool {
    guard !isUsed.exchange(true, ordering: .relaxed) else { return false }
    let (key, session, id) = (socket.key, session, id)
    socket.io.mailbox.submit { $0.reply(key, session: session, id: id, arguments) }
    return true
  }
}

extension SocketValue {
  static func arguments(_ arguments: [any Encodable & Sendable]) throws(SocketIOError) -> [SocketValue] {
    var values: [SocketValue] = []
    values.reserveCapacity(arguments.count + 1)
    for (index, argument) in arguments.enumerated() {
      do {
        values.append(try SocketValue(encoding: argument))
      } catch {
        throw SocketIOError(.encoding, "argument \(index + 1) cannot be encoded: \(error)", underlying: error)
      }
    }
    return values
  }

  func decodeArgument<T: Decodable>(as type: T.Type, of name: String) throws(SocketIOError) -> T {
    do {
      return try decode(as: type)
    } catch {
      throw SocketIOError(.decoding, "the first argument of \"\(name)\" is no \(type): \(error)", underlying: error)
    }
  }
}
