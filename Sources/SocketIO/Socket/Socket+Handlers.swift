extension Socket {
  /// Registers a handler for an event. Handlers of one event run in the order of registration, where the option
  /// `delivery` says.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - handler: May throw and may block. An error is logged and reported by `.handlerError`. Blocking
  ///     delays only the handlers after it.
  @discardableResult
  public func on(_ event: String, _ handler: @escaping @isolated(any) @Sendable (SocketEvent) throws -> Void)
    -> SocketSubscription
  {
    add(event, once: false, registeredHandler(handler))
  }

  /// Registers a handler for the next occurrence of an event only.
  @discardableResult
  public func once(_ event: String, _ handler: @escaping @isolated(any) @Sendable (SocketEvent) throws -> Void)
    -> SocketSubscription
  {
    add(event, once: true, registeredHandler(handler))
  }

  // MARK: Typed

  /// Registers a handler that gets the event's arguments decoded, as many as it takes:
  /// `socket.on("move") { (x: Int, y: Int) in … }`.
  ///
  /// Missing arguments decode like null, so an Optional becomes nil. Surplus arguments are ignored. If an argument
  /// cannot be decoded, the handler does not run: the error is logged and reported by `.handlerError`, and names the
  /// event, the argument and the place inside it.
  @discardableResult
  public func on<each Argument: Decodable & Sendable>(
    _ event: String, _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Void
  ) -> SocketSubscription {
    add(event, once: false, registeredHandler(decoding: handler))
  }

  /// Registers a handler that gets the next event's arguments decoded. An event that cannot be decoded counts as the
  /// next.
  @discardableResult
  public func once<each Argument: Decodable & Sendable>(
    _ event: String, _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Void
  ) -> SocketSubscription {
    add(event, once: true, registeredHandler(decoding: handler))
  }

  // MARK: Declared once

  /// Registers a handler for an event that was declared once. It gets arguments of the declared types:
  /// `socket.on(Chat.message) { text, room in … }`.
  ///
  /// If an argument cannot be decoded, the handler does not run, as with types that the handler names.
  @discardableResult
  public func on<each Argument: Decodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Void
  ) -> SocketSubscription {
    add(event.name, once: false, registeredHandler(decoding: handler))
  }

  /// Registers a handler for the next occurrence of an event that was declared once. An event that cannot be decoded
  /// counts as the next.
  @discardableResult
  public func once<each Argument: Decodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Void
  ) -> SocketSubscription {
    add(event.name, once: true, registeredHandler(decoding: handler))
  }

  // MARK: The Socket's own events

  /// Registers a handler for the Socket's own events: `.connect`, `.disconnect`, `.connectError` and `.handlerError`.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @isolated(any) @Sendable (Payload) throws -> Void
  ) -> SocketSubscription {
    add(event, once: false, registeredHandler(handler))
  }

  /// Registers a handler that takes no arguments.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @isolated(any) @Sendable () throws -> Void
  ) -> SocketSubscription {
    add(event, once: false, registeredHandler(ignoring: Payload.self, handler))
  }

  /// Registers a handler for the next occurrence only.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @isolated(any) @Sendable (Payload) throws -> Void
  ) -> SocketSubscription {
    add(event, once: true, registeredHandler(handler))
  }

  /// Registers a handler without arguments for the next occurrence only.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @isolated(any) @Sendable () throws -> Void
  ) -> SocketSubscription {
    add(event, once: true, registeredHandler(ignoring: Payload.self, handler))
  }

  // MARK: Removing

  /// Removes all handlers of an event, and ends its sequences.
  public func off(_ event: String) { handlers.removeAll(.event(event)) }

  /// Removes all handlers of an event or request that was declared once, and ends its sequences.
  public func off(_ event: some EventDeclaration) { off(event.name) }

  /// Removes all handlers of one of the Socket's own events, and ends its sequences.
  public func off<Payload>(_ event: LifecycleEvent<Socket, Payload>) { handlers.removeAll(event.key) }

  /// Removes one handler, as ``SocketSubscription/cancel()`` does.
  public func off(_ subscription: SocketSubscription) { subscription.cancel() }

  /// Removes all handlers and ends all sequences, except those of every event: see ``offAny()`` and
  /// ``offAnyOutgoing()``.
  public func off() { handlers.removeAll { $0 != .any && $0 != .anyOutgoing } }

  // MARK: Listing

  /// The handlers and sequences of an event, in the order in which they are called.
  public func listeners(_ event: String) -> [SocketSubscription] { handlers.subscriptions(.event(event)) }

  /// The handlers and sequences of one of the Socket's own events, in the order in which they are called.
  public func listeners<Payload>(_ event: LifecycleEvent<Socket, Payload>) -> [SocketSubscription] {
    handlers.subscriptions(event.key)
  }

  /// The handlers and sequences of an event or request that was declared once.
  public func listeners(_ event: some EventDeclaration) -> [SocketSubscription] { listeners(event.name) }

  /// Whether an event has a handler or sequence.
  public func hasListeners(_ event: String) -> Bool { !handlers.isEmpty(.event(event)) }

  /// Whether an event or request that was declared once has a handler or sequence.
  public func hasListeners(_ event: some EventDeclaration) -> Bool { hasListeners(event.name) }

  // MARK: Adding

  func add(
    _ event: String, once: Bool = false, _ handler: @escaping RegisteredHandler<SocketEvent>
  ) -> SocketSubscription {
    handlers.add(.event(event), once: once, ofEvents: handler)
  }

  func add<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, once: Bool = false, _ handler: @escaping RegisteredHandler<Payload>
  ) -> SocketSubscription {
    handlers.add(event.key, once: once, handler)
  }
}
