extension Socket {
  /// The events of a name, as an asynchronous sequence that listens from now on. Where the server asks for an acknowledgement, the
  /// event's ``SocketEvent/ack`` answers it.
  public func events(_ event: String, buffering: EventBuffering = .newest(1_000)) -> EventSequence<SocketEvent> {
    sequence(event, buffering) { feed in add(event, feed) }
  }

  /// The arguments of the events of a name, decoded: one of them as itself, more as a tuple.
  ///
  ///     for await (x, y) in socket.events("move", as: Int.self, Int.self) { … }
  ///
  /// Arguments that an event does not have decode as null does; those beyond the last type are left out. An event that cannot be decoded
  /// is left out: the error is logged and told by `.handlerError`.
  public func events<each Argument: Decodable & Sendable>(
    _ event: String, as types: repeat (each Argument).Type, buffering: EventBuffering = .newest(1_000)
  ) -> EventSequence<(repeat each Argument)> {
    sequence(event, buffering) { feed in
      add(event) { event in
        var arguments = ArgumentDecoder(event)
        feed((repeat try arguments.next((each Argument).self)))
      }
    }
  }

  /// Every event from the server, as an asynchronous sequence that listens from now on.
  public func events(buffering: EventBuffering = .newest(1_000)) -> EventSequence<SocketEvent> {
    sequence("\(HandlerKey.any)", buffering) { feed in handlers.add(.any, feed) }
  }

  /// One of the Socket's own events, such as `.connect`, as an asynchronous sequence that listens from now on.
  public func events<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, buffering: EventBuffering = .newest(1_000)
  ) -> EventSequence<Payload> {
    sequence("\(event.key)", buffering) { feed in add(event, feed) }
  }

  /// What becomes of the connection, in order: `connect`, `disconnect` and `connectError` in one sequence that listens from now on.
  public func changes(buffering: EventBuffering = .newest(1_000)) -> EventSequence<SocketChange> {
    sequence("\(HandlerKey.changes)", buffering) { feed in handlers.add(.changes, feed) }
  }

  private func sequence<Element>(
    _ name: String, _ buffering: EventBuffering, _ register: (@escaping @Sendable (Element) -> Void) -> Subscription
  ) -> EventSequence<Element> {
    EventSequence(name, buffering, io.logger, [.namespace(namespace)], register)
  }
}

extension Manager {
  /// One of the Manager's own events, such as `.reconnectAttempt`, as an asynchronous sequence that listens from now on.
  ///
  /// Reading is not handling: an attempt to reconnect waits for the handlers of `.reconnectAttempt`, and not for readers.
  public func events<Payload>(
    _ event: LifecycleEvent<Manager, Payload>, buffering: EventBuffering = .newest(1_000)
  ) -> EventSequence<Payload> {
    sequence(event.key, buffering) { feed in add(event, once: false, feed) }
  }

  /// What becomes of the connection, in order: all events of the Manager in one sequence that listens from now on.
  public func changes(buffering: EventBuffering = .newest(1_000)) -> EventSequence<ManagerChange> {
    sequence(.changes, buffering) { feed in handlers.add(.changes, feed) }
  }

  private func sequence<Element>(
    _ key: HandlerKey, _ buffering: EventBuffering, _ register: (@escaping @Sendable (Element) -> Void) -> Subscription
  ) -> EventSequence<Element> {
    EventSequence("\(key)", buffering, logger, [], register)
  }
}

extension EventSequence {
  /// - Parameters:
  ///   - name: Of what is told.
  ///   - fields: Where it is told, for the log.
  fileprivate init(
    _ name: String, _ buffering: EventBuffering, _ logger: SafeLogger, _ fields: [LogField],
    _ register: (@escaping @Sendable (Element) -> Void) -> Subscription
  ) {
    let onFirstDrop: @Sendable () -> Void = {
      logger.record(
        .warning, "a sequence of \"\(name)\" is not read fast enough and drops elements", fields + [.event(name)])
    }
    self.init(buffering, onFirstDrop: onFirstDrop, register)
  }
}
