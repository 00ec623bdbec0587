extension Socket {
  /// Registers a handler for an event. Handlers of one event run in the order in which they were registered, where the option
  /// `delivery` says.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - handler: May throw and may block: an error is logged and told by `.handlerError`, and nothing but the handlers behind it waits.
  @discardableResult
  public func on(_ event: String, _ handler: @escaping @Sendable (SocketEvent) throws -> Void) -> Subscription {
    add(event, once: false, handler)
  }

  /// Registers a handler for the next occurrence of an event only.
  @discardableResult
  public func once(_ event: String, _ handler: @escaping @Sendable (SocketEvent) throws -> Void) -> Subscription {
    add(event, once: true, handler)
  }

  // MARK: Typed

  /// Registers a handler that gets the event's arguments decoded, as many as it takes:
  /// `socket.on("move") { (x: Int, y: Int) in … }`.
  ///
  /// Arguments that the event does not have decode as null does, so an Optional becomes nil. Arguments beyond the handler's are left out. An
  /// event with an argument that cannot be decoded is not handled: the error is logged and told by `.handlerError`, and names the event,
  /// the argument and the place inside it.
  @discardableResult
  public func on<each Argument: Decodable & Sendable>(
    _ event: String, _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
  ) -> Subscription {
    add(event, once: false, decoding: handler)
  }

  /// Registers a handler that gets the next event's arguments decoded. An event that cannot be decoded counts as the next.
  @discardableResult
  public func once<each Argument: Decodable & Sendable>(
    _ event: String, _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
  ) -> Subscription {
    add(event, once: true, decoding: handler)
  }

  /// Registers a handler that gets the event's first argument, decoded. An event whose argument cannot be decoded is not handled: the
  /// error is logged and told by `.handlerError`.
  @discardableResult
  public func on<T: Decodable & Sendable>(
    _ event: String, as type: T.Type, _ handler: @escaping @Sendable (T) throws -> Void
  ) -> Subscription {
    add(event, once: false, decoding: handler)
  }

  /// Registers a handler that gets the next event's first argument, decoded. An event that cannot be decoded counts as the next.
  @discardableResult
  public func once<T: Decodable & Sendable>(
    _ event: String, as type: T.Type, _ handler: @escaping @Sendable (T) throws -> Void
  ) -> Subscription {
    add(event, once: true, decoding: handler)
  }

  // MARK: The Socket's own events

  /// Registers a handler of the Socket's own events: `.connect`, `.disconnect`, `.connectError` and `.handlerError`.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @Sendable (Payload) throws -> Void
  ) -> Subscription {
    add(event, once: false, handler)
  }

  /// Registers a handler that does not look at what the event carries.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @Sendable () throws -> Void
  ) -> Subscription {
    add(event, once: false) { _ in try handler() }
  }

  /// Registers a handler for the next occurrence only.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @Sendable (Payload) throws -> Void
  ) -> Subscription {
    add(event, once: true, handler)
  }

  /// Registers a handler for the next occurrence only, that does not look at what the event carries.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @Sendable () throws -> Void
  ) -> Subscription {
    add(event, once: true) { _ in try handler() }
  }

  // MARK: Taking off

  /// Takes off all handlers of an event, and ends its sequences.
  public func off(_ event: String) { handlers.removeAll(.event(event)) }

  /// Takes off all handlers of one of the Socket's own events, and ends its sequences.
  public func off<Payload>(_ event: LifecycleEvent<Socket, Payload>) { handlers.removeAll(event.key) }

  /// Takes off one handler, as ``Subscription/cancel()`` does.
  public func off(_ subscription: Subscription) { subscription.cancel() }

  /// Takes off all handlers and ends all sequences, but for those of every event: see ``offAny()`` and ``offAnyOutgoing()``.
  public func off() { handlers.removeAll { $0 != .any && $0 != .anyOutgoing } }

  // MARK: Listing

  /// The handlers and sequences of an event, in the order in which they are called.
  public func listeners(_ event: String) -> [Subscription] { handlers.subscriptions(.event(event)) }

  /// The handlers and sequences of one of the Socket's own events, in the order in which they are called.
  public func listeners<Payload>(_ event: LifecycleEvent<Socket, Payload>) -> [Subscription] {
    handlers.subscriptions(event.key)
  }

  /// Whether an event has a handler or sequence.
  public func hasListeners(_ event: String) -> Bool { !handlers.isEmpty(.event(event)) }

  // MARK: Adding

  func add(
    _ event: String, once: Bool = false, _ handler: @escaping @Sendable (SocketEvent) throws -> Void
  ) -> Subscription {
    handlers.add(.event(event), once: once) { (payload: any Sendable) in
      if let event = payload as? SocketEvent {
        try handler(event)
      } else if let lifecycle = payload as? any LifecyclePayload {
        try handler(SocketEvent([.string(event)] + lifecycle.eventArguments, ack: nil))
      }
    }
  }

  func add<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, once: Bool = false,
    _ handler: @escaping @Sendable (Payload) throws -> Void
  ) -> Subscription {
    handlers.add(event.key, once: once, handler)
  }

  private func add<each Argument: Decodable & Sendable>(
    _ event: String, once: Bool, decoding handler: @escaping @Sendable (repeat each Argument) throws -> Void
  ) -> Subscription {
    add(event, once: once) { event in
      var arguments = ArgumentDecoder(event)
      try handler(repeat arguments.next((each Argument).self))
    }
  }
}
