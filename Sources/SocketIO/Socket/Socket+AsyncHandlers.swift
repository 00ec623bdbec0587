extension Socket {
  /// Registers an asynchronous handler. Its calls run in tasks of their own, so other handlers do not wait for them.
  ///
  ///     socket.on("order") { event in try await store.save(event.args) }
  ///
  /// Events whose calls have not finished count in ``SocketIOOptions/inboundBuffer``: a handler that is too slow slows
  /// down the server in the end. When the handler is removed or the Socket is freed, its running calls are cancelled,
  /// and those that wait are dropped. After ``disconnect()`` the running calls finish, and those that wait are dropped
  /// in their turn. Errors are logged and reported by `.handlerError`.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - maxConcurrent: How many calls may run at the same time; further events wait for their turn. With 1, the
  ///     default, the calls run one after the other, in the order of the events.
  ///   - handler: Gets the event.
  @discardableResult
  public func on(
    _ event: String, maxConcurrent: Int = 1,
    _ handler: @escaping @isolated(any) @Sendable (SocketEvent) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, maxConcurrent, preparedHandler(handler))
  }

  /// Registers an asynchronous handler that gets the event's arguments decoded, as many as it takes:
  /// `socket.on("move") { (x: Int, y: Int) in await board.move(x, y) }`.
  @discardableResult
  public func on<each Argument: Decodable & Sendable>(
    _ event: String, maxConcurrent: Int = 1,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, maxConcurrent, preparedHandler(decoding: handler))
  }

  /// Registers an asynchronous handler for an event that was declared once.
  @discardableResult
  public func on<each Argument: Decodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>, maxConcurrent: Int = 1,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event.name, maxConcurrent, preparedHandler(decoding: handler))
  }

  // MARK: For one event

  /// Registers an asynchronous handler for the next occurrence of an event only. Its call finishes even if the handler
  /// is removed meanwhile.
  @discardableResult
  public func once(
    _ event: String, _ handler: @escaping @isolated(any) @Sendable (SocketEvent) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, once: true, preparedHandler(handler))
  }

  /// Registers an asynchronous handler that gets the next event's arguments decoded. An event that cannot be decoded
  /// counts as the next.
  @discardableResult
  public func once<each Argument: Decodable & Sendable>(
    _ event: String, _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, once: true, preparedHandler(decoding: handler))
  }

  /// Registers an asynchronous handler for the next occurrence of an event that was declared once.
  @discardableResult
  public func once<each Argument: Decodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event.name, once: true, preparedHandler(decoding: handler))
  }

  // MARK: The Socket's own events

  /// Registers an asynchronous handler for the Socket's own events:
  /// `socket.on(.connect) { connection in await model.connected(as: connection.id) }`.
  ///
  /// Its calls run in tasks, so the Socket may have been lost or connected again when one begins.
  ///
  /// - Parameters:
  ///   - event: The event.
  ///   - maxConcurrent: How many calls may run at the same time.
  ///   - handler: Gets what the event has.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, maxConcurrent: Int = 1,
    _ handler: @escaping @isolated(any) @Sendable (Payload) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, maxConcurrent, preparedHandler(handler))
  }

  /// Registers an asynchronous handler that takes no arguments.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, maxConcurrent: Int = 1,
    _ handler: @escaping @isolated(any) @Sendable () async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, maxConcurrent, preparedHandler(ignoring: Payload.self, handler))
  }

  /// Registers an asynchronous handler for the next occurrence only.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Socket, Payload>,
    _ handler: @escaping @isolated(any) @Sendable (Payload) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, once: true, preparedHandler(handler))
  }

  /// Registers an asynchronous handler without arguments for the next occurrence only.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @isolated(any) @Sendable () async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, once: true, preparedHandler(ignoring: Payload.self, handler))
  }

  // MARK: Every event

  /// Registers an asynchronous handler for every event from the server.
  @discardableResult
  public func onAny(
    maxConcurrent: Int = 1, _ handler: @escaping @isolated(any) @Sendable (SocketEvent) async throws -> Void
  ) -> SocketSubscription {
    handlers.add(.any, ofEvents: asynchronous(maxConcurrent, once: false, preparedHandler(handler)))
  }

  // MARK: Adding

  func addAsync(
    _ event: String, _ maxConcurrent: Int = 1, once: Bool = false, _ handler: @escaping AsyncHandler<SocketEvent>
  ) -> SocketSubscription {
    add(event, once: once, asynchronous(maxConcurrent, once: once, handler))
  }

  private func addAsync<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ maxConcurrent: Int = 1, once: Bool = false,
    _ handler: @escaping AsyncHandler<Payload>
  ) -> SocketSubscription {
    let key = event.key
    return add(
      event, once: once,
      asyncHandler(
        HandlerTasks(limit: maxConcurrent, loop: io.core.loop), keepsTasks: once, hold: { _ in nil },
        onError: { [weak self] error, _ in self?.reportLater(error, of: "\(key)", isOfFailures: key == .failures) },
        handler))
  }

  private func asynchronous(
    _ maxConcurrent: Int, once: Bool, _ handler: @escaping AsyncHandler<SocketEvent>
  ) -> RegisteredHandler<SocketEvent> {
    let handlerQueue = io.handlerQueue
    return asyncHandler(
      HandlerTasks(limit: maxConcurrent, loop: io.core.loop), keepsTasks: once,
      hold: { event in InboundHold(handlerQueue, event) },
      onError: { [weak self] error, event in self?.reportLater(error, of: event.name, isOfFailures: false) }, handler)
  }

  /// - Parameter isOfFailures: Whether the handler is one for failures, whose own are only logged.
  private func reportLater(_ error: any Error, of event: String, isOfFailures: Bool) {
    let failure = HandlerFailure(event: event, error: error)
    // Holds the Socket, whose handlers get the error.
    io.handlerQueue.enqueue {
      if isOfFailures { self.dispatcher.log(failure) } else { self.dispatcher.report(failure) }
    }
  }
}

extension Manager {
  /// Registers an asynchronous handler for one of the Manager's own events, such as `.reconnect`. Its calls run in
  /// tasks of their own, so nothing waits for them: not other handlers, and no reconnection attempt for those of
  /// `.reconnectAttempt`. To set options for an attempt, use a handler that is not asynchronous, and for credentials
  /// `auth` with a closure.
  ///
  /// - Parameters:
  ///   - event: The event.
  ///   - maxConcurrent: How many calls may run at the same time. With 1, the default, they run one after the other.
  ///   - handler: Gets what the event has. Errors are logged.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, maxConcurrent: Int = 1,
    _ handler: @escaping @isolated(any) @Sendable (Payload) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, maxConcurrent, preparedHandler(handler))
  }

  /// Registers an asynchronous handler that ignores the event's payload.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, maxConcurrent: Int = 1,
    _ handler: @escaping @isolated(any) @Sendable () async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, maxConcurrent, preparedHandler(ignoring: Payload.self, handler))
  }

  /// Registers an asynchronous handler for the next occurrence only.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Manager, Payload>,
    _ handler: @escaping @isolated(any) @Sendable (Payload) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, once: true, preparedHandler(handler))
  }

  /// Registers an asynchronous handler for the next occurrence only that ignores the event's payload.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @isolated(any) @Sendable () async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, once: true, preparedHandler(ignoring: Payload.self, handler))
  }

  private func addAsync<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ maxConcurrent: Int = 1, once: Bool = false,
    _ handler: @escaping AsyncHandler<Payload>
  ) -> SocketSubscription {
    let key = event.key
    return add(
      event, once: once,
      asyncHandler(
        HandlerTasks(limit: maxConcurrent, loop: core.loop), keepsTasks: once, hold: { _ in nil },
        onError: { [weak self] error, _ in self?.log(error, of: key) }, handler))
  }
}
