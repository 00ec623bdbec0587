extension SocketStateMachine {
  // What is rare and large is kept apart: an event and an action are copied with every packet.

  enum Event {
    case connect
    case disconnect
    /// `connection` counts the Manager's connections. `wasLeft`: on this one a Socket has left the namespace, and none has joined it since.
    case managerOpened(connection: Int, wasLeft: Bool)
    case managerFailed(SocketIOError)
    case managerClosed(DisconnectReason, SocketIOError?)
    /// What `.authenticate` asked for; nil where there are no credentials.
    case authenticated(session: Int, Result<SocketValue?, SocketIOError>)
    case received(Packet)
    /// What `.consultRefused` asked for.
    case refusedConsulted(session: Int)
    /// `canSendNow`: whether the transport would take the event at once.
    case emit(Emission, canSendNow: Bool)
    /// An event that is emitted when less is queued: `.admitWriter` says so.
    indirect case emitWhenWritable(WaitingWriter)
    /// Little enough is queued for the event that waits longest.
    case admitWriter(canSendNow: Bool)
    case writerCancelled(AckToken)
    /// The answer to an event that came with an acknowledgement id.
    case reply(session: Int, id: Int, [SocketValue])
    case ackTimedOut(id: Int)
    /// The parser could not encode a packet.
    case sendFailed(Packet, SocketIOError)
    /// What `.resumeRetries` asked for.
    case retriesResumed
    case ackCancelled(AckToken)
    /// Nobody can use the Socket any more.
    case dispose
  }

  enum Action {
    /// The Manager opens unless it is open or about to; if it is open, `.managerOpened` follows at once.
    case openManager
    /// The Socket is not active any more.
    case release
    /// Evaluate the credentials, then answer with `.authenticated`.
    case authenticate(session: Int)
    case send(Packet, isCompressed: Bool = true)
    case deliver(Delivered)
    /// Answer with `.refusedConsulted` when the handlers of the refusal have run, or have taken long.
    case consultRefused(session: Int)
    case completeAck(AckHandler, Result<[SocketValue], SocketIOError>)
    case startAckTimer(id: Int, milliseconds: UInt64)
    case stopAckTimer(id: Int)
    indirect case resumeWriter(WaitingWriter, SocketIOError?)
    /// Answer with `.retriesResumed`, but not inside this call: the next event of the queue may fail at once as well.
    case resumeRetries
    /// The server does what the protocol does not allow: the connection ends with a parse error.
    case violated(SocketIOError)
    /// An event was dropped since too many wait, for the first time since the last connection.
    case overflowBegan(event: String)
    /// What waits is sent, or given up, after so many were dropped.
    case overflowEnded(dropped: Int)
  }

  /// What the user's handlers are told.
  enum Delivered: Sendable {
    case connect(id: String, recovered: Bool)
    case connectError(SocketIOError)
    case disconnect(DisconnectReason, SocketIOError?)
    /// `ack`: the id under which the server waits for an answer.
    case event([SocketValue], session: Int, ack: Int?)
    /// An event that nobody else would be told of could not be encoded.
    case emitFailed(event: String, SocketIOError)
  }
}
