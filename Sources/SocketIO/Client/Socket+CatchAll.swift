extension Socket {
  /// Registers a handler of every event from the server, called before the event's own handlers. The Socket's own events are not
  /// among them.
  @discardableResult
  public func onAny(_ handler: @escaping @Sendable (SocketEvent) throws -> Void) -> Subscription {
    handlers.add(.any, handler)
  }

  /// Registers a handler of every event from the server, called before those that are registered now.
  @discardableResult
  public func prependAny(_ handler: @escaping @Sendable (SocketEvent) throws -> Void) -> Subscription {
    handlers.add(.any, first: true, handler)
  }

  /// Takes off all handlers of ``onAny(_:)`` and ``prependAny(_:)``, and ends the sequences of every event.
  public func offAny() { handlers.removeAll(.any) }

  /// The handlers of ``onAny(_:)`` and ``prependAny(_:)`` and the sequences of every event, in the order in which they are called.
  public var listenersAny: [Subscription] { handlers.subscriptions(.any) }

  /// Registers a handler of every event to the server.
  ///
  /// The handler is called when an event is sent, with the arguments as they were given and without ``SocketEvent/ack``. An event that
  /// waits for the connection is told when it leaves, an event that is sent again is told each time, and a volatile event that is dropped is
  /// not told. Acknowledgements are not events.
  @discardableResult
  public func onAnyOutgoing(_ handler: @escaping @Sendable (SocketEvent) throws -> Void) -> Subscription {
    handlers.add(.anyOutgoing, handler)
  }

  /// Registers a handler of every event to the server, called before those that are registered now.
  @discardableResult
  public func prependAnyOutgoing(_ handler: @escaping @Sendable (SocketEvent) throws -> Void) -> Subscription {
    handlers.add(.anyOutgoing, first: true, handler)
  }

  /// Takes off all handlers of ``onAnyOutgoing(_:)`` and ``prependAnyOutgoing(_:)``.
  public func offAnyOutgoing() { handlers.removeAll(.anyOutgoing) }

  /// The handlers of ``onAnyOutgoing(_:)`` and ``prependAnyOutgoing(_:)``, in the order in which they are called.
  public var listenersAnyOutgoing: [Subscription] { handlers.subscriptions(.anyOutgoing) }
}
