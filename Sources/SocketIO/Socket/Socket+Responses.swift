extension Socket {
  /// Answers an event with what the handler returns: `socket.respond(to: "add") { (x: Int, y: Int) in x + y }`.
  ///
  /// The handler runs as those of `on` do. It gets the event's arguments decoded, as many as it takes. If the server
  /// asks for an acknowledgement, the returned value is its only argument. If several handlers answer the same event,
  /// the first answer counts.
  ///
  /// If the handler throws, an argument cannot be decoded or the value cannot be encoded, there is no answer: the
  /// protocol has no failed acknowledgement, so the server's acknowledgement times out. The error is logged and
  /// reported by `.handlerError`. To tell the server more, catch the error in the handler and return a value that the
  /// server understands.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
    to event: String, _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Answer
  ) -> SocketSubscription {
    add(event, registeredHandler(decoding: handler) { event, answer in try event.answer(answer) })
  }

  /// Answers an event when the handler returns, without a value.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable>(
    to event: String, _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Void
  ) -> SocketSubscription {
    add(event, registeredHandler(decoding: handler) { event, _ in try event.answer() })
  }

  /// Answers an event with what the asynchronous handler returns.
  ///
  /// Every call runs in its own task, so neither other handlers nor further events wait. Calls overlap, and answers are
  /// sent as they become ready. An answer that is not ready before the connection is lost is dropped. Calls are
  /// cancelled when the handler is removed.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - maxConcurrent: How many calls may run at the same time; further events wait for their turn. 1 makes them run
  ///     one after the other. No limit by default.
  ///   - handler: Gets the event's arguments decoded, and returns the answer.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
    to event: String, maxConcurrent: Int = .max,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) async throws -> Answer
  ) -> SocketSubscription {
    addAsync(event, maxConcurrent, preparedHandler(decoding: handler) { event, answer in try event.answer(answer) })
  }

  /// Answers an event without a value when the asynchronous handler returns.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable>(
    to event: String, maxConcurrent: Int = .max,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) async throws -> Void
  ) -> SocketSubscription {
    addAsync(event, maxConcurrent, preparedHandler(decoding: handler) { event, _ in try event.answer() })
  }

  // MARK: Declared once

  /// Answers a request that was declared once. The handler takes arguments and returns an answer of the declared types:
  /// `socket.respond(to: Chat.history) { count in … }`.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
    to request: TypedRequest<Answer, repeat each Argument>,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Answer
  ) -> SocketSubscription {
    respond(to: request.name, handler)
  }

  /// Answers a request that was declared once without an answer, `answer: Void.self`, when the handler returns.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable>(
    to request: TypedRequest<Void, repeat each Argument>,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Void
  ) -> SocketSubscription {
    respond(to: request.name, handler)
  }

  /// Answers a request that was declared once without an answer when the asynchronous handler returns.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable>(
    to request: TypedRequest<Void, repeat each Argument>, maxConcurrent: Int = .max,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) async throws -> Void
  ) -> SocketSubscription {
    respond(to: request.name, maxConcurrent: maxConcurrent, handler)
  }

  /// Answers a request that was declared once with what the asynchronous handler returns, in a task of its own.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
    to request: TypedRequest<Answer, repeat each Argument>, maxConcurrent: Int = .max,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) async throws -> Answer
  ) -> SocketSubscription {
    respond(to: request.name, maxConcurrent: maxConcurrent, handler)
  }
}

extension SocketEvent {
  fileprivate func answer<each Argument: Encodable & Sendable>(
    _ arguments: repeat each Argument
  ) throws(SocketIOError) {
    try ack?.answer(repeat each arguments, of: "the answer to \"\(name)\"")
  }
}
