extension Socket {
  /// Emits an event to the server.
  ///
  /// Returns at once. While the Socket is not connected, events wait in a buffer and are sent when it is, before its `connect` event.
  ///
  /// - Parameters:
  ///   - event: Any name but those that the protocol keeps for itself, such as "connect".
  ///   - arguments: Any mix of ``SocketValue``, `Data`, byte arrays and `Encodable`. `Data` travels as binary, at any depth. The members
  ///     of a `Dictionary` go out in no order.
  ///   - ack: Asks the server to acknowledge the event; gets the server's arguments, or `.disconnected` when the connection was lost
  ///     after the event was sent. It runs as handlers do.
  /// - Throws: ``SocketIOError`` with `.reservedEvent`, `.encoding` or `.bufferFull`; then nothing is sent.
  @_disfavoredOverload  // Of literals alone the sibling keeps the order.
  public func emit(
    _ event: String, _ arguments: any Encodable & Sendable...,
    ack: (@Sendable (Result<[SocketValue], SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {
    try Emitter(self).emit(event, with: Emitter.arguments(arguments, of: event), ack: ack)
  }

  /// Emits an event whose arguments are written as literals, mixed ones too. The members of objects go out as they are written.
  ///
  /// - Throws: ``SocketIOError`` with `.reservedEvent`, `.encoding` for a name that is too long, or `.bufferFull`; then nothing is sent.
  public func emit(
    _ event: String, _ arguments: SocketValue...,
    ack: (@Sendable (Result<[SocketValue], SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {
    try Emitter(self).emit(event, with: arguments, ack: ack)
  }

  /// Emits an event with its arguments in an array.
  ///
  /// - Throws: ``SocketIOError`` with `.reservedEvent`, `.encoding` for a name that is too long, or `.bufferFull`; then nothing is sent.
  public func emit(
    _ event: String, with arguments: [SocketValue],
    ack: (@Sendable (Result<[SocketValue], SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {
    try Emitter(self).emit(event, with: arguments, ack: ack)
  }

  /// Emits the event `message`, as ``emit(_:_:ack:)-(_,EncodableSendable...,_)`` does.
  ///
  /// - Throws: ``SocketIOError`` with `.encoding` or `.bufferFull`; then nothing is sent.
  @_disfavoredOverload
  public func send(_ arguments: any Encodable & Sendable...) throws(SocketIOError) {
    try Emitter(self).emit("message", with: Emitter.arguments(arguments, of: "message"))
  }

  /// Emits the event `message` with arguments that are written as literals, mixed ones too.
  ///
  /// - Throws: ``SocketIOError`` with `.bufferFull`; then nothing is sent.
  public func send(_ arguments: SocketValue...) throws(SocketIOError) {
    try Emitter(self).emit("message", with: arguments)
  }

  /// The next emit is sent only if it can be sent at once, and dropped otherwise: `try socket.volatile.emit("position", x, y)`.
  public var volatile: Emitter { Emitter(self, isVolatile: true) }

  /// Sets whether the next emit may be compressed, where the option `perMessageDeflate` is set and the server takes part in it. Data that is
  /// compressed already, such as a picture, is sent faster as it is: `try socket.compress(false).emit("photo", jpeg)`.
  public func compress(_ compress: Bool) -> Emitter { Emitter(self, isCompressed: compress) }

  /// Sets how long the next emit waits for its acknowledgement: `try socket.timeout(.seconds(5)).emit("ask") { … }`.
  ///
  /// - Parameter timeout: Counted in whole milliseconds, rounded up. A negative timeout counts as zero, which ends with the next turn of
  ///   the loop.
  public func timeout(_ timeout: Duration) -> Emitter { Emitter(self, timeout: timeout) }
}

/// A ``Socket`` with modifiers for one emit: ``Socket/volatile``, ``Socket/timeout(_:)`` and ``Socket/compress(_:)`` make one.
public struct Emitter: Sendable {
  let socket: Socket
  var timeout: Duration?
  var isVolatile = false
  var isCompressed = true

  package init(_ socket: Socket, timeout: Duration? = nil, isVolatile: Bool = false, isCompressed: Bool = true) {
    self.socket = socket
    self.timeout = timeout
    self.isVolatile = isVolatile
    self.isCompressed = isCompressed
  }

  /// As ``Socket/volatile``, besides the modifiers that are set.
  public var volatile: Emitter {
    var copy = self
    copy.isVolatile = true
    return copy
  }

  /// As ``Socket/timeout(_:)``, besides the modifiers that are set.
  public func timeout(_ timeout: Duration) -> Emitter {
    var copy = self
    copy.timeout = timeout
    return copy
  }

  /// As ``Socket/compress(_:)``, besides the modifiers that are set.
  public func compress(_ compress: Bool) -> Emitter {
    var copy = self
    copy.isCompressed = compress
    return copy
  }

  /// Emits an event as ``Socket`` does, with the modifiers.
  ///
  /// - Throws: ``SocketIOError`` with `.reservedEvent`, `.encoding` or `.bufferFull`; then nothing is sent.
  @_disfavoredOverload
  public func emit(
    _ event: String, _ arguments: any Encodable & Sendable...,
    ack: (@Sendable (Result<[SocketValue], SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {
    try emit(event, with: Emitter.arguments(arguments, of: event), ack: ack)
  }

  /// Emits an event whose arguments are written as literals, mixed ones too.
  ///
  /// - Throws: ``SocketIOError`` with `.reservedEvent`, `.encoding` for a name that is too long, or `.bufferFull`; then nothing is sent.
  public func emit(
    _ event: String, _ arguments: SocketValue...,
    ack: (@Sendable (Result<[SocketValue], SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {
    try emit(event, with: arguments, ack: ack)
  }

  /// Emits an event with its arguments in an array.
  ///
  /// - Throws: ``SocketIOError`` with `.reservedEvent`, `.encoding` for a name that is too long, or `.bufferFull`; then nothing is sent.
  public func emit(
    _ event: String, with arguments: [SocketValue],
    ack: (@Sendable (Result<[SocketValue], SocketIOError>) -> Void)? = nil
  ) throws(SocketIOError) {
    try Self.check(event)
    if let refusal = submit(event, arguments, ack.map { AckHandler.delivered($0) }) { throw refusal }
  }

  static func arguments(
    _ arguments: [any Encodable & Sendable], of event: String
  ) throws(SocketIOError) -> [SocketValue] {
    try SocketValue.arguments(arguments, of: "\"\(event)\"")
  }

  static func check(_ event: String) throws(SocketIOError) {
    if Packet.isReservedEventName(event) {
      throw SocketIOError(.reservedEvent, "\"\(event)\" is a reserved event name")
    }
    if event.utf8.count > Packet.longestName {
      throw SocketIOError(.encoding, "an event's name is longer than \(Packet.longestName) bytes")
    }
  }

  func emission(_ event: String, _ arguments: [SocketValue], _ ack: AckHandler?) -> Emission {
    var elements: [SocketValue] = []
    elements.reserveCapacity(arguments.count + 1)
    elements.append(.string(event))
    elements.append(contentsOf: arguments)
    return Emission(
      arguments: elements, ack: ack, timeout: (timeout ?? socket.ackTimeout)?.milliseconds,
      isVolatile: isVolatile, isCompressed: isCompressed, retries: socket.retries)
  }

  /// - Returns: nil, or why the event is not emitted.
  func submit(_ event: String, _ arguments: [SocketValue], _ ack: AckHandler?) -> SocketIOError? {
    var emission = emission(event, arguments, ack)
    let gauge = socket.gauge
    if gauge.limit.overflow == .refuse, emission.mayWait(isConnected: socket.mirror.isConnected) {
      let bytes = emission.estimatedSize
      guard gauge.takeOrRefuse(bytes) else { return .bufferFull }
      emission.room = bytes
    }
    socket.io.mailbox.emit(emission, from: socket)
    return nil
  }
}
