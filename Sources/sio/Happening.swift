import SocketIO

/// What a command that runs for long waits for.
enum Happening: Sendable {
  case connected(Connection)
  case disconnected(Disconnection)
  case failed(SocketIOError)
  case upgraded(TransportName)
  case event(SocketEvent)
  case answered(event: String, Result<[SocketValue], SocketIOError>)
  case typed(String)
  case endOfInput
  case interrupted
}

extension Socket {
  /// Reports everything that the Socket does.
  func report(to feed: AsyncStream<Happening>.Continuation) {
    on(.connect) { connection in feed.yield(.connected(connection)) }
    on(.disconnect) { disconnection in feed.yield(.disconnected(disconnection)) }
    on(.connectError) { error in feed.yield(.failed(error)) }
    onAny { event in feed.yield(.event(event)) }
    io.on(.upgrade) { transport in feed.yield(.upgraded(transport)) }
  }
}

extension Disconnection {
  /// The reason, with what is known beyond it.
  var text: String { error.map { "\(reason): \($0.message)" } ?? reason.rawValue }
}
