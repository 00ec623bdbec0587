/// The server's parameters of a new session (Engine.IO protocol 4, "Handshake").
struct Handshake: Sendable, Equatable {
  var sid: String
  /// The transports to which the session may be upgraded.
  var upgrades: [TransportName]
  /// Milliseconds between two pings of the server.
  var pingInterval: UInt64
  /// Milliseconds that a ping may be late before the connection counts as lost.
  var pingTimeout: UInt64
  /// The largest body the server takes in one POST, in bytes; 0 for no limit.
  var maxPayload: Int

  /// - Throws: ``SocketIOError`` with `.protocolViolation` if the text is not a valid handshake.
  init(json: String) throws(SocketIOError) {
    guard let json = try? SocketValue(json: json) else {
      throw SocketIOError(.protocolViolation, "the handshake is malformed: it is not JSON")
    }
    var sid: String?
    var (pingInterval, pingTimeout): (UInt64?, UInt64?)
    upgrades = []
    maxPayload = 0
    for (name, value) in json.objectValue ?? [:] {
      switch name {
      case "sid": sid = value.stringValue
      case "upgrades":
        upgrades = (value.arrayValue ?? []).compactMap { $0.stringValue.map(TransportName.init(rawValue:)) }
      case "pingInterval": pingInterval = Self.milliseconds(value)
      case "pingTimeout": pingTimeout = Self.milliseconds(value)
      case "maxPayload": maxPayload = max(0, value.intValue ?? 0)
      default: break
      }
    }
    guard let sid, !sid.isEmpty else { throw Self.malformed("sid") }
    guard let pingInterval else { throw Self.malformed("pingInterval") }
    guard let pingTimeout else { throw Self.malformed("pingTimeout") }
    (self.sid, self.pingInterval, self.pingTimeout) = (sid, pingInterval, pingTimeout)
  }

  private static func milliseconds(_ value: SocketValue) -> UInt64? {
    guard let number = value.doubleValue, number >= 0 else { return nil }
    // Servers that want no heartbeats send a huge number. Capped at a thousand days, the sum of the two cannot
    // overflow.
    return UInt64(min(number, 86_400_000_000))
  }

  private static func malformed(_ field: String) -> SocketIOError {
    SocketIOError(.protocolViolation, "the handshake is malformed: its \(field) is missing or invalid")
  }
}
