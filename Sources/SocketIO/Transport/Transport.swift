/// One way of carrying Engine.IO packets: HTTP long-polling or WebSocket.
///
/// A transport is confined to its loop. It is opened once, reports what happens through `onEvent`, and is done after
/// `.closed` or `.failed`. Commands go down, events come up; the only commands that may report inside their own call
/// are `pause`, `close` and `requestReadReceipt`.
protocol Transport: AnyObject {
  var onEvent: ((TransportEvent) -> Void)? { get set }

  /// The session's id, once the handshake told it.
  var sid: String? { get set }

  func open() throws(SocketIOError)

  /// Sends packets in order. Called only when the transport is writable: after `.opened`, and after the `.writable` that follows
  /// an earlier `send` that returned false. A WebSocket is given a single pong at any time: that goes in front of what waits, and
  /// takes the place of a pong there.
  ///
  /// - Returns: Whether the transport takes more at once.
  func send(_ packets: [EnginePacket]) -> Bool

  /// Asks for `.readReceipt(mark)` as soon as the server has read everything that was handed to `send`. Marks grow; a
  /// receipt holds for those before it, which may go without.
  func requestReadReceipt(_ mark: UInt64)

  /// Bytes that were handed to `send` and have not left for the operating system.
  var queuedBytes: Int { get }

  /// Lets what is under way finish and starts nothing new; answered by `.paused`. Polling only: no other transport is left for
  /// a better one.
  func pause()

  /// Goes on after `pause`, when the better transport failed.
  func resume()

  /// Takes nothing more from the server until `resumeReading`, so that the server is held up; what is under way may still be reported.
  /// Sending, `pause`, `close` and `abort` go on as ever.
  func pauseReading()
  func resumeReading()

  /// Closes in good order after what was handed to `send`; answered by `.closed`, inside the call where nothing is open.
  func close()

  /// Ends at once, without a word to the server and without a further event.
  func abort()
}

enum TransportEvent: Sendable {
  /// Packets can be sent. For polling this comes with the handshake, just before its packet.
  case opened
  case packet(EnginePacket)
  /// Everything that was sent has been handed over: the transport takes packets, whether or not it was busy.
  case writable
  /// The server has read everything that was sent before this mark.
  case readReceipt(UInt64)
  case paused
  /// The peer or `close` ended the transport.
  case closed(SocketIOError?)
  case failed(SocketIOError)
}
