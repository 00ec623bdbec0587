/// Handlers of another type than a ``TypedEvent`` or ``TypedRequest`` says. Without these overloads the compiler would
/// say that the declaration is no `String`.
extension Socket {
  /// Does not compile: the handler has another type than the declaration says. The error names that type, since a
  /// function type that is not `@Sendable` does not conform to `Sendable`.
  @available(swift, introduced: 6)
  @_disfavoredOverload
  @discardableResult
  public func on<Event: EventDeclaration, each Other>(
    _ event: Event, maxConcurrent: Int = 1,
    _ handler: @escaping @Sendable (repeat each Other) async throws -> Void
  ) -> SocketSubscription where Event.Answer == Never, Event.ExpectedHandler: Sendable {
    refused(.failures)
  }

  /// Does not compile: the handler has another type than the declaration says. For Swift 5, whose error cannot name the
  /// type.
  @available(*, unavailable, message: "the handler must take the types that the event was declared with")
  @_disfavoredOverload
  @discardableResult
  public func on<each Argument, each Other>(
    _ event: TypedEvent<repeat each Argument>, maxConcurrent: Int = 1,
    _ handler: @escaping @Sendable (repeat each Other) async throws -> Void
  ) -> SocketSubscription {
    refused(.event(event.name))
  }

  /// Does not compile: the event is a request, which has an answer.
  @available(*, unavailable, message: "this is a request: answer it with respond(to:)")
  @_disfavoredOverload
  @discardableResult
  public func on<Answer, each Argument, each Other, Result>(
    _ request: TypedRequest<Answer, repeat each Argument>,
    _ handler: @escaping @Sendable (repeat each Other) async throws -> Result
  ) -> SocketSubscription {
    refused(.event(request.name))
  }

  /// Does not compile: the handler has another type than the declaration says. The error names that type, since a
  /// function type that is not `@Sendable` does not conform to `Sendable`.
  @available(swift, introduced: 6)
  @_disfavoredOverload
  @discardableResult
  public func once<Event: EventDeclaration, each Other>(
    _ event: Event,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Other) throws -> Void
  ) -> SocketSubscription where Event.Answer == Never, Event.ExpectedHandler: Sendable {
    refused(.failures)
  }

  /// Does not compile: the handler has another type than the declaration says. In Swift 5, where the error cannot name
  /// it.
  @available(*, unavailable, message: "the handler must take the types that the event was declared with")
  @_disfavoredOverload
  @discardableResult
  public func once<each Argument, each Other>(
    _ event: TypedEvent<repeat each Argument>,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Other) throws -> Void
  ) -> SocketSubscription {
    refused(.event(event.name))
  }

  /// Does not compile: the handler has another type than the declaration says. The error names that type, since a
  /// function type that is not `@Sendable` does not conform to `Sendable`.
  @available(swift, introduced: 6)
  @_disfavoredOverload
  @discardableResult
  public func respond<Request: RequestDeclaration, each Other, OtherAnswer>(
    to request: Request, maxConcurrent: Int = .max,
    _ handler: @escaping @Sendable (repeat each Other) async throws -> OtherAnswer
  ) -> SocketSubscription where Request.ExpectedHandler: Sendable {
    refused(.failures)
  }

  /// Does not compile: the handler has another type than the declaration says. In Swift 5, where the error cannot name
  /// it.
  @available(
    *, unavailable,
    message: "the handler must take the types that the event was declared with, and return those of its answer"
  )
  @_disfavoredOverload
  @discardableResult
  public func respond<Answer, each Argument, each Other, OtherAnswer>(
    to request: TypedRequest<Answer, repeat each Argument>, maxConcurrent: Int = .max,
    _ handler: @escaping @Sendable (repeat each Other) async throws -> OtherAnswer
  ) -> SocketSubscription {
    refused(.event(request.name))
  }

  /// Does not compile: the event has no answer.
  @available(
    *, unavailable,
    message: "this event was declared without an answer: register the handler with on, or make it a TypedRequest"
  )
  @_disfavoredOverload
  @discardableResult
  public func respond<each Argument, Answer>(
    to event: TypedEvent<repeat each Argument>, maxConcurrent: Int = .max,
    _ handler: @escaping @Sendable (repeat each Argument) async throws -> Answer
  ) -> SocketSubscription {
    refused(.event(event.name))
  }
}
