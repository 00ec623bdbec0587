/// A handler of the user's. It may be isolated to a global actor, as `{ @MainActor event in … }` is.
struct HandlerFunction<Result: Sendable, each Argument: Sendable>: Sendable {
  /// A function that may be called on any thread, without `await`.
  struct Nonisolated: Sendable {
    fileprivate let body: @Sendable (repeat each Argument) throws -> Result

    func callAsFunction(_ arguments: repeat each Argument) throws -> Result { try body(repeat each arguments) }
  }

  let body: @isolated(any) @Sendable (repeat each Argument) throws -> Result

  /// The function as one that can be called on any thread; nil if it is isolated to an actor.
  ///
  /// The language has no such conversion. The cast is sound, since isolation does not change a function's
  /// representation: `MainActor.assumeIsolated` of the standard library casts in the same way.
  var nonisolated: Nonisolated? {
    body.isolation == nil ? unsafeBitCast(self, to: Nonisolated.self) : nil
  }
}

/// The rest of a handler's call, which runs on the actor to which the handler is isolated.
typealias UnfinishedCall = @Sendable () async throws -> Void

/// A registered handler. Returns nil if it has finished, otherwise the rest of the call.
typealias RegisteredHandler<Payload> = @Sendable (Payload) throws -> UnfinishedCall?

/// - Returns: A handler that passes on its payload.
func registeredHandler<Payload: Sendable>(
  _ body: @escaping @isolated(any) @Sendable (Payload) throws -> Void
) -> RegisteredHandler<Payload> {
  guard let nonisolated = HandlerFunction<Void, Payload>(body: body).nonisolated else {
    return { payload in { try await body(payload) } }
  }
  return { payload in
    try nonisolated(payload)
    return nil
  }
}

/// - Returns: A handler that passes on the event. The general function above would call it through several thunks.
func registeredHandler(
  _ body: @escaping @isolated(any) @Sendable (SocketEvent) throws -> Void
) -> RegisteredHandler<SocketEvent> {
  guard body.isolation == nil else { return { event in { try await body(event) } } }
  struct Isolated { let body: @isolated(any) @Sendable (SocketEvent) throws -> Void }
  struct Nonisolated { let body: @Sendable (SocketEvent) throws -> Void }
  let nonisolated = unsafeBitCast(Isolated(body: body), to: Nonisolated.self)  // As in ``HandlerFunction``.
  return { event in
    try nonisolated.body(event)
    return nil
  }
}

/// - Returns: A handler that ignores its payload.
func registeredHandler<Payload>(
  ignoring payload: Payload.Type, _ body: @escaping @isolated(any) @Sendable () throws -> Void
) -> RegisteredHandler<Payload> {
  guard let nonisolated = HandlerFunction<Void>(body: body).nonisolated else { return { _ in { try await body() } } }
  return { _ in
    try nonisolated()
    return nil
  }
}

/// - Parameter answer: Gets what the body returns.
/// - Returns: A handler that decodes the event's arguments where handlers run, and then calls the body.
func registeredHandler<Answer: Sendable, each Argument: Decodable & Sendable>(
  decoding body: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Answer,
  answer: @escaping @Sendable (SocketEvent, Answer) throws -> Void = { _, _ in }
) -> RegisteredHandler<SocketEvent> {
  guard let nonisolated = HandlerFunction<Answer, repeat each Argument>(body: body).nonisolated else {
    return { event in
      var decoder = ArgumentDecoder(event)
      let arguments = (repeat try decoder.next((each Argument).self))
      return { try answer(event, try await body(repeat each arguments)) }
    }
  }
  return { event in
    var decoder = ArgumentDecoder(event)
    try answer(event, try nonisolated(repeat try decoder.next((each Argument).self)))
    return nil
  }
}
