extension Socket {
  /// Emits an event as ``emit(_:_:ack:)-(_,EncodableSendable...,_)`` does, but first waits while too much is queued: a producer that is
  /// faster than the connection is held up, where `emit` would let memory grow.
  ///
  /// The call waits while more than ``SocketIOOptions/highWaterMark`` bytes are queued: those of all Sockets that the connection has not
  /// handed to the operating system yet, and those that wait in the buffer of this Socket. Calls of one task are carried out in order, and
  /// waiting calls have their turn in the order in which they came. An `emit` does not wait behind them.
  ///
  /// Returns when the event is queued, not when it has arrived.
  ///
  /// - Throws: ``SocketIOError`` with `.cancelled` (the task was: an event that still waits is not sent), `.disconnected` (the Socket lost or
  ///   left its namespace, or was refused, during the wait), `.bufferFull`, `.reservedEvent` or `.encoding`.
  @_disfavoredOverload
  public func emitWhenWritable(
    _ event: String, _ arguments: any Encodable & Sendable...
  ) async throws(SocketIOError) {
    try await Emitter(self).emitWhenWritable(event, with: Emitter.arguments(arguments, of: event))
  }

  /// Emits an event with arguments that are written as literals, mixed ones too, once less is queued.
  ///
  /// - Throws: As ``emitWhenWritable(_:_:)-(_,EncodableSendable...)``.
  public func emitWhenWritable(_ event: String, _ arguments: SocketValue...) async throws(SocketIOError) {
    try await Emitter(self).emitWhenWritable(event, with: arguments)
  }

  /// Emits an event with its arguments in an array, once less is queued.
  ///
  /// - Throws: As ``emitWhenWritable(_:_:)-(_,EncodableSendable...)``, but for `.encoding` of an argument.
  public func emitWhenWritable(_ event: String, with arguments: [SocketValue]) async throws(SocketIOError) {
    try await Emitter(self).emitWhenWritable(event, with: arguments)
  }

  /// How many events of this Socket have a place in its buffer at this moment: they wait for a connection or, with `retries`, for their
  /// turn or their acknowledgement.
  ///
  /// An event of an `emit` that has just returned is counted at once with the policy `.refuse`, and with the others when the loop has
  /// taken it.
  public var bufferedEvents: Int { gauge.events }
}

extension Emitter {
  /// Emits an event as ``Socket/emitWhenWritable(_:_:)-(_,EncodableSendable...)`` does, with the modifiers.
  ///
  /// - Throws: As there.
  @_disfavoredOverload
  public func emitWhenWritable(
    _ event: String, _ arguments: any Encodable & Sendable...
  ) async throws(SocketIOError) {
    try await emitWhenWritable(event, with: Self.arguments(arguments, of: event))
  }

  /// Emits an event with arguments that are written as literals, mixed ones too, once less is queued.
  ///
  /// - Throws: As ``Socket/emitWhenWritable(_:_:)-(_,EncodableSendable...)``.
  public func emitWhenWritable(_ event: String, _ arguments: SocketValue...) async throws(SocketIOError) {
    try await emitWhenWritable(event, with: arguments)
  }

  /// Emits an event with its arguments in an array, once less is queued.
  ///
  /// - Throws: As ``Socket/emitWhenWritable(_:_:)-(_,EncodableSendable...)``, but for `.encoding` of an argument.
  public func emitWhenWritable(_ event: String, with arguments: [SocketValue]) async throws(SocketIOError) {
    try Self.check(event)
    let emission = emission(event, arguments, nil)
    let token = AckToken()
    let failure = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<SocketIOError?, Never>) in
        let writer = WaitingWriter(emission: emission, token: token) { continuation.resume(returning: $0) }
        socket.io.mailbox.submit { [socket] in $0.emitWhenWritable(socket.key, writer) }
      }
    } onCancel: {
      token.cancel()
      let key = socket.key
      socket.io.mailbox.submit { $0.cancelWriter(key, token) }
    }
    if let failure { throw failure }
  }
}

/// An event that waits until less is queued, and who waits with it. `resume` may be called on the loop: it only resumes a task.
struct WaitingWriter: Sendable {
  let emission: Emission
  let token: AckToken
  /// Its place in the order in which writers came, over all Sockets of the Manager.
  var turn = 0
  /// Told once, with nil when the event is queued.
  let resume: @Sendable (SocketIOError?) -> Void
}
