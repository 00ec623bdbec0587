/// What a handler is registered for.
enum HandlerKey: Hashable, Sendable {
  /// One event, from the server or of the Socket or Manager itself.
  case event(String)
  /// Every event from the server.
  case any
  /// Every event to the server.
  case anyOutgoing
  /// All of the Socket's or Manager's own events.
  case changes
  /// Errors of handlers.
  case failures
  /// A Manager has no connection, and does not reconnect by itself.
  case gaveUp
}

extension HandlerKey: CustomStringConvertible {
  var description: String {
    switch self {
    case .event(let name): name
    case .any: "onAny"
    case .anyOutgoing: "onAnyOutgoing"
    case .changes: "changes"
    case .failures: "handlerError"
    case .gaveUp: "gaveUp"
    }
  }
}
