extension EngineStateMachine {
  struct Configuration: Sendable {
    var transports: [TransportName] = [.polling, .websocket]
    var upgrade = true
    /// Open with the next transport where one cannot be opened.
    var tryAllTransports = false
    /// Start with this one, whatever the order: the transport that a former session was upgraded to.
    var preferred: TransportName?
    /// Milliseconds for what is left to send, and for the closing handshake.
    var closeTimeout: UInt64 = 5_000
    /// Milliseconds that a message is held on a connection that stays open.
    var holdTimeout: UInt64 = 5_000
    /// The most packets in one polling POST: servers refuse bodies of more than 16.
    var maxPacketsPerPost = 16
  }

  enum Slot: Sendable { case main, probe }

  enum Event {
    case open
    case transport(Slot, TransportEvent)
    case send([EngineMessage], isCompressed: Bool, isAwaited: Bool)
    /// Send a message when the server has read the message `behind`, or all that was sent before and is awaited.
    case hold([EngineMessage], as: ReadBarrier.ID, behind: ReadBarrier.ID?)
    /// Drop a message that is still held.
    case withdraw(ReadBarrier.ID)
    /// What is held has waited long enough.
    case holdingEnded
    case close
    /// What `.considerUpgrade` asked for.
    case upgradeConsidered
    case heartbeatExpired
    case closeTimeout
    /// No more is to be read until `resumeReading`: whoever gets the messages is behind.
    case pauseReading
    case resumeReading
  }

  enum Action {
    case openTransport(Slot, TransportName, sid: String?)
    /// From now on the requests of `main` belong to this session.
    case setSession(sid: String)
    case send(Slot, [EnginePacket])
    /// Ask `main` for a read receipt.
    case requestReadReceipt(UInt64)
    case pause
    case resume
    /// Of `main`.
    case pauseReading
    case resumeReading
    /// The probe becomes `main`; the old transport, which is paused, is let go.
    case promoteProbe
    case close(Slot)
    case abort(Slot)
    case startHeartbeat(milliseconds: UInt64)
    case stopHeartbeat
    case startCloseTimer(milliseconds: UInt64)
    case stopCloseTimer
    case startHoldTimer(milliseconds: UInt64)
    case stopHoldTimer
    case report(EngineReport)
    /// Answer with `.upgradeConsidered`: whether there is anything to upgrade depends on what the report before led to.
    case considerUpgrade
  }
}

/// What an engine tells its Manager.
enum EngineReport: Sendable {
  indirect case opened(Handshake, TransportName)
  case message(EngineMessage)
  case ping
  case upgraded(TransportName)
  case upgradeFailed(SocketIOError)
  /// The session never opened.
  case failed(SocketIOError)
  case closed(DisconnectReason, SocketIOError?)
  /// Nothing is under way any more; no report follows.
  case finished
}
