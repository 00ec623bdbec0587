/// Something that a Socket, identified by its key, waits for with a limit.
enum SocketDeadline: Hashable {
  /// How long the official server waits for a namespace to be joined before it ends the connection, in milliseconds.
  static let usualConnectLimit: UInt64 = 45_000

  case acknowledgement(socket: Int, id: Int)
  /// The answer to its CONNECT.
  case connect(socket: Int)
  /// The end of a wait for the namespace to be joined.
  case joining(socket: Int, id: Int)
  /// The handlers of `connectError`, after a refusal.
  case refusal(socket: Int)

  var socket: Int {
    switch self {
    case .acknowledgement(let socket, _), .joining(let socket, _), .connect(let socket), .refusal(let socket): socket
    }
  }
}
