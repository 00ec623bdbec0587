import Logging

/// The metadata of what the library logs. The keys are stable, and docs/guide.md lists them: programs filter by them.
enum LogField: Sendable {
  case namespace(String)
  /// The Socket's id on the server.
  case id(String)
  /// The engine's session id.
  case sid(String)
  case transport(TransportName)
  case attempt(Int)
  case delay(milliseconds: UInt64)
  case reason(DisconnectReason)
  case event(String)
  case error(SocketIOError)

  /// Set on every record of a Manager.
  static let serverKey = "sio.server"

  private var entries: [(key: String, value: String)] {
    switch self {
    case .namespace(let name): [("sio.namespace", name)]
    case .id(let id): [("sio.id", id)]
    case .sid(let sid): [("sio.sid", sid)]
    case .transport(let transport): [("sio.transport", transport.rawValue)]
    case .attempt(let attempt): [("sio.attempt", "\(attempt)")]
    case .delay(let milliseconds): [("sio.delay", "\(milliseconds) ms")]
    case .reason(let reason): [("sio.reason", reason.rawValue)]
    case .event(let name): [("sio.event", name)]
    case .error(let error):
      [("sio.error", error.code.rawValue)] + (error.httpStatus.map { [("sio.status", "\($0)")] } ?? [])
    }
  }

  static func metadata(_ fields: [LogField]) -> Logger.Metadata {
    var metadata: Logger.Metadata = [:]
    for field in fields {
      for entry in field.entries { metadata[entry.key] = .string(entry.value.escapingControls) }
    }
    return metadata
  }
}

extension SafeLogger {
  /// What happens to a connection.
  func record(_ change: ManagerChange) {
    switch change {
    // What there is to say of these is said with more detail where they come from.
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

  /// What happens to a Socket; its events are not logged.
  func record(_ delivered: SocketStateMachine.Delivered, _ namespace: String) {
    switch delivered {
    case .connect(let id, let recovered):
      record(.debug, recovered ? "joined, with the former session" : "joined", [.namespace(namespace), .id(id)])
    case .connectError(let error):
      record(.debug, "not joined: \(error.message)", [.namespace(namespace), .error(error)])
    case .disconnect(let reason, let error):
      record(
        reason == .ioClientDisconnect ? .debug : .info, "disconnected",
        [.namespace(namespace), .reason(reason)] + (error.map { [.error($0)] } ?? []))
    // Told by whoever failed.
    case .event, .emitFailed: break
    }
  }
}
