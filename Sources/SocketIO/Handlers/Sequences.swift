import Logging

extension Socket {
  /// The events of a name, as an asynchronous sequence that listens from now on. If the server asks for an
  /// acknowledgement, answer with the event's ``SocketEvent/ack``.
  public func events(_ event: String, buffering: EventBuffering = .newest(1_000)) -> EventSequence<SocketEvent> {
    sequence(event, buffering) { feed in add(event, registeredHandler({ event in feed(event, event) })) }
  }

  /// The decoded arguments of the events of a name: one as itself, several as a tuple.
  ///
  ///     for await (x, y) in socket.events("move", as: Int.self, Int.self) { … }
  ///
  /// Missing arguments decode like null; those beyond the last type are ignored. An event that cannot be decoded is
  /// left out: the error is logged and reported by `.handlerError`.
  public func events<each Argument: Decodable & Sendable>(
    _ event: String, as types: repeat (each Argument).Type, buffering: EventBuffering = .newest(1_000)
  ) -> EventSequence<(repeat each Argument)> {
    sequence(event, buffering) { feed in
      add(event) { event, _ in
        var arguments = ArgumentDecoder(event)
        feed((repeat try arguments.next((each Argument).self)), event)
        return nil
      }
    }
  }

  /// The arguments of an event that was declared once: one as itself, several as a tuple. An event that cannot be
  /// decoded is left out: the error is logged and reported by `.handlerError`.
  public func events<each Argument: Decodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>, buffering: EventBuffering = .newest(1_000)
  ) -> EventSequence<(repeat each Argument)> {
    events(event.name, as: repeat (each Argument).self, buffering: buffering)
  }

  /// Every event from the server, as an asynchronous sequence that listens from now on.
  public func events(buffering: EventBuffering = .newest(1_000)) -> EventSequence<SocketEvent> {
    sequence("\(HandlerKey.any)", buffering) { feed in
      handlers.add(.any, ofEvents: registeredHandler({ event in feed(event, event) }))
    }
  }

  /// One of the Socket's own events, such as `.connect`, as an asynchronous sequence that listens from now on.
  public func events<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, buffering: EventBuffering = .newest(1_000)
  ) -> EventSequence<Payload> {
    sequence("\(event.key)", buffering) { feed in add(event, registeredHandler({ payload in feed(payload, nil) })) }
  }

  /// The changes of the connection, in order: `connect`, `disconnect` and `connectError` in one sequence that listens
  /// from now on.
  public func changes(buffering: EventBuffering = .newest(1_000)) -> EventSequence<SocketChange> {
    sequence("\(HandlerKey.changes)", buffering) { feed in
      handlers.add(.changes, registeredHandler({ payload in feed(payload, nil) }))
    }
  }

  private func sequence<Element>(
    _ name: String, _ buffering: EventBuffering,
    _ register: (@escaping @Sendable (Element, SocketEvent?) -> Void) -> SocketSubscription
  ) -> EventSequence<Element> {
    EventSequence(name, buffering, io.handlerQueue, io.logger, [.namespace(namespace)], register)
  }
}

extension Manager {
  /// One of the Manager's own events, such as `.reconnectAttempt`, as an asynchronous sequence that listens from now
  /// on.
  ///
  /// Readers are not handlers: a reconnection attempt waits for the handlers of `.reconnectAttempt`, but not for
  /// readers.
  public func events<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, buffering: EventBuffering = .newest(1_000)
  ) -> EventSequence<Payload> {
    sequence(event.key, buffering) { feed in
      add(event, once: false, registeredHandler({ payload in feed(payload, nil) }))
    }
  }

  /// The changes of the connection, in order: all events of the Manager in one sequence that listens from now on.
  public func changes(buffering: EventBuffering = .newest(1_000)) -> EventSequence<ManagerChange> {
    sequence(.changes, buffering) { feed in handlers.add(.changes, registeredHandler({ payload in feed(payload, nil) }))
    }
  }

  private func sequence<Element>(
    _ key: HandlerKey, _ buffering: EventBuffering,
    _ register: (@escaping @Sendable (Element, SocketEvent?) -> Void) -> SocketSubscription
  ) -> EventSequence<Element> {
    EventSequence("\(key)", buffering, handlerQueue, logger, [], register)
  }
}

extension EventSequence {
  /// - Parameters:
  ///   - name: The name of the sequence, for the log.
  ///   - fields: Further fields for the log.
  fileprivate init(
    _ name: String, _ buffering: EventBuffering, _ handlerQueue: HandlerQueue, _ logger: SafeLogger,
    _ fields: [LogField],
    _ register: (@escaping @Sendable (Element, SocketEvent?) -> Void) -> SocketSubscription
  ) {
    let onFirstDrop: @Sendable () -> Void = {
      logger.record(
        .warning, "a sequence of \"\(name)\" is not read fast enough and drops elements", fields + [.event(name)])
    }
    self.init(buffering, handlerQueue, onFirstDrop: onFirstDrop, register)
  }
}
