extension Socket {
  /// Registers an asynchronous handler. Its calls run in tasks of their own, so other handlers do not wait for them.
  ///
  ///     socket.on("order") { event in try await store.save(event.args) }
  ///
  /// Events whose calls have not finished count in ``SocketIOOptions/inboundBuffer``: a handler that is too slow slows
  /// down the server in the end. When the handler is removed, its running calls are cancelled, and those that wait are
  /// dropped. After ``disconnect()`` the running calls finish, and those that wait are dropped. Errors are logged and
  /// reported by `.handlerError`.
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

  // MARK: Adding

  func addAsync(
    _ event: String, _ maxConcurrent: Int = 1, once: Bool = false, _ handler: @escaping AsyncHandler<SocketEvent>
  ) -> SocketSubscription {
    add(event, once: once, asynchronous(maxConcurrent, once: once, handler))
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
    io.handlerQueue.enqueue { if isOfFailures { self.log(failure) } else { self.report(failure) } }
  }
}
