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

/// Whether a call of a handler still takes place, since `disconnect()` may have been called after the event arrived.
struct HandlerCondition: Sendable {
  /// For events that a `disconnect()` does not take back.
  static let always = HandlerCondition(state: nil, epoch: 0)

  private let state: PublishedSocketState?
  private let epoch: UInt32
  private var whenAsked: (@Sendable (_ holds: Bool) -> Void)?

  /// Holds until `disconnect()` is called after the epoch.
  init(_ state: PublishedSocketState, epoch: UInt32) { self.init(state: state, epoch: epoch) }

  private init(state: PublishedSocketState?, epoch: UInt32) { (self.state, self.epoch) = (state, epoch) }

  /// The same condition, for one call.
  func notifying(_ body: @escaping @Sendable (_ holds: Bool) -> Void) -> HandlerCondition {
    var condition = self
    condition.whenAsked = body
    return condition
  }

  /// Asked once, right before the call.
  func isMet() -> Bool {
    let holds = state?.isCurrent(epoch) ?? true
    whenAsked?(holds)
    return holds
  }
}

/// The rest of a handler's call, which runs on the actor to which the handler is isolated.
typealias UnfinishedCall = @Sendable () async throws -> Void

/// A registered handler. It asks the condition right before it calls the user's function. Returns nil if it has finished,
/// otherwise the rest of the call.
typealias RegisteredHandler<Payload> = @Sendable (Payload, HandlerCondition) throws -> UnfinishedCall?

/// Makes a call on an actor, so that the condition that the call asks cannot change before the handler begins.
func onActor<Result: Sendable>(
  _ isolation: (any Actor)?, _ call: @Sendable (isolated (any Actor)?) async throws -> Result
) async throws -> Result { try await call(isolation) }

/// - Returns: A handler that passes on its payload.
func registeredHandler<Payload: Sendable>(
  _ body: @escaping @isolated(any) @Sendable (Payload) throws -> Void
) -> RegisteredHandler<Payload> {
  guard let nonisolated = HandlerFunction<Void, Payload>(body: body).nonisolated else {
    return { payload, condition in
      { try await onActor(body.isolation) { _ in if condition.isMet() { try await body(payload) } } }
    }
  }
  return { payload, condition in
    if condition.isMet() { try nonisolated(payload) }
    return nil
  }
}

/// - Returns: A handler that passes on the event. The general function above would call it through several thunks.
func registeredHandler(
  _ body: @escaping @isolated(any) @Sendable (SocketEvent) throws -> Void
) -> RegisteredHandler<SocketEvent> {
  guard body.isolation == nil else {
    return { event, condition in
      { try await onActor(body.isolation) { _ in if condition.isMet() { try await body(event) } } }
    }
  }
  struct Isolated { let body: @isolated(any) @Sendable (SocketEvent) throws -> Void }
  struct Nonisolated { let body: @Sendable (SocketEvent) throws -> Void }
  let nonisolated = unsafeBitCast(Isolated(body: body), to: Nonisolated.self)  // As in ``HandlerFunction``.
  return { event, condition in
    if condition.isMet() { try nonisolated.body(event) }
    return nil
  }
}

/// - Returns: A handler that ignores its payload.
func registeredHandler<Payload>(
  ignoring payload: Payload.Type, _ body: @escaping @isolated(any) @Sendable () throws -> Void
) -> RegisteredHandler<Payload> {
  guard let nonisolated = HandlerFunction<Void>(body: body).nonisolated else {
    return { _, condition in
      { try await onActor(body.isolation) { _ in if condition.isMet() { try await body() } } }
    }
  }
  return { _, condition in
    if condition.isMet() { try nonisolated() }
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
    return { event, condition in
      var decoder = ArgumentDecoder(event)
      let arguments = (repeat try decoder.next((each Argument).self))
      return {
        let result: Answer? = try await onActor(body.isolation) { _ in
          condition.isMet() ? .some(try await body(repeat each arguments)) : nil
        }
        if let result { try answer(event, result) }
      }
    }
  }
  return { event, condition in
    guard condition.isMet() else { return nil }
    var decoder = ArgumentDecoder(event)
    try answer(event, try nonisolated(repeat try decoder.next((each Argument).self)))
    return nil
  }
}

/// An asynchronous handler as it is registered: what has to be done where handlers run, before the returned call.
typealias AsyncHandler<Payload> = @Sendable (Payload, HandlerCondition) throws -> UnfinishedCall

/// - Returns: A handler that passes on its payload.
func preparedHandler<Payload: Sendable>(
  _ body: @escaping @isolated(any) @Sendable (Payload) async throws -> Void
) -> AsyncHandler<Payload> {
  { payload, condition in
    { try await onActor(body.isolation) { _ in if condition.isMet() { try await body(payload) } } }
  }
}

/// - Returns: A handler that ignores its payload.
func preparedHandler<Payload>(
  ignoring payload: Payload.Type, _ body: @escaping @isolated(any) @Sendable () async throws -> Void
) -> AsyncHandler<Payload> {
  { _, condition in
    { try await onActor(body.isolation) { _ in if condition.isMet() { try await body() } } }
  }
}

/// - Parameter answer: Gets what the body returns.
/// - Returns: A handler that decodes the event's arguments where handlers run.
func preparedHandler<Answer: Sendable, each Argument: Decodable & Sendable>(
  decoding body: @escaping @isolated(any) @Sendable (repeat each Argument) async throws -> Answer,
  answer: @escaping @Sendable (SocketEvent, Answer) throws -> Void = { _, _ in }
) -> AsyncHandler<SocketEvent> {
  { event, condition in
    var decoder = ArgumentDecoder(event)
    let arguments = (repeat try decoder.next((each Argument).self))
    return {
      let result: Answer? = try await onActor(body.isolation) { _ in
        condition.isMet() ? .some(try await body(repeat each arguments)) : nil
      }
      if let result { try answer(event, result) }
    }
  }
}
