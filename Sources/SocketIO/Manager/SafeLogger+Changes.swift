import Logging

extension SafeLogger {
  /// Logs what happens to a connection.
  func record(_ change: ManagerChange) {
    switch change {
    // Logged in more detail where they originate.
    case .open, .reconnectError: break
    case .ping: record(.trace, "the server's ping")
    case .error(let error): record(.debug, "the connection failed: \(error.message)", [.error(error)])
    case .close(let reason): record(.debug, "the connection is closed", [.reason(reason)])
    case .upgrade(let transport): record(.debug, "the connection is upgraded", [.transport(transport)])
    case .reconnectAttempt(let attempt): record(.debug, "trying to reconnect", [.attempt(attempt)])
    case .reconnect(let attempt): record(.info, "reconnected", [.attempt(attempt)])
    case .reconnectFailed: record(.warning, "gave up reconnecting")
    }
  }

  /// Logs what happens to a Socket.
  func record(_ notification: SocketStateMachine.Notification, _ namespace: String) {
    switch notification {
    case .connect(let id, let recovered):
      record(.debug, recovered ? "joined, with the former session" : "joined", [.namespace(namespace), .id(id)])
    case .connectError(let error):
      record(.debug, "not joined: \(error.message)", [.namespace(namespace), .error(error)])
    case .disconnect(let reason, let error):
      record(
        reason == .ioClientDisconnect ? .debug : .info, "disconnected",
        [.namespace(namespace), .reason(reason)] + (error.map { [.error($0)] } ?? []))
    // Failures are logged where they happen.
    case .emitFailed: break
    }
  }
}
