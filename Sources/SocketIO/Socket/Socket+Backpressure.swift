extension Emitter {
  /// Emits an event as `emit` does, but first waits while too much is queued. So it slows down a producer that is
  /// faster than the connection, where `emit` would let memory grow.
  ///
  /// The call waits while more than ``SocketIOOptions/highWaterMark`` bytes are queued: those of all Sockets that the
  /// connection has not handed to the operating system yet, and those in the buffer of this Socket. Waiting calls
  /// proceed in the order in which they were made, some of them only when everything has been handed over. An `emit`
  /// does not wait behind them.
  ///
  /// Returns when the event is queued, not when it has arrived.
  ///
  /// - Throws: ``SocketIOError`` with `.cancelled` (the task was cancelled; an event that still waits is not sent),
  ///   `.disconnected` (during the wait the Socket lost or left its namespace, or was refused), `.bufferFull`,
  ///   `.reservedEvent` or `.encoding`.
  @_disfavoredOverload
  public func emitWhenWritable<each Argument: Encodable & Sendable>(
    _ event: String, _ arguments: repeat each Argument
  ) async throws(SocketIOError) {
    let socket = modified
    try await socket.emitWhenWritable(event, socket.payload(event, encoding: repeat each arguments))
  }

  /// Emits an event whose arguments are literals, also of mixed types, once less is queued.
  ///
  /// - Throws: As with arguments of other types.
  public func emitWhenWritable(_ event: String, _ arguments: SocketValue...) async throws(SocketIOError) {
    try await emitWhenWritable(event, with: arguments)
  }

  /// Emits an event with its arguments in an array, once less is queued.
  ///
  /// - Throws: As with arguments of other types.
  public func emitWhenWritable(_ event: String, with arguments: [SocketValue]) async throws(SocketIOError) {
    let socket = modified
    try await socket.emitWhenWritable(event, socket.payload(event, arguments))
  }

  /// Emits an event that was declared once, with arguments of its types, once less is queued.
  ///
  /// - Throws: As with arguments of other types.
  public func emitWhenWritable<each Argument: Encodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>, _ arguments: repeat each Argument
  ) async throws(SocketIOError) {
    let socket = modified
    try await socket.emitWhenWritable(event.name, socket.payload(event.name, encoding: repeat each arguments))
  }
}

extension ModifiedSocket {
  fileprivate func emitWhenWritable(_ event: String, _ payload: OutgoingPayload) async throws(SocketIOError) {
    let outgoing = outgoing(event, payload, nil)
    let token = CancellationToken()
    let failure = await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<SocketIOError?, Never>) in
        let writer = WaitingWriter(outgoing: outgoing, token: token) { continuation.resume(returning: $0) }
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

extension Socket {
  /// The number of events in this Socket's buffer: they wait for a connection or, with `retries`, for their turn or
  /// their acknowledgement.
  ///
  /// With the policy `.refuse`, an event counts as soon as `emit` has returned; with the others, when the loop has
  /// taken it.
  public var bufferedEvents: Int { budget.events }
}

/// An event that waits until less is queued, and its waiting task. `resume` may be called on the loop, since it only
/// resumes the task.
struct WaitingWriter: Sendable {
  let outgoing: OutgoingEvent
  let token: CancellationToken
  /// Its place in the order of all writers of the Manager's Sockets.
  var turn = 0
  /// Is called once: with nil when the event is queued.
  let resume: @Sendable (SocketIOError?) -> Void
}
