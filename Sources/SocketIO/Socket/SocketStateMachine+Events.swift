extension SocketStateMachine {
  // Rare, large payloads are stored apart, since events and actions are copied with every packet.

  enum Event {
    case connect
    case disconnect
    /// `connection` counts the Manager's connections. `wasLeft`: a Socket has left the namespace on this connection,
    /// and none has joined it since.
    case managerOpened(connection: Int, wasLeft: Bool)
    case managerFailed(SocketIOError)
    case managerClosed(DisconnectReason, SocketIOError?)
    /// Answers `.authenticate`; nil if there are no credentials.
    case authenticated(session: UInt32, Result<SocketValue?, SocketIOError>)
    /// Answers `.consultRefused`.
    case refusedConsulted(session: UInt32)
    /// An event to emit once less is queued, which `.admitWriter` reports.
    indirect case emitWhenWritable(WaitingWriter)
    /// Little enough is queued to admit the writer that has waited longest.
    case admitWriter(canSendNow: Bool)
    case writerCancelled(CancellationToken)
    /// The answer to an event that came with an acknowledgement id.
    case reply(OutgoingReply)
    /// An answer could not be encoded.
    case replyFailed(id: Int, SocketIOError)
    case ackTimedOut(id: Int)
    /// The parser could not encode a packet.
    case sendFailed(SocketPacket, SocketIOError)
    /// Answers `.resumeRetries`.
    case retriesResumed
    case ackCancelled(CancellationToken)
    /// The Socket was freed.
    case dispose
  }

  enum Action {
    /// Open the Manager, unless it is open or opening; if it is open, `.managerOpened` follows at once.
    case openManager
    /// The Socket is not active any more.
    case release
    /// Evaluate the credentials, then send `.authenticated`.
    case authenticate(session: UInt32)
    case send(SocketPacket, isCompressed: Bool = true)
    case sendEncoded(EncodedPacket, isCompressed: Bool = true)
    case deliver(Notification)
    case deliverEvent(ReceivedEvent, session: UInt32)
    /// Send `.refusedConsulted` when the handlers of the refusal have run, or have timed out.
    case consultRefused(session: UInt32)
    case completeAck(AckHandler, AckHandler.Answer)
    case startAckTimer(id: Int, milliseconds: UInt64)
    case stopAckTimer(id: Int)
    indirect case resumeWriter(WaitingWriter, SocketIOError?)
    /// Send `.retriesResumed`, but not inside this call: the queue's next event may fail at once as well.
    case resumeRetries
    /// The server violated the protocol: end the connection with a parse error.
    case violated(SocketIOError)
    /// For the first time since the last connection, an event was dropped because too many wait.
    case overflowBegan(event: String)
    /// The waiting events are being sent, or given up, after this many were dropped.
    case overflowEnded(dropped: Int)
  }

  /// What the user's handlers get.
  enum Notification: Sendable {
    case connect(id: String, recovered: Bool)
    case connectError(SocketIOError)
    case disconnect(DisconnectReason, SocketIOError?)
    /// An event could not be encoded, and no acknowledgement can report it.
    case emitFailed(event: String, SocketIOError)
  }
}
