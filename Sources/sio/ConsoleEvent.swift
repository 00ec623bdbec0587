import SocketIO

/// An event that a long-running command waits for.
enum ConsoleEvent: Sendable {
  case connected(SocketConnection)
  case disconnected(Disconnection)
  case failed(SocketIOError)
  /// The last attempt to reconnect has failed.
  case gaveUp
  case upgraded(TransportName)
  case event(SocketEvent)
  case answered(event: String, Result<SocketAnswer, SocketIOError>, after: Duration)
  /// How much of a large event was sent.
  case progress(String)
  case typed(String)
  case endOfInput
  case interrupted
}

extension Socket {
  /// Reports all events of the Socket.
  func report(to feed: Feed) {
    on(.connect) { connection in feed.tell(.connected(connection)) }
    on(.disconnect) { disconnection in feed.tell(.disconnected(disconnection)) }
    on(.connectError) { error in feed.tell(.failed(error)) }
    onAny { event in feed.tell(of: event) }
    io.on(.reconnectFailed) { feed.tell(.gaveUp) }
    io.on(.upgrade) { transport in feed.tell(.upgraded(transport)) }
  }
}

extension Socket {
  /// Whether the Socket will not reconnect by itself: the server refused or disconnected it, reconnection is off, or it
  /// would not help.
  func isOver(after error: SocketIOError? = nil) -> Bool {
    !active || !io.opts.reconnection || error?.code == .incompatibleServer
  }
}

extension SocketConnection {
  /// Who is connected to what, and how.
  func text(namespace: String) -> String {
    "connected to \(namespace) as \(id) over \(transport)"
  }
}

extension Disconnection {
  /// The reason, with the error if there is one.
  var text: String { error.map { "\(reason): \($0.message)" } ?? reason.rawValue }
}
