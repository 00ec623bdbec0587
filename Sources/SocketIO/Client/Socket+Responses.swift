extension Socket {
  /// Answers an event by what the handler returns: `socket.respond(to: "add") { (x: Int, y: Int) in x + y }`.
  ///
  /// The handler runs as those of `on` do. It gets the event's arguments decoded, as many as it takes, whether or not
  /// the server asks for an acknowledgement; where it does, the returned value is the acknowledgement's only argument. Where several
  /// handlers answer the same event, the first answer counts.
  ///
  /// There is no answer where the handler throws, an argument cannot be decoded or the value cannot be encoded: the protocol has no
  /// failed acknowledgement, so the server learns of it by its time limit. The error is logged and told by `.handlerError`. To tell the server
  /// more, catch the error in the handler and return what the server understands.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
    to event: String, _ handler: @escaping @Sendable (repeat each Argument) throws -> Answer
  ) -> Subscription {
    add(event) { event in
      var arguments = ArgumentDecoder(event)
      let answer = try handler(repeat arguments.next((each Argument).self))
      try event.answer([answer])
    }
  }

  /// Answers an event when the handler returns, without a value.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable>(
    to event: String, _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
  ) -> Subscription {
    add(event) { event in
      var arguments = ArgumentDecoder(event)
      try handler(repeat arguments.next((each Argument).self))
      try event.answer([])
    }
  }

  /// Answers an event by what the handler returns, which may take its time.
  ///
  /// Every call has a task of its own, so that neither other handlers nor further events wait: calls overlap, and their answers leave in
  /// the order in which they are ready. An answer that is not ready before the connection is lost is dropped.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
    to event: String, _ handler: @escaping @Sendable (repeat each Argument) async throws -> Answer
  ) -> Subscription {
    addAsync(event) { event in
      var decoder = ArgumentDecoder(event)
      let arguments = (repeat try decoder.next((each Argument).self))
      return { try event.answer([try await handler(repeat each arguments)]) }
    }
  }

  /// Answers an event when the handler returns, which may take its time, without a value.
  @discardableResult
  public func respond<each Argument: Decodable & Sendable>(
    to event: String, _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
  ) -> Subscription {
    addAsync(event) { event in
      var decoder = ArgumentDecoder(event)
      let arguments = (repeat try decoder.next((each Argument).self))
      return {
        try await handler(repeat each arguments)
        try event.answer([])
      }
    }
  }

  /// - Parameter prepare: Decodes the arguments, and returns what is left to do.
  private func addAsync(
    _ event: String, _ prepare: @escaping @Sendable (SocketEvent) throws -> @Sendable () async throws -> Void
  ) -> Subscription {
    add(event) { [weak self] event in
      let respond = try prepare(event)
      Task {
        do {
          try await respond()
        } catch {
          guard let self else { return }
          self.io.delivery.enqueue { self.report(HandlerFailure(event: event.name, error: error)) }
        }
      }
    }
  }
}

extension SocketEvent {
  fileprivate func answer(_ arguments: [any Encodable & Sendable]) throws(SocketIOError) {
    guard let ack else { return }
    ack.send(try SocketValue.arguments(arguments, of: "the answer to \"\(name)\""))
  }
}
