/// Why an event, or the answer to it, came to nothing.
extension SocketIOError {
  static let disconnected = SocketIOError(.disconnected, "socket has been disconnected")
  static let cancelled = SocketIOError(.cancelled, "the task was cancelled")
  static let bufferFull = SocketIOError(.bufferFull, "the buffer of events that wait for a connection is full")
}

/// An event on its way out.
struct Emission: Sendable {
  /// The event's name, then what the user passed.
  var arguments: [SocketValue]
  var ack: AckHandler?
  /// Milliseconds to wait for the acknowledgement.
  var timeout: UInt64?
  var isVolatile = false
  var isCompressed = true
  /// How often the event is sent again when it is not acknowledged; without meaning for volatile ones.
  var retries = 0
  /// The bytes for which it has room in its Socket's gauge; nil without.
  var room: Int?

  /// Whether the event has its turn when the ones before it are acknowledged.
  var isRetried: Bool { retries > 0 && !isVolatile }

  /// Whether the event may have to wait in a buffer.
  func mayWait(isConnected: Bool) -> Bool { isRetried || !isVolatile && !isConnected }

  /// About how many bytes it takes on the wire.
  var estimatedSize: Int { SocketValue.array(arguments).estimatedSize }
}
