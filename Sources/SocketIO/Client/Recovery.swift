/// What asks the server for a lost session: its secret, and how far its events have come (connection state recovery of Socket.IO 4.6).
struct Recovery {
  let pid: String
  var offset: String?

  /// The payload of CONNECT that asks for the session. Credentials win over members of the same name.
  func payload(_ auth: SocketValue?) -> SocketValue {
    var payload = SocketObject()
    payload["pid"] = .string(pid)
    if let offset { payload["offset"] = .string(offset) }
    for (key, value) in auth?.objectValue ?? [:] { payload[key] = value }
    return .object(payload)
  }

  /// The server adds the offset, as the last argument, to events that it may have to send again. It may not have to where it asks for an
  /// acknowledgement.
  mutating func learn(_ event: [SocketValue], ack: Int?) {
    if ack == nil, event.count > 1, case .string(let offset)? = event.last { self.offset = offset }
  }
}
