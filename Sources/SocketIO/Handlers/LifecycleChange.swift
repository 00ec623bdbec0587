/// A change of a ``Socket``'s connection, as in ``Socket/changes(buffering:)``.
public enum SocketChange: Sendable {
  /// As `.connect` of ``LifecycleEvent``.
  case connect(SocketConnection)
  /// As `.disconnect`.
  case disconnect(Disconnection)
  /// As `.connectError`.
  case connectError(SocketIOError)
}

/// A change of a ``Manager``'s connection, as in ``Manager/changes(buffering:)``.
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
