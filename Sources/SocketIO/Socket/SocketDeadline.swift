/// What a Socket, which its key names, waits for no longer than its time.
enum SocketDeadline: Hashable {
  /// How long the official server waits for a namespace to be joined before it ends the connection, in milliseconds.
  static let usualAnswerLimit: UInt64 = 45_000

  case acknowledgement(socket: Int, id: Int)
  /// To its CONNECT.
  case answer(socket: Int)
  /// The handlers of its refusal.
  case refusal(socket: Int)

  var socket: Int {
    switch self {
    case .acknowledgement(let socket, _), .answer(let socket), .refusal(let socket): socket
    }
  }
}
