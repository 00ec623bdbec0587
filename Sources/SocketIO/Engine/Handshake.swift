/// What the server says of a session when it opens (Engine.IO protocol 4, "Handshake").
struct Handshake: Sendable, Equatable {
  var sid: String
  /// The transports to which the session may be upgraded.
  var upgrades: [TransportName]
  /// Milliseconds between two pings of the server.
  var pingInterval: UInt64
  /// Milliseconds that a ping may be late before the connection counts as dead.
  var pingTimeout: UInt64
  /// The largest body the server takes in one POST, in bytes; 0 for no limit.
  var maxPayload: Int

  /// - Throws: ``SocketIOError`` with `.protocolViolation` for anything that is no handshake.
  init(json: String) throws(SocketIOError) {
    guard let json = try? SocketValue(json: json) else {
      throw SocketIOError(.protocolViolation, "the handshake is malformed: it is not JSON")
    }
    let value = json.objectValue ?? [:]
    guard let sid = value["sid"]?.stringValue, !sid.isEmpty else { throw Self.malformed("sid") }
    self.sid = sid
    upgrades = (value["upgrades"]?.arrayValue ?? []).compactMap { $0.stringValue.map(TransportName.init(rawValue:)) }
    pingInterval = try Self.milliseconds(value, "pingInterval")
    pingTimeout = try Self.milliseconds(value, "pingTimeout")
    maxPayload = max(0, value["maxPayload"]?.intValue ?? 0)
  }

  private static func milliseconds(_ value: SocketObject, _ field: String) throws(SocketIOError) -> UInt64 {
    guard let number = value[field]?.doubleValue, number >= 0 else { throw malformed(field) }
    // Whoever wants no heartbeats says some enormous number. A thousand days keep sums of the two from overflowing.
    return UInt64(min(number, 86_400_000_000))
  }

  private static func malformed(_ field: String) -> SocketIOError {
    SocketIOError(.protocolViolation, "the handshake is malformed: its \(field) is missing or unusable")
  }
}
