extension Socket {
  /// Registers an asynchronous handler. Its calls run in tasks of their own, so other handlers do not wait for them.
  ///
  ///     socket.on("order") { event in try await store.save(event.args) }
  ///
  /// Events whose calls have not finished count in ``SocketIOOptions/inboundBuffer``: a handler that is too slow slows
  /// down the server in the end. When the handler is removed, its running calls are cancelled, and those that wait are
  /// dropped. Errors are logged and reported by `.handlerError`.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - maxConcurrent: How many calls may run at the same time; further events wait for their turn. With 1, the
  ///     default, the calls run one after the other, in the order of the events.
  ///   - handler: Gets the event.
  @discardableResult
  public func on(
    _ event: String, maxConcurrent: Int = 1, _ handler: @escaping @Sendable (SocketEvent) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, maxConcurrent) { event in { try await handler(event) } }
  }

  /// Registers an asynchronous handler that gets the event's arguments decoded, as many as it takes:
  /// `socket.on("move") { (x: Int, y: Int) in await board.move(x, y) }`.
  @discardableResult
  public func on<each Argument: Decodable & Sendable>(
    _ event: String, maxConcurrent: Int = 1, _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, maxConcurrent) { event in
      var decoder = ArgumentDecoder(event)
      let arguments = (repeat try decoder.next((each Argument).self))
      return { try await handler(repeat each arguments) }
    }
  }

  /// Registers an asynchronous handler for an event that was declared once.
  @discardableResult
  public func on<each Argument: Decodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>, maxConcurrent: Int = 1,
    _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
  ) -> SocketSubscription {
    on(event.name, maxConcurrent: maxConcurrent, handler)
  }

  /// - Parameter prepare: Decodes the arguments, where handlers run, and returns the rest of the work.
  func addAsync(
    _ event: String, _ maxConcurrent: Int, _ prepare: @escaping @Sendable (SocketEvent) throws -> UnfinishedCall
  ) -> SocketSubscription {
    let tasks = HandlerTasks(limit: maxConcurrent, loop: io.core.loop)
    let handlerQueue = io.handlerQueue
    return add(event) { [weak self] event in
      let call = try prepare(event)
      let hold = InboundHold(handlerQueue, event)
      let name = event.name
      tasks.add(
        HandlerTasks.Call(body: call, hold: hold) { [weak self] error in
          guard let self else { return }
          handlerQueue.enqueue { self.report(HandlerFailure(event: name, error: error)) }
        })
      return nil
    }
  }
}
