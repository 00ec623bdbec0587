extension SocketStateMachine {
  enum State {
    case inactive
    /// Inactive, and the handlers of `connectError` have yet to run: one may connect again.
    case refused(SocketIOError)
    /// Active, but the Manager is not open, or the server has yet to answer a CONNECT that was given up.
    case waiting
    /// The credentials are being evaluated.
    case authenticating
    /// CONNECT was sent.
    case joining
    /// The server answered CONNECT without joining the namespace, and `connectError` was reported.
    case unusable
    case connected(id: String)

    var isActive: Bool {
      switch self {
      case .inactive, .refused: false
      case .waiting, .authenticating, .joining, .unusable, .connected: true
      }
    }

    var isWaiting: Bool { if case .waiting = self { true } else { false } }

    var isUnusable: Bool { if case .unusable = self { true } else { false } }

    /// Whether CONNECT was sent, and the namespace is not joined.
    var hasAsked: Bool {
      switch self {
      case .joining, .unusable: true
      case .inactive, .refused, .waiting, .authenticating, .connected: false
      }
    }
  }

  /// A connection of the Manager, and what has happened to the namespace on it.
  struct Connection {
    var number: Int
    /// CONNECT was sent and not answered. Servers close a connection on which a namespace is joined twice, or left
    /// before it is joined.
    var awaitsAnswer = false
    /// This Socket, or one before it, left the namespace, which was not joined since: what the server still sends
    /// belongs to the old session.
    var isLeft = false
  }
}
