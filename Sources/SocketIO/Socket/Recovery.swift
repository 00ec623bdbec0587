/// What the server needs to recover a lost session: its secret, and the offset of its last event (connection state
/// recovery, Socket.IO 4.6).
struct Recovery {
  let pid: String
  var offset: String?

  /// Whether the server, if asked to recover the session, would resend what broke it.
  static func isBroken(by reason: DisconnectReason, _ error: SocketIOError?) -> Bool {
    reason == .parseError || error?.code == .tooLarge || error?.code == .protocolViolation
  }

  /// The payload of the CONNECT that asks for the session. Credentials override members of the same name.
  func payload(_ auth: SocketValue?) -> SocketValue {
    var payload = SocketObject()
    payload["pid"] = .string(pid)
    if let offset { payload["offset"] = .string(offset) }
    for (key, value) in auth?.objectValue ?? [:] { payload[key] = value }
    return .object(payload)
  }

  /// The server appends the offset, as the last argument, to events that it can send again, which excludes those with
  /// an acknowledgement.
  ///
  /// - Parameter lastString: The last argument of such an event, if that is a string.
  mutating func learn(_ lastString: String?) {
    if let lastString { offset = lastString }
  }
}
