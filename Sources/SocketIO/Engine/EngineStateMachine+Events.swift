#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension EngineStateMachine {
  struct Configuration: Sendable {
    var transports: [TransportName] = [.polling, .websocket]
    var upgrade = true
    /// Open with the next transport where one cannot be opened.
    var tryAllTransports = false
    /// Start with this one, regardless of the order: the transport of an earlier session after its upgrade.
    var preferred: TransportName?
    /// Milliseconds for sending the rest and for the closing handshake.
    var closeTimeout: UInt64 = 5_000
    /// Milliseconds that a message is held on a connection that stays open.
    var holdTimeout: UInt64 = 5_000
    /// The most packets in one polling POST: servers refuse bodies of more than 16.
    var maxPacketsPerPost = 16

    /// The transports in the order in which they are tried.
    var candidates: [TransportName] {
      var candidates = transports
      if let preferred, let index = candidates.firstIndex(of: preferred) { candidates.swapAt(0, index) }
      return candidates
    }
  }

  enum State {
    case idle
    case opening
    case open
    /// Sends what is buffered and held, and completes an upgrade under way; then the transport is closed.
    case draining
    /// The transport is closing.
    case closing
    case finished
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
    /// Held messages have waited long enough.
    case holdingEnded
    case close
    /// The answer to `.considerUpgrade`.
    case upgradeConsidered
    case heartbeatExpired
    case closeTimeout
    /// Stop reading until `resumeReading`: handlers are behind.
    case pauseReading
    case resumeReading
  }

  enum Action {
    case openTransport(Slot, TransportName, sid: String?)
    /// From now on the requests of `main` belong to this session.
    case setSession(sid: String)
    case send(Slot, [EnginePacket])
    /// On `main`; most packets go out alone.
    case sendOne(EnginePacket)
    /// Ask `main` for a read receipt.
    case requestReadReceipt(UInt64)
    case pause
    case resume
    /// Of `main`.
    case pauseReading
    case resumeReading
    /// The probe becomes `main`; the old, paused transport is released.
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
    /// Handle `.upgradeConsidered`. Whether to upgrade depends on the effect of the report before.
    case considerUpgrade
  }
}

/// A report of an engine to its Manager.
enum EngineReport: Sendable {
  indirect case opened(Handshake, TransportName)
  case binary(Data)
  case ping
  case upgraded(TransportName)
  case upgradeFailed(SocketIOError)
  /// The session never opened.
  case failed(SocketIOError)
  case closed(DisconnectReason, SocketIOError?)
  /// Nothing is under way any more; no report follows.
  case finished
}
