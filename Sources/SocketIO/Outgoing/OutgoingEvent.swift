/// Why an event or its acknowledgement failed.
extension SocketIOError {
  static let disconnected = SocketIOError(.disconnected, "socket has been disconnected")
  static let cancelled = SocketIOError(.cancelled, "the task was cancelled")
  /// - Parameter payload: That of CONNECT_ERROR.
  static func refused(_ payload: SocketValue) -> SocketIOError {
    let message = payload["message"]?.stringValue ?? payload.stringValue ?? "the server refused the connection"
    return SocketIOError(.refused, message, data: payload["data"])
  }
  static let bufferFull = SocketIOError(.bufferFull, "the buffer of events that wait for a connection is full")
}

/// The arguments of an outgoing event or answer.
enum OutgoingPayload: Sendable {
  /// Encoded on the thread that emitted it, as with the default parser.
  case encoded(EncodedPacket)
  /// Values, for parsers that encode on the loop.
  case values([SocketValue])

  /// The bytes on the wire, without the acknowledgement id. An estimate if the event is encoded later.
  func size(of event: String) -> Int {
    switch self {
    case .encoded(let packet): packet.size
    case .values(let arguments): arguments.reduce(event.utf8.count + 5) { $0 + $1.estimatedSize }
    }
  }

  /// The text, if it is short enough to be copied between threads and there is nothing else.
  var shortText: EncodedText? {
    guard case .encoded(let packet) = self, packet.attachments.isEmpty,
      packet.text.byteCount <= OutgoingTextEvent.longestText
    else { return nil }
    return packet.text
  }
}

/// An event to send.
struct OutgoingEvent: Sendable {
  let name: String
  private(set) var payload: OutgoingPayload
  var ack: AckHandler?
  /// Identifies the event when its caller stops waiting for the acknowledgement.
  var token: CancellationToken?
  /// Milliseconds to wait for the acknowledgement.
  var timeout: UInt64?
  var isVolatile = false
  var isCompressed = true
  /// How often the event is sent again if it is not acknowledged. Volatile events ignore it.
  var retries = 0
  /// The bytes that it holds in its Socket's budget, if any.
  var room: Int?

  /// Whether the event waits in the retry queue until the ones before it are acknowledged.
  var isRetried: Bool { retries > 0 && !isVolatile }

  /// Whether the event may have to wait in a buffer.
  func mayWait(isConnected: Bool) -> Bool { isRetried || !isVolatile && !isConnected }

  /// Moves the payload out of an event that is sent: a copy would count references.
  mutating func takePayload() -> OutgoingPayload {
    var payload = OutgoingPayload.values([])
    swap(&payload, &self.payload)
    return payload
  }

  /// As of its payload.
  var size: Int { payload.size(of: name) }
}

/// The answer to an event from the server.
struct OutgoingReply: Sendable {
  /// The Socket's session in which the event arrived.
  let session: UInt32
  let id: Int
  let payload: OutgoingPayload
}
