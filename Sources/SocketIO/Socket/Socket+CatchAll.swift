extension Socket {
  /// Registers a handler for every event from the server. It runs before the event's own handlers, and does not get the
  /// Socket's own events.
  @discardableResult
  public func onAny(_ handler: @escaping @isolated(any) @Sendable (SocketEvent) throws -> Void) -> SocketSubscription {
    handlers.add(.any, ofEvents: registeredHandler(handler))
  }

  /// Registers a handler for every event from the server, ahead of the handlers registered so far.
  @discardableResult
  public func prependAny(_ handler: @escaping @isolated(any) @Sendable (SocketEvent) throws -> Void)
    -> SocketSubscription
  {
    handlers.add(.any, first: true, ofEvents: registeredHandler(handler))
  }

  /// Removes all handlers of ``onAny(_:)`` and ``prependAny(_:)``, and ends the sequences of every event.
  public func offAny() { handlers.removeAll(.any) }

  /// The handlers of ``onAny(_:)`` and ``prependAny(_:)`` and the sequences of every event, in the order in which they
  /// are called.
  public var listenersAny: [SocketSubscription] { handlers.subscriptions(.any) }

  /// Registers a handler for every event to the server.
  ///
  /// The handler runs when an event is sent, with the arguments as they are sent and without ``SocketEvent/ack``. An
  /// event that waits for the connection counts when it leaves, an event that is sent again counts each time, and a
  /// dropped volatile event does not count. Acknowledgements are not events.
  @discardableResult
  public func onAnyOutgoing(_ handler: @escaping @isolated(any) @Sendable (SocketEvent) throws -> Void)
    -> SocketSubscription
  {
    handlers.add(.anyOutgoing, ofEvents: registeredHandler(handler))
  }

  /// Registers a handler for every event to the server, ahead of the handlers registered so far.
  @discardableResult
  public func prependAnyOutgoing(_ handler: @escaping @isolated(any) @Sendable (SocketEvent) throws -> Void)
    -> SocketSubscription
  {
    handlers.add(.anyOutgoing, first: true, ofEvents: registeredHandler(handler))
  }

  /// Removes all handlers of ``onAnyOutgoing(_:)`` and ``prependAnyOutgoing(_:)``.
  public func offAnyOutgoing() { handlers.removeAll(.anyOutgoing) }

  /// The handlers of ``onAnyOutgoing(_:)`` and ``prependAnyOutgoing(_:)``, in the order in which they are called.
  public var listenersAnyOutgoing: [SocketSubscription] { handlers.subscriptions(.anyOutgoing) }
}
