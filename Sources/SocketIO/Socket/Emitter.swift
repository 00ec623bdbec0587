/// What emits events: a ``Socket``, or a ``ModifiedSocket``, which is a Socket with modifiers.
///
///     try socket.emit("hello", 1, "two")
///     try socket.volatile.emit("position", x, y)
///     let answer = try await socket.timeout(.seconds(5)).emitWithAck("ask", "why?")
///
/// All functions can be called on any thread. A type that holds a Socket may conform too: it only has to pass on
/// ``modified``.
public protocol Emitter: Sendable {
  /// The Socket, with the modifiers that the next emit has.
  var modified: ModifiedSocket { get }
}

extension Socket: Emitter {
  /// This Socket without modifiers.
  public var modified: ModifiedSocket { ModifiedSocket(self) }
}

/// A ``Socket`` with modifiers for one emit: ``Emitter/volatile``, ``Emitter/timeout(_:)`` and ``Emitter/compress(_:)``
/// make one.
public struct ModifiedSocket: Emitter {
  /// The Socket that emits.
  public let socket: Socket
  var timeout: Duration?
  var isVolatile = false
  var isCompressed = true

  init(_ socket: Socket) { self.socket = socket }

  /// Itself.
  public var modified: ModifiedSocket { self }
}

extension Emitter {
  /// The next emit is sent only if it can be sent at once, and dropped otherwise: `try socket.volatile.emit("position",
  /// x, y)`.
  public var volatile: ModifiedSocket {
    var copy = modified
    copy.isVolatile = true
    return copy
  }

  /// Sets how long the next emit waits for its acknowledgement: `try socket.timeout(.seconds(5)).emit("ask") { … }`.
  ///
  /// - Parameter timeout: Rounded up to whole milliseconds. A negative timeout counts as zero, which expires in the
  ///   next turn of the loop.
  public func timeout(_ timeout: Duration) -> ModifiedSocket {
    var copy = modified
    copy.timeout = timeout
    return copy
  }

  /// Sets whether the next emit may be compressed, if the option `perMessageDeflate` is set and the server supports it.
  /// Data that is already compressed, such as a picture, is sent faster as it is: `try
  /// socket.compress(false).emit("photo", jpeg)`.
  public func compress(_ compress: Bool) -> ModifiedSocket {
    var copy = modified
    copy.isCompressed = compress
    return copy
  }

  // MARK: Emitting

  /// Emits an event to the server.
  ///
  /// Returns at once. While the Socket is not connected, events wait in a buffer and are sent when it is, before its
  /// `connect` event.
  ///
  /// - Parameters:
  ///   - event: Any name that is not reserved by the protocol, as "connect" is.
  ///   - arguments: Any mix of ``SocketValue``, `Data`, byte arrays and `Encodable`. `Data` travels as binary, at any
  ///     depth. The members of a `Dictionary` are sent in no particular order.
  ///   - ack: Asks the server to acknowledge the event. It gets the server's answer, or `.disconnected` if the
  ///     connection was lost after the event was sent, and runs as handlers do.
  /// - Throws: ``SocketIOError`` with `.reservedEvent`, `.encoding` or `.bufferFull`; then nothing is sent.
  @_disfavoredOverload  // For literals alone the sibling keeps the order.
  public func emit<each Argument: Encodable & Sendable>(
    _ event: String, _ arguments: repeat each Argument,
    ack: (@Sendable (Result<SocketAnswer, SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {
    let socket = modified
    try socket.emit(event, socket.payload(event, encoding: repeat each arguments), ack)
  }

  /// Emits an event whose arguments are literals, also of mixed types. The members of objects keep their order.
  ///
  /// - Throws: ``SocketIOError`` with `.reservedEvent`, `.encoding` or `.bufferFull`; then nothing is sent.
  public func emit(
    _ event: String, _ arguments: SocketValue...,
    ack: (@Sendable (Result<SocketAnswer, SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {
    try emit(event, with: arguments, ack: ack)
  }

  /// Emits an event with its arguments in an array.
  ///
  /// - Throws: ``SocketIOError`` with `.reservedEvent`, `.encoding` or `.bufferFull`; then nothing is sent.
  public func emit(
    _ event: String, with arguments: [SocketValue],
    ack: (@Sendable (Result<SocketAnswer, SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {
    let socket = modified
    try socket.emit(event, socket.payload(event, arguments), ack)
  }

  /// Emits an event that was declared once, with arguments of its types: `try socket.emit(Chat.message, "hi", 7)`.
  ///
  /// - Throws: ``SocketIOError`` with `.reservedEvent`, `.encoding` or `.bufferFull`; then nothing is sent.
  public func emit<each Argument: Encodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>, _ arguments: repeat each Argument,
    ack: (@Sendable (Result<SocketAnswer, SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {
    let socket = modified
    try socket.emit(event.name, socket.payload(event.name, encoding: repeat each arguments), ack)
  }

  /// Emits the event `message`, as `emit` does.
  ///
  /// - Throws: ``SocketIOError`` with `.encoding` or `.bufferFull`; then nothing is sent.
  @_disfavoredOverload
  public func send<each Argument: Encodable & Sendable>(
    _ arguments: repeat each Argument
  ) throws(SocketIOError) {
    try emit("message", repeat each arguments)
  }

  /// Emits the event `message` with arguments that are literals, also of mixed types.
  ///
  /// - Throws: ``SocketIOError`` with `.encoding` or `.bufferFull`; then nothing is sent.
  public func send(_ arguments: SocketValue...) throws(SocketIOError) { try emit("message", with: arguments) }
}

extension ModifiedSocket {
  fileprivate func emit(
    _ event: String, _ payload: consuming OutgoingPayload,
    _ ack: (@Sendable (Result<SocketAnswer, SocketIOError>) -> Void)?
  ) throws(SocketIOError) {
    if let refusal = submit(event, payload, ack.map { .callback(AckCallback(event: event, $0)) }) { throw refusal }
  }

  /// - Throws: `.reservedEvent` or `.encoding`.
  func payload(_ event: String, _ arguments: [SocketValue]) throws(SocketIOError) -> OutgoingPayload {
    try Self.check(event)
    return try socket.encoder.event(event, arguments)
  }

  /// - Throws: As for values.
  func payload<each Argument: Encodable & Sendable>(
    _ event: String, encoding arguments: repeat each Argument
  ) throws(SocketIOError) -> OutgoingPayload {
    try Self.check(event)
    return try socket.encoder.event(event, encoding: repeat each arguments)
  }

  private static func check(_ event: String) throws(SocketIOError) {
    if SocketPacket.isReservedEventName(event) {
      throw SocketIOError(.reservedEvent, "\"\(event)\" is a reserved event name")
    }
    if event.utf8.count > SocketPacket.longestName {
      throw SocketIOError(.encoding, "an event's name is longer than \(SocketPacket.longestName) bytes")
    }
  }

  func outgoing(
    _ event: String, _ payload: consuming OutgoingPayload, _ ack: consuming AckHandler?,
    _ token: CancellationToken? = nil
  ) -> OutgoingEvent {
    OutgoingEvent(
      name: event, payload: payload, ack: ack, token: token, timeout: (timeout ?? socket.ackTimeout)?.milliseconds,
      isVolatile: isVolatile, isCompressed: isCompressed, retries: socket.retries)
  }

  /// - Parameter token: Identifies the event if its caller can stop waiting for the acknowledgement.
  /// - Returns: nil, or the reason why the event is not emitted.
  func submit(
    _ event: String, _ payload: consuming OutgoingPayload, _ ack: consuming AckHandler?,
    _ token: CancellationToken? = nil
  ) -> SocketIOError? {
    var room: Int?
    if socket.budget.limit.overflow == .refuse, mayWait {
      let bytes = payload.size(of: event)
      guard socket.budget.takeOrRefuse(bytes) else { return .bufferFull }
      room = bytes
    }
    if let text = payload.shortText {
      let event = OutgoingTextEvent(
        ack: ack, token: token, timeout: (timeout ?? socket.ackTimeout)?.milliseconds, room: room,
        retries: Int32(clamping: socket.retries), idPosition: UInt32(text.idPosition), isVolatile: isVolatile,
        isCompressed: isCompressed)
      socket.io.mailbox.emit(event, text, from: socket.key)
    } else {
      var event = outgoing(event, payload, ack, token)
      event.room = room
      socket.io.mailbox.emit(event, from: socket.key)
    }
    return nil
  }

  /// Whether the next emit may have to wait in a buffer.
  private var mayWait: Bool { !isVolatile && (socket.retries > 0 || !socket.publishedState.isConnected) }
}
