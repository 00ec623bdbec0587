/// Calls that do not compile. Without these overloads the compiler would report something misleading; with them it says
/// what is wrong.
extension Socket {
  /// Does not compile: the event is one of the Manager.
  @available(*, unavailable, message: "this is an event of the Manager: register the handler with Socket.io")
  @_disfavoredOverload
  @discardableResult
  public func on<Payload, each Argument>(
    _ event: LifecycleEvent<Manager, Payload>,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Void
  ) -> SocketSubscription {
    refused(event.key)
  }

  /// Does not compile: the event is one of the Manager.
  @available(*, unavailable, message: "this is an event of the Manager: register the handler with Socket.io")
  @_disfavoredOverload
  @discardableResult
  public func once<Payload, each Argument>(
    _ event: LifecycleEvent<Manager, Payload>,
    _ handler: @escaping @isolated(any) @Sendable (repeat each Argument) throws -> Void
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
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @isolated(any) @Sendable (Other) throws -> Void
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
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @isolated(any) @Sendable (Other) throws -> Void
  ) -> SocketSubscription {
    refused(event.key)
  }

  /// A subscription without a handler.
  func refused(_ key: HandlerKey) -> SocketSubscription {
    SocketSubscription(key: key, id: 0, registry: handlers)
  }
}
