import Logging

extension Socket {
  /// Registers a handler for an event. Handlers of one event run in the order in which they were registered, where the option
  /// `delivery` says.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - handler: May throw and may block: an error is logged, and nothing but the handlers behind it waits.
  @discardableResult
  public func on(_ event: String, _ handler: @escaping @Sendable (SocketEvent) throws -> Void) -> Subscription {
    add(event, once: false, handler)
  }

  /// Registers a handler for the next occurrence of an event only.
  @discardableResult
  public func once(_ event: String, _ handler: @escaping @Sendable (SocketEvent) throws -> Void) -> Subscription {
    add(event, once: true, handler)
  }

  /// Registers a handler that gets the event's first argument, decoded. An argument that cannot be decoded is logged.
  @discardableResult
  public func on<T: Decodable & Sendable>(
    _ event: String, as type: T.Type, _ handler: @escaping @Sendable (T) throws -> Void
  ) -> Subscription {
    add(event, once: false) { try handler($0.decode(type)) }
  }

  /// Registers a handler of the Socket's own events: `.connect`, `.disconnect`, `.connectError`.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @Sendable (Payload) throws -> Void
  ) -> Subscription {
    add(event, once: false, handler)
  }

  /// Registers a handler that does not look at what the event carries.
  @discardableResult
  public func on<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @Sendable () throws -> Void
  ) -> Subscription {
    add(event, once: false) { _ in try handler() }
  }

  /// Registers a handler for the next occurrence only.
  @discardableResult
  public func once<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ handler: @escaping @Sendable (Payload) throws -> Void
  ) -> Subscription {
    add(event, once: true, handler)
  }

  /// Registers a handler of every event from the server, called before the event's own. The Socket's own events are not
  /// among them.
  @discardableResult
  public func onAny(_ handler: @escaping @Sendable (SocketEvent) throws -> Void) -> Subscription {
    anyHandlers.add("", once: false) { [logger = io.logger, namespace] payload in
      guard let event = payload as? SocketEvent else { return }
      Self.run(logger, namespace, event.name) { try handler(event) }
    }
  }

  /// Takes off all handlers of an event.
  public func off(_ event: String) { handlers.removeAll(event) }

  /// Takes off all handlers of one of the Socket's own events.
  public func off<Payload>(_ event: LifecycleEvent<Socket, Payload>) { handlers.removeAll(event.name) }

  /// Takes off one handler.
  public func off(_ subscription: Subscription) { subscription.cancel() }

  /// Takes off all handlers, those of ``onAny(_:)`` excepted.
  public func off() { handlers.removeAll() }

  /// Takes off all handlers of ``onAny(_:)``.
  public func offAny() { anyHandlers.removeAll() }

  private func add(
    _ event: String, once: Bool, _ handler: @escaping @Sendable (SocketEvent) throws -> Void
  ) -> Subscription {
    handlers.add(event, once: once) { [logger = io.logger, namespace] payload in
      let arguments = (payload as? any LifecyclePayload)?.eventArguments
      guard let event = payload as? SocketEvent ?? arguments.map({ SocketEvent([.string(event)] + $0, ack: nil) })
      else {
        return
      }
      Self.run(logger, namespace, event.name) { try handler(event) }
    }
  }

  private func add<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, once: Bool, _ handler: @escaping @Sendable (Payload) throws -> Void
  ) -> Subscription {
    handlers.add(event.name, once: once) { [logger = io.logger, namespace] payload in
      guard let payload = payload as? Payload else { return }
      Self.run(logger, namespace, event.name) { try handler(payload) }
    }
  }

  private static func run(_ logger: Logger, _ namespace: String, _ event: String, _ handler: () throws -> Void) {
    do {
      try handler()
    } catch {
      logger.error(
        "a handler of \"\(event)\" threw: \(error)", metadata: ["sio.namespace": "\(namespace)"])
    }
  }
}
