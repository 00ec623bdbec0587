/// Calls that do not compile. Without these overloads the compiler would report something misleading; with them it says
/// what is wrong.
extension Socket {
  /// Does not compile: the event is one of the Manager.
  @available(*, unavailable, message: "this is an event of the Manager: register the handler with Socket.io")
  @_disfavoredOverload
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Manager, Payload>,
    _ handler: @escaping @isolated(any) @Sendable (Payload) async throws -> Void
  ) -> SocketSubscription {
    refused(event.key)
  }

  /// Does not compile: the event is one of the Manager.
  @available(*, unavailable, message: "this is an event of the Manager: register the handler with Socket.io")
  @_disfavoredOverload
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @isolated(any) @Sendable () async throws -> Void
  ) -> SocketSubscription {
    refused(event.key)
  }

  /// Does not compile: the event is one of the Manager.
  @available(*, unavailable, message: "this is an event of the Manager: register the handler with Socket.io")
  @_disfavoredOverload
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Manager, Payload>,
    _ handler: @escaping @isolated(any) @Sendable (Payload) async throws -> Void
  ) -> SocketSubscription {
    refused(event.key)
  }

  /// Does not compile: the event is one of the Manager.
  @available(*, unavailable, message: "this is an event of the Manager: register the handler with Socket.io")
  @_disfavoredOverload
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, _ handler: @escaping @isolated(any) @Sendable () async throws -> Void
  ) -> SocketSubscription {
    refused(event.key)
  }

  /// Does not compile: the handler takes another type than the event has.
  @available(
    *, unavailable,
    message: """
      the handler must take the event's type: .connect has a SocketConnection, .disconnect a Disconnection, \
      .connectError a SocketIOError, .handlerError a HandlerFailure
      """
  )
  @_disfavoredOverload
  @discardableResult
  public func on<Payload, Other>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @isolated(any) @Sendable (Other) async throws -> Void
  ) -> SocketSubscription {
    refused(event.key)
  }

  /// Does not compile: the handler takes another type than the event has.
  @available(
    *, unavailable,
    message: """
      the handler must take the event's type: .connect has a SocketConnection, .disconnect a Disconnection, \
      .connectError a SocketIOError, .handlerError a HandlerFailure
      """
  )
  @_disfavoredOverload
  @discardableResult
  public func once<Payload, Other>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @isolated(any) @Sendable (Other) async throws -> Void
  ) -> SocketSubscription {
    refused(event.key)
  }

  /// Does not compile: a request is answered.
  @available(*, unavailable, message: "this is a request: answer it with respond(to:)")
  @_disfavoredOverload
  public func events<Answer, each Argument>(
    _ request: TypedRequest<Answer, repeat each Argument>, buffering: EventBuffering = .newest(1_000)
  ) -> EventSequence<SocketEvent> {
    events(request.name, buffering: buffering)
  }

  /// A subscription without a handler.
  func refused(_ key: HandlerKey) -> SocketSubscription {
    SocketSubscription(key: key, id: 0, registry: handlers)
  }
}

extension Emitter {
  /// Does not compile: a request is answered.
  ///
  /// - Throws: Nothing, since it does not compile.
  @available(*, unavailable, message: "this is a request: emit it with emitWithAck")
  @_disfavoredOverload
  public func emit<Answer, each Argument, each Other>(
    _ request: TypedRequest<Answer, repeat each Argument>, _ arguments: repeat each Other,
    ack: (@Sendable (Result<SocketAnswer, SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {}

  /// Does not compile: the event has no answer.
  ///
  /// - Throws: Nothing, since it does not compile.
  @available(
    *, unavailable, message: "this event was declared without an answer: emit it with emit, or make it a TypedRequest"
  )
  @_disfavoredOverload
  public func emitWithAck<each Argument, each Other>(
    _ event: TypedEvent<repeat each Argument>, _ arguments: repeat each Other, timeout: Duration? = nil
  ) async throws(SocketIOError) -> SocketValue {
    .null
  }
}
