extension Socket {
  /// Emits an event and waits for the server's acknowledgement.
  ///
  /// - Parameters:
  ///   - event: As for ``emit(_:_:ack:)-(_,EncodableSendable...,_)``.
  ///   - arguments: As there.
  ///   - timeout: How long to wait; without it, as long as `ackTimeout` says, or else until the answer comes or the connection is lost.
  /// - Returns: The first argument of the acknowledgement; `.null` where it has none. ``emitWithAck(_:with:timeout:)`` returns all.
  /// - Throws: ``SocketIOError`` with `.timeout`, `.disconnected`, `.cancelled` (the task was; an event still in the buffer
  ///   is not sent then), `.dropped`, `.bufferFull`, `.reservedEvent` or `.encoding`.
  @_disfavoredOverload
  public func emitWithAck(
    _ event: String, _ arguments: any Encodable & Sendable..., timeout: Duration? = nil
  ) async throws(SocketIOError) -> SocketValue {
    let arguments = try Emitter.arguments(arguments, of: event)
    return try await Emitter(self, timeout: timeout).emitWithAck(event, with: arguments).first ?? .null
  }

  /// Emits an event whose arguments are written as literals, mixed ones too, and waits for the server's acknowledgement.
  ///
  /// - Throws: As ``emitWithAck(_:_:timeout:)-(_,EncodableSendable...,_)``, but for `.encoding` of an argument.
  public func emitWithAck(
    _ event: String, _ arguments: SocketValue..., timeout: Duration? = nil
  ) async throws(SocketIOError) -> SocketValue {
    try await Emitter(self, timeout: timeout).emitWithAck(event, with: arguments).first ?? .null
  }

  /// Emits an event and waits for the server's acknowledgement, whose arguments are decoded: one of them as itself, more as a tuple.
  ///
  ///     let (name, age) = try await socket.emitWithAck("user", 7, as: String.self, Int.self, timeout: .seconds(5))
  ///
  /// Arguments that the acknowledgement does not have decode as null does; those beyond the last type are left out.
  ///
  /// - Throws: As without types, and `.decoding` for an answer of another shape; the message names the argument and the place inside it.
  @_disfavoredOverload
  public func emitWithAck<First: Decodable, each Other: Decodable>(
    _ event: String, _ arguments: any Encodable & Sendable..., as first: First.Type,
    _ others: repeat (each Other).Type, timeout: Duration? = nil
  ) async throws(SocketIOError) -> (First, repeat each Other) {
    let arguments = try Emitter.arguments(arguments, of: event)
    return try await Emitter(self, timeout: timeout)
      .emitWithAck(event, with: arguments, as: first, repeat each others)
  }

  /// Emits an event whose arguments are written as literals, mixed ones too, and waits for the acknowledgement, whose arguments are
  /// decoded.
  ///
  /// - Throws: As without types, and `.decoding` for an answer of another shape.
  public func emitWithAck<First: Decodable, each Other: Decodable>(
    _ event: String, _ argument: SocketValue, _ arguments: SocketValue..., as first: First.Type,
    _ others: repeat (each Other).Type, timeout: Duration? = nil
  ) async throws(SocketIOError) -> (First, repeat each Other) {
    try await Emitter(self, timeout: timeout)
      .emitWithAck(event, with: [argument] + arguments, as: first, repeat each others)
  }

  /// Emits an event with its arguments in an array, and waits for the acknowledgement, whose arguments are decoded.
  ///
  /// - Throws: As ``emitWithAck(_:with:timeout:)``, and `.decoding` for an answer of another shape.
  public func emitWithAck<First: Decodable, each Other: Decodable>(
    _ event: String, with arguments: [SocketValue], as first: First.Type, _ others: repeat (each Other).Type,
    timeout: Duration? = nil
  ) async throws(SocketIOError) -> (First, repeat each Other) {
    try await Emitter(self, timeout: timeout).emitWithAck(event, with: arguments, as: first, repeat each others)
  }

  /// Emits an event with its arguments in an array, and waits for all arguments of the acknowledgement.
  ///
  /// - Throws: As ``emitWithAck(_:_:timeout:)-(_,EncodableSendable...,_)``, but for `.encoding` of an argument.
  public func emitWithAck(
    _ event: String, with arguments: [SocketValue], timeout: Duration? = nil
  ) async throws(SocketIOError) -> [SocketValue] {
    try await Emitter(self, timeout: timeout).emitWithAck(event, with: arguments)
  }
}

extension Emitter {
  /// Emits an event and waits for the first argument of the acknowledgement, as ``Socket`` does, with the modifiers.
  ///
  /// - Throws: As ``emitWithAck(_:with:)``, and `.encoding` for an argument that cannot be encoded.
  @_disfavoredOverload
  public func emitWithAck(
    _ event: String, _ arguments: any Encodable & Sendable...
  ) async throws(SocketIOError) -> SocketValue {
    try await emitWithAck(event, with: Self.arguments(arguments, of: event)).first ?? .null
  }

  /// Emits an event whose arguments are written as literals, mixed ones too, and waits for the first argument of the acknowledgement.
  ///
  /// - Throws: As ``emitWithAck(_:with:)``.
  public func emitWithAck(
    _ event: String, _ arguments: SocketValue...
  ) async throws(SocketIOError) -> SocketValue {
    try await emitWithAck(event, with: arguments).first ?? .null
  }

  /// Emits an event and waits for the acknowledgement, whose arguments are decoded, as ``Socket`` does, with the modifiers.
  ///
  /// - Throws: As ``emitWithAck(_:with:)``, `.encoding` for an argument that cannot be encoded, and `.decoding` for an answer of another shape.
  @_disfavoredOverload
  public func emitWithAck<First: Decodable, each Other: Decodable>(
    _ event: String, _ arguments: any Encodable & Sendable..., as first: First.Type,
    _ others: repeat (each Other).Type
  ) async throws(SocketIOError) -> (First, repeat each Other) {
    try await emitWithAck(event, with: Self.arguments(arguments, of: event), as: first, repeat each others)
  }

  /// Emits an event whose arguments are written as literals, mixed ones too, and waits for the acknowledgement, whose arguments are
  /// decoded.
  ///
  /// - Throws: As ``emitWithAck(_:with:)``, and `.decoding` for an answer of another shape.
  public func emitWithAck<First: Decodable, each Other: Decodable>(
    _ event: String, _ argument: SocketValue, _ arguments: SocketValue..., as first: First.Type,
    _ others: repeat (each Other).Type
  ) async throws(SocketIOError) -> (First, repeat each Other) {
    try await emitWithAck(event, with: [argument] + arguments, as: first, repeat each others)
  }

  /// Emits an event with its arguments in an array, and waits for the acknowledgement, whose arguments are decoded.
  ///
  /// - Throws: As ``emitWithAck(_:with:)``, and `.decoding` for an answer of another shape.
  public func emitWithAck<First: Decodable, each Other: Decodable>(
    _ event: String, with arguments: [SocketValue], as first: First.Type, _ others: repeat (each Other).Type
  ) async throws(SocketIOError) -> (First, repeat each Other) {
    let answer = try await emitWithAck(event, with: arguments)
    var decoder = ArgumentDecoder(answer, of: "the acknowledgement of \"\(event)\"")
    return (try decoder.next(first), repeat try decoder.next((each Other).self))
  }

  /// Emits an event with its arguments in an array, and waits for all arguments of the acknowledgement.
  ///
  /// - Throws: ``SocketIOError`` with `.timeout`, `.disconnected`, `.cancelled` (the task was; an event still in the buffer
  ///   is not sent then), `.dropped`, `.bufferFull`, `.reservedEvent` or `.encoding`.
  public func emitWithAck(
    _ event: String, with arguments: [SocketValue]
  ) async throws(SocketIOError) -> [SocketValue] {
    try Self.check(event)
    let token = AckToken()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation {
        (continuation: CheckedContinuation<Result<[SocketValue], SocketIOError>, Never>) in
        if let refusal = submit(event, arguments, .continuation(continuation, token)) {
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
