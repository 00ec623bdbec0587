/// What a ``Socket`` tells of its connection, as ``Socket/changes(buffering:)`` gives it.
public enum SocketChange: Sendable {
  /// As `.connect` of ``LifecycleEvent``.
  case connect(Connection)
  /// As `.disconnect`.
  case disconnect(Disconnection)
  /// As `.connectError`.
  case connectError(SocketIOError)
}

/// What a ``Manager`` tells of its connection, as ``Manager/changes(buffering:)`` gives it.
public enum ManagerChange: Sendable {
  /// As `.open` of ``LifecycleEvent``.
  case open
  /// As `.error`.
  case error(SocketIOError)
  /// As `.close`.
  case close(DisconnectReason)
  /// As `.ping`.
  case ping
  /// As `.upgrade`.
  case upgrade(TransportName)
  /// As `.reconnectAttempt`.
  case reconnectAttempt(Int)
  /// As `.reconnect`.
  case reconnect(Int)
  /// As `.reconnectError`.
  case reconnectError(SocketIOError)
  /// As `.reconnectFailed`.
  case reconnectFailed
}
