import SocketIO

/// One connection to the server, as the server sees it: a transport of a client.
final class ServerLink: Sendable {
  enum Direction { case toServer, toClient }

  private struct State {
    weak var script: TransportScript?
    /// Moments before which nothing more may arrive, to keep the order.
    var nextAtServer: UInt64 = 0
    var nextAtClient: UInt64 = 0
    var isReadingPaused = false
    /// What arrived while the client did not read.
    var unread: [TransportEvent] = []
    var isCut = false
  }

  let transport: TransportName
  /// The session that the client wants to upgrade; nil to open one.
  let sid: String?
  let parser: any SocketParser
  private let state = Locked(State())

  init(_ transport: TransportName, sid: String?, parser: any SocketParser) {
    self.transport = transport
    self.sid = sid
    self.parser = parser
  }

  /// The transport holds its script.
  func bind(_ script: TransportScript) { state.withLock { $0.script = script } }

  /// Milliseconds until what is sent now arrives: not before what was sent earlier.
  func delay(_ direction: Direction, now: UInt64, latency: UInt64) -> UInt64 {
    state.withLock { state in
      let moment: UInt64
      switch direction {
      case .toServer:
        moment = max(now + latency, state.nextAtServer)
        state.nextAtServer = moment
      case .toClient:
        moment = max(now + latency, state.nextAtClient)
        state.nextAtClient = moment
      }
      return moment - now
    }
  }

  /// Whether nothing gets through any more.
  var isCut: Bool { state.withLock { $0.isCut } }

  /// Breaks the connection: what is under way is lost.
  func cut(reporting error: SocketIOError) {
    let script = state.withLock { state in
      state.isCut = true
      state.unread = []
      return state.script
    }
    script?.post(.failed(error))
  }

  /// Events reach the client.
  func deliver(_ events: [TransportEvent]) {
    let script = state.withLock { state -> TransportScript? in
      guard !state.isReadingPaused else {
        state.unread += events
        return nil
      }
      return state.script
    }
    for event in events { script?.post(event) }
  }

  func setReadingPaused(_ isPaused: Bool) {
    let unread = state.withLock { state in
      state.isReadingPaused = isPaused
      defer { if !isPaused { state.unread = [] } }
      return isPaused ? [] : state.unread
    }
    deliver(unread)
  }
}
