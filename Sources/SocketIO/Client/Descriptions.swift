extension Socket: CustomStringConvertible {
  /// Namespace, state and id, such as "Socket /news, connected as 8fJx".
  public var description: String {
    let state = mirror.state
    let what = state.id.map { "connected as \($0)" } ?? (state.isActive ? "connecting" : "disconnected")
    return "Socket \(namespace), \(what)".escapingControls
  }
}

extension Manager: CustomStringConvertible {
  /// Server, without query and credentials, state and transport, such as "Manager https://example.com, open over websocket".
  public var description: String {
    let transport = transport.map { " over \($0)" } ?? ""
    let name = server.map { " \($0)" } ?? ""
    return "Manager\(name), \(isOpen ? "open\(transport)" : "closed")".escapingControls
  }
}
