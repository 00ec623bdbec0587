extension Manager {
  /// Registers a handler of the Manager's own events, for example `.reconnectAttempt`. Handlers run as the option
  /// `delivery` says. What one throws is logged, and harms nothing.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @Sendable (Payload) throws -> Void
  ) -> Subscription {
    add(event, once: false, handler)
  }

  /// Registers a handler that does not look at what the event carries.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @Sendable () throws -> Void
  ) -> Subscription {
    add(event, once: false) { _ in try handler() }
  }

  /// Registers a handler for the next occurrence only.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @Sendable (Payload) throws -> Void
  ) -> Subscription {
    add(event, once: true, handler)
  }

  /// Registers a handler for the next occurrence only, that does not look at what the event carries.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @Sendable () throws -> Void
  ) -> Subscription {
    add(event, once: true) { _ in try handler() }
  }

  /// Takes off all handlers of an event, and ends its sequences.
  public func off<Payload>(_ event: LifecycleEvent<Manager, Payload>) { handlers.removeAll(event.key) }

  /// Takes off one handler, as ``Subscription/cancel()`` does.
  public func off(_ subscription: Subscription) { subscription.cancel() }

  /// Takes off all handlers of the Manager, and ends all its sequences.
  public func off() { handlers.removeAll() }

  /// The handlers and sequences of an event, in the order in which they are called.
  public func listeners<Payload>(_ event: LifecycleEvent<Manager, Payload>) -> [Subscription] {
    handlers.subscriptions(event.key)
  }

  func add<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, once: Bool, _ handler: @escaping @Sendable (Payload) throws -> Void
  ) -> Subscription {
    handlers.add(event.key, once: once, handler)
  }

  // MARK: From the core

  /// Before a ping is dispatched. False while another one waits for that: it would tell the same.
  func awaitPing() -> Bool {
    pingWaits.withLock { waits in
      defer { waits = true }
      return !waits
    }
  }

  func dispatch(_ change: ManagerChange) {
    switch change {
    case .open: tell(.open, ())
    case .ping:
      pingWaits.withLock { $0 = false }
      tell(.ping, ())
    case .reconnectFailed: tell(.reconnectFailed, ())
    case .error(let error): tell(.error, error)
    case .reconnectError(let error): tell(.reconnectError, error)
    case .close(let reason): tell(.close, reason)
    case .upgrade(let transport): tell(.upgrade, transport)
    case .reconnectAttempt(let attempt): tell(.reconnectAttempt, attempt)
    case .reconnect(let attempt): tell(.reconnect, attempt)
    }
    handlers.dispatch(.changes, change) { log($0, of: .changes) }
  }

  /// There is no connection, and none will be made unless somebody asks for it.
  func dispatch(gaveUp error: SocketIOError) { tell(.gaveUp, error) }

  private func tell<Payload>(_ event: LifecycleEvent<Manager, Payload>, _ payload: Payload) {
    handlers.dispatch(event.key, payload) { log($0, of: event.key) }
  }

  private func log(_ error: any Error, of event: HandlerKey) {
    logger.record(.error, "a handler of \"\(event)\" threw: \(error)", [.event("\(event)")])
  }
}
