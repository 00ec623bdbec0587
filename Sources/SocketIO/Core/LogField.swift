import Logging

/// The metadata of log records. The keys are stable, since programs filter by them; docs/guide.md lists them.
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

  /// The key of the server's address, set on every record of a Manager.
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
