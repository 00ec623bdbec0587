/// A carrier of Engine.IO packets: HTTP long-polling or WebSocket.
///
/// A transport is confined to its loop. It is opened once, reports events through `onEvent` and `onText`, and is done
/// after `.closed` or `.failed`. Only `pause`, `close` and `requestReadReceipt` may report inside their own call.
package protocol Transport: AnyObject {
  /// Gets everything but messages of text.
  var onEvent: ((consuming TransportEvent) -> Void)? { get set }

  /// Gets the text of each message: UTF-8, lent for the duration of the call.
  var onText: ((UnsafeRawBufferPointer) -> Void)? { get set }

  /// The session's id, once the handshake is known.
  var sid: String? { get set }

  func open() throws(SocketIOError)

  /// Sends packets in order. Called only when the transport is writable: after `.opened`, and after the `.writable`
  /// that follows a `send` that returned false. A WebSocket also takes a single pong at any time, which goes before
  /// waiting packets and replaces a waiting pong.
  ///
  /// - Returns: Whether the transport takes more at once.
  func send(_ packets: [EnginePacket]) -> Bool

  /// Sends one packet, as ``send(_:)`` for many does.
  func send(_ packet: EnginePacket) -> Bool

  /// Whether ``send(_:isCompressed:)`` may be called. Only a WebSocket sends a text faster that way.
  var takesText: Bool { get }

  /// Sends an encoded message, as ``send(_:)`` does.
  func send(_ text: LentText, isCompressed: Bool) -> Bool

  /// Requests `.readReceipt(mark)` for when the server has read everything handed to `send`. Marks increase; a receipt
  /// covers earlier marks, which may get none of their own.
  func requestReadReceipt(_ mark: UInt64)

  /// Bytes handed to `send` that the operating system does not have yet.
  var queuedBytes: Int { get }

  /// Finishes requests under way and starts no new ones; answered by `.paused`. Matters for polling only, the one
  /// transport that is upgraded.
  func pause()

  /// Continues after `pause`, if the better transport failed.
  func resume()

  /// Stops reading until `resumeReading`, which slows the server down. What is under way may still be reported.
  /// Sending, `pause`, `close` and `abort` work as usual.
  func pauseReading()
  func resumeReading()

  /// Closes gracefully after sending what was handed to `send`; answered by `.closed`, inside the call if nothing is
  /// open.
  func close()

  /// Ends at once, without notifying the server and without further events.
  func abort()
}

extension Transport {
  package func send(_ packet: EnginePacket) -> Bool { send([packet]) }

  package var takesText: Bool { false }

  package func send(_ text: LentText, isCompressed: Bool) -> Bool {
    send(.encoded(EncodedText(text), isCompressed: isCompressed))
  }

  /// Reports an event, by `onText` if it is a message of text.
  package func report(_ event: TransportEvent) {
    if case .packet(.message(.text(let text))) = event {
      text.withUTF8Bytes { onText?($0) }
    } else {
      onEvent?(event)
    }
  }
}

package enum TransportEvent: Sendable {
  /// Packets can be sent. Polling reports it just before the packet of the handshake.
  case opened
  case packet(EnginePacket)
  /// Everything sent has been handed over, and the transport takes packets. Also reported if it was not busy.
  case writable
  /// The server has read everything sent before this mark.
  case readReceipt(UInt64)
  case paused
  /// The peer or `close` ended the transport.
  case closed(SocketIOError?)
  case failed(SocketIOError)
}
