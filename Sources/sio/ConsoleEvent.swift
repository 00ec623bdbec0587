import SocketIO

/// What a command that runs for long waits for.
enum Happening: Sendable {
  case connected(Connection)
  case disconnected(Disconnection)
  case failed(SocketIOError)
  /// The last of the attempts to reconnect has failed.
  case gaveUp
  case upgraded(TransportName)
  case event(SocketEvent)
  case answered(event: String, Result<[SocketValue], SocketIOError>)
  case typed(String)
  case endOfInput
  case interrupted
}

extension Socket {
  /// Reports everything that the Socket does.
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
  /// Whether nothing follows by itself: the server refused or ended it, there is no reconnection, or it would not help.
  func isOver(after error: SocketIOError? = nil) -> Bool {
    !active || !io.opts.reconnection || error?.code == .incompatibleServer
  }
}

extension Disconnection {
  /// The reason, with what is known beyond it.
  var text: String { error.map { "\(reason): \($0.message)" } ?? reason.rawValue }
}
