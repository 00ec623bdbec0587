import Logging

extension Manager {
  /// Registers a handler for one of the Manager's own events, such as `.reconnectAttempt`. The option `delivery` sets
  /// where handlers run. Errors they throw are logged and do not affect the connection.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @isolated(any) @Sendable (Payload) throws -> Void
  ) -> SocketSubscription {
    add(event, once: false, registeredHandler(handler))
  }

  /// Registers a handler that ignores the event's payload.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @isolated(any) @Sendable () throws -> Void
  ) -> SocketSubscription {
    add(event, once: false, registeredHandler(ignoring: Payload.self, handler))
  }

  /// Registers a handler for the next occurrence only.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @isolated(any) @Sendable (Payload) throws -> Void
  ) -> SocketSubscription {
    add(event, once: true, registeredHandler(handler))
  }

  /// Registers a handler for the next occurrence only that ignores the event's payload.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @isolated(any) @Sendable () throws -> Void
  ) -> SocketSubscription {
    add(event, once: true, registeredHandler(ignoring: Payload.self, handler))
  }

  /// Removes all handlers of an event, and ends its sequences.
  public func off<Payload>(_ event: LifecycleEvent<Manager, Payload>) { handlers.removeAll(event.key) }

  /// Removes one handler, as ``SocketSubscription/cancel()`` does.
  public func off(_ subscription: SocketSubscription) { subscription.cancel() }

  /// Removes all handlers of the Manager, and ends all its sequences.
  public func off() { handlers.removeAll() }

  /// The handlers and sequences of an event, in the order in which they are called.
  public func listeners<Payload>(_ event: LifecycleEvent<Manager, Payload>) -> [SocketSubscription] {
    handlers.subscriptions(event.key)
  }

  func add<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, once: Bool, _ handler: @escaping RegisteredHandler<Payload>
  ) -> SocketSubscription {
    handlers.add(event.key, once: once, handler)
  }

  // MARK: From the core

  /// Called before a ping is queued for the handlers. False while another ping waits there: one report is enough.
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
    call(.changes, change)
  }

  /// There is no connection, and the Manager will not try again by itself.
  func dispatch(gaveUp error: SocketIOError) { tell(.gaveUp, error) }

  private func tell<Payload>(_ event: LifecycleEvent<Manager, Payload>, _ payload: Payload) {
    call(event.key, payload)
  }

  private func call(_ key: HandlerKey, _ payload: some Sendable) {
    if handlerQueue.isPaused { return handlerQueue.afterPause { self.call(key, payload) } }
    guard let rest = handlers.dispatch(key, .other(payload)) else { return }
    handlerQueue.finish(rest) { error in
      self.log(error, of: key)
      return false
    }
  }

  func log(_ error: any Error, of event: HandlerKey) {
    logger.record(.error, "a handler of \"\(event)\" threw: \(error)", [.event("\(event)")])
  }
}
