extension Emitter {
  /// Emits an event and waits for the server's acknowledgement.
  ///
  /// - Parameters:
  ///   - event: As for `emit`.
  ///   - arguments: As there.
  ///   - timeout: How long to wait. By default, as long as ``timeout(_:)`` or else `ackTimeout` says, or until the
  ///     answer comes or the connection is lost.
  /// - Returns: The first argument of the acknowledgement, or `.null` if it has none.
  ///   ``Emitter/emitWithAck(_:with:timeout:)`` returns all.
  /// - Throws: ``SocketIOError`` with `.timeout`, `.disconnected`, `.cancelled` (the task was cancelled; an event still
  ///   in the buffer is then not sent), `.dropped`, `.bufferFull`, `.reservedEvent` or `.encoding`.
  @_disfavoredOverload
  public func emitWithAck<each Argument: Encodable & Sendable>(
    _ event: String, _ arguments: repeat each Argument, timeout: Duration? = nil
  ) async throws(SocketIOError) -> SocketValue {
    let socket = modified(timeout)
    return try await socket.ask(event, socket.payload(event, encoding: repeat each arguments)).values.first ?? .null
  }

  /// Emits an event whose arguments are literals, also of mixed types, and waits for the server's acknowledgement.
  ///
  /// - Throws: As with arguments of other types.
  public func emitWithAck(
    _ event: String, _ arguments: SocketValue..., timeout: Duration? = nil
  ) async throws(SocketIOError) -> SocketValue {
    try await emitWithAck(event, with: arguments, timeout: timeout).first ?? .null
  }

  /// Emits an event with its arguments in an array, and waits for all arguments of the acknowledgement.
  ///
  /// - Throws: As with arguments of other types.
  public func emitWithAck(
    _ event: String, with arguments: [SocketValue], timeout: Duration? = nil
  ) async throws(SocketIOError) -> [SocketValue] {
    let socket = modified(timeout)
    return try await socket.ask(event, socket.payload(event, arguments)).values
  }

  // MARK: Decoded

  /// Emits an event, waits for the server's acknowledgement and decodes its arguments: one as itself, several as a
  /// tuple.
  ///
  ///     let (name, age) = try await socket.emitWithAck("user", 7, as: String.self, Int.self, timeout: .seconds(5))
  ///
  /// Missing arguments decode like null; those beyond the last type are ignored.
  ///
  /// - Throws: As without types, and `.decoding` if the answer does not match the types; the message names the argument
  ///   and the place inside it.
  @_disfavoredOverload
  public func emitWithAck<each Argument: Encodable & Sendable, First: Decodable, each Other: Decodable>(
    _ event: String, _ arguments: repeat each Argument, as first: First.Type,
    _ others: repeat (each Other).Type, timeout: Duration? = nil
  ) async throws(SocketIOError) -> (First, repeat each Other) {
    let socket = modified(timeout)
    return try await socket.ask(
      event, socket.payload(event, encoding: repeat each arguments), as: first, repeat each others)
  }

  /// Emits an event whose arguments are literals, also of mixed types, waits for the acknowledgement and decodes its
  /// arguments.
  ///
  /// - Throws: As without types, and `.decoding` if the answer does not match the types.
  public func emitWithAck<First: Decodable, each Other: Decodable>(
    _ event: String, _ arguments: SocketValue..., as first: First.Type, _ others: repeat (each Other).Type,
    timeout: Duration? = nil
  ) async throws(SocketIOError) -> (First, repeat each Other) {
    try await emitWithAck(event, with: arguments, as: first, repeat each others, timeout: timeout)
  }

  /// Emits an event with its arguments in an array, waits for the acknowledgement and decodes its arguments.
  ///
  /// - Throws: As ``Emitter/emitWithAck(_:with:timeout:)``, and `.decoding` if the answer does not match the types.
  public func emitWithAck<First: Decodable, each Other: Decodable>(
    _ event: String, with arguments: [SocketValue], as first: First.Type, _ others: repeat (each Other).Type,
    timeout: Duration? = nil
  ) async throws(SocketIOError) -> (First, repeat each Other) {
    let socket = modified(timeout)
    return try await socket.ask(event, socket.payload(event, arguments), as: first, repeat each others)
  }

  /// Emits a request that was declared once, waits for the server's acknowledgement and decodes its first argument:
  /// `let messages = try await socket.emitWithAck(Chat.history, 20)`.
  ///
  /// - Throws: As without a declaration, and `.decoding` if the answer is of another type.
  public func emitWithAck<each Argument: Encodable & Sendable, Answer: Decodable>(
    _ request: TypedRequest<Answer, repeat each Argument>, _ arguments: repeat each Argument, timeout: Duration? = nil
  ) async throws(SocketIOError) -> Answer {
    let socket = modified(timeout)
    return try await socket.ask(
      request.name, socket.payload(request.name, encoding: repeat each arguments), as: Answer.self)
  }

  /// Emits a request that was declared once without an answer, `answer: Void.self`, and waits for the server's
  /// acknowledgement: `try await socket.emitWithAck(Chat.read, 7)`. What the server answers is ignored.
  ///
  /// - Throws: As without a declaration.
  public func emitWithAck<each Argument: Encodable & Sendable>(
    _ request: TypedRequest<Void, repeat each Argument>, _ arguments: repeat each Argument, timeout: Duration? = nil
  ) async throws(SocketIOError) {
    let socket = modified(timeout)
    _ = try await socket.ask(request.name, socket.payload(request.name, encoding: repeat each arguments))
  }

  /// - Parameter timeout: nil to keep that of the modifiers.
  private func modified(_ timeout: Duration?) -> ModifiedSocket {
    if let timeout { self.timeout(timeout) } else { modified }
  }
}

extension ModifiedSocket {
  fileprivate func ask<First: Decodable, each Other: Decodable>(
    _ event: String, _ payload: OutgoingPayload, as first: First.Type, _ others: repeat (each Other).Type
  ) async throws(SocketIOError) -> (First, repeat each Other) {
    let answer = try await ask(event, payload)
    var decoder = ArgumentDecoder(answer, answering: event)
    return (try decoder.next(first), repeat try decoder.next((each Other).self))
  }

  fileprivate func ask(_ event: String, _ payload: OutgoingPayload) async throws(SocketIOError) -> ReceivedArguments {
    let token = CancellationToken()
    let result = await withTaskCancellationHandler {
      // A checked continuation would allocate. Everything submitted is completed exactly once.
      await withUnsafeContinuation { (continuation: UnsafeContinuation<AckHandler.Answer, Never>) in
        if let refusal = submit(event, payload, .task(continuation), token) {
          continuation.resume(returning: .failure(refusal))
        }
      }
    } onCancel: {
      token.cancel()
      let key = socket.key
      socket.io.mailbox.submit { $0.cancelAck(key, token) }
    }
    return try result.get()
  }
}
