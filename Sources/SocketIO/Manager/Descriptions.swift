extension Socket: CustomStringConvertible, CustomReflectable {
  /// Namespace, state and id, such as "Socket /news, connected as 8fJx".
  public var description: String {
    let state = publishedState.value
    let what = state.id.map { "connected as \($0)" } ?? (state.isActive ? "connecting" : "disconnected")
    return "Socket \(namespace), \(what)".escapingControls
  }

  /// Shows the Manager, and neither the credentials nor what waits.
  public var customMirror: Mirror { Mirror(self, children: ["io": io]) }
}

extension Manager: CustomStringConvertible, CustomReflectable {
  /// Server (without query and credentials), state and transport, such as "Manager https://example.com, open over
  /// websocket".
  public var description: String {
    let transport = transport.map { " over \($0)" } ?? ""
    let name = server.map { " \($0)" } ?? ""
    return "Manager\(name), \(isOpen ? "open\(transport)" : "closed")".escapingControls
  }

  /// Shows nothing more than ``description``.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension ModifiedSocket: CustomStringConvertible {
  /// The Socket with its modifiers, such as "Socket /news, connected as 8fJx, volatile, timeout 5.0 seconds".
  public var description: String {
    let modifiers = [
      isVolatile ? "volatile" : nil, timeout.map { "timeout \($0)" }, isCompressed ? nil : "not compressed",
    ]
    return (["\(socket)"] + modifiers.compactMap { $0 }).joined(separator: ", ")
  }
}

extension Disconnection: CustomStringConvertible {
  /// The reason, and the message of the error if there is one.
  public var description: String { error.map { "\(reason): \($0)" } ?? "\(reason)" }
}

extension HandlerFailure: CustomStringConvertible {
  /// The event and the error.
  public var description: String { "\"\(event)\": \(error)".escapingControls }
}

extension SocketConnection: CustomStringConvertible {
  /// The id and the transport, such as "connected as 8fJx over websocket".
  public var description: String {
    "connected as \(id) over \(transport)\(recovered ? ", recovered" : "")".escapingControls
  }
}
