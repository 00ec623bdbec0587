import SocketIO

/// What the values of ``TestServer`` share: the sessions of its clients and the connections that carry them.
///
/// Everything that changes them runs on the loop. Handlers are called there, without the lock.
final class ServerCore: Network {
  struct Faults: Sendable {
    var refusals = 0
    var droppedAcknowledgements = 0
    /// Milliseconds in each direction.
    var latency: UInt64 = 0
  }

  /// How a connection ends.
  enum End { case reset, closed }

  /// One Engine.IO session.
  struct Session: Sendable {
    let sid: String
    let parser: any SocketParser
    var decoder: any PacketDecoder
    var link: ServerLink
    /// The WebSocket that is tried for an upgrade.
    var probe: ServerLink?
    /// The client is changing to `probe`: what is sent to it waits.
    var isChanging = false
    var waiting: [EnginePacket] = []
    var members: [String: TestClient] = [:]
    var pings = 0
    var isPongDue = false
  }

  struct State: Sendable {
    var namespaces: [String: Namespace] = [:]
    var faults = Faults()
    var isStalled = false
    /// What was sent while everything stalled.
    var held: [@Sendable () -> Void] = []
    var sessions: [String: Session] = [:]
    /// The session of each connection.
    var sids: [ObjectIdentifier: String] = [:]
    var lastID = 0
    var received: [TestEvent] = []
    /// The events that the test has taken.
    var taken: Set<Int> = []
    var problems: [String] = []
  }

  let clock: TestClock
  let state = Locked(State())
  private let pingInterval: UInt64
  private let pingTimeout: UInt64
  private let allowsUpgrades: Bool

  var loop: any Loop { clock.loop }

  init(clock: TestClock, pingInterval: UInt64, pingTimeout: UInt64, allowsUpgrades: Bool) {
    self.clock = clock
    self.pingInterval = pingInterval
    self.pingTimeout = pingTimeout
    self.allowsUpgrades = allowsUpgrades
    add("/")
  }

  // MARK: The network

  func makeConnector(_ options: SocketIOOptions) -> any Connector { TestConnector(self, options) }

  func makeTransport(_ name: TransportName, sid: String?, parser: any SocketParser) -> ScriptedTransport {
    let link = ServerLink(name, sid: sid, parser: parser)
    let script = TransportScript(name, sid: sid, loop: clock.loop) { [self] command in perform(command, on: link) }
    script.takesMore = true
    // Nothing is under way on a connection in memory.
    script.answer(.pause, with: .paused)
    link.bind(script)
    return ScriptedTransport(script, loop: clock.loop)
  }

  /// What a client's transport does.
  private func perform(_ command: TransportScript.Command, on link: ServerLink) {
    switch command {
    case .open: carry(.toServer, on: link) { $0.opened(link) }
    case .send(let packets): carry(.toServer, on: link) { $0.received(packets, on: link) }
    case .close:
      carry(.toServer, on: link) { core in
        core.closed(link)
        core.send([.closed(nil)], on: link)
      }
    case .abort: carry(.toServer, on: link) { $0.closed(link) }
    case .pauseReading: link.setReadingPaused(true)
    case .resumeReading: link.setReadingPaused(false)
    case .pause, .resume: break
    }
  }

  /// Lets something arrive at the other end.
  private func carry(
    _ direction: ServerLink.Direction, on link: ServerLink, _ arrive: @escaping @Sendable (ServerCore) -> Void
  ) {
    let latency = state.withLock { state -> UInt64? in
      guard state.isStalled else { return state.faults.latency }
      state.held.append { [weak self] in self?.carry(direction, on: link, arrive) }
      return nil
    }
    guard let latency else { return }
    let loop = clock.loop
    loop.post(after: link.delay(direction, now: loop.now, latency: latency)) { [weak self] in
      if let self, !link.isCut { arrive(self) }
    }
  }

  private func send(_ events: [TransportEvent], on link: ServerLink) {
    carry(.toClient, on: link) { _ in link.deliver(events) }
  }

  // MARK: Connections

  private func opened(_ link: ServerLink) {
    let isRefused = state.withLock { state in
      guard state.faults.refusals > 0 else { return false }
      if state.faults.refusals < .max { state.faults.refusals -= 1 }
      return true
    }
    guard !isRefused else {
      return send([.failed(SocketIOError(.connectFailed, "the test server refuses connections"))], on: link)
    }
    if let sid = link.sid { tried(link, for: sid) } else { openSession(on: link) }
  }

  private func openSession(on link: ServerLink) {
    let sid = state.withLock { state in
      state.lastID += 1
      let sid = "session-\(state.lastID)"
      state.sessions[sid] = Session(sid: sid, parser: link.parser, decoder: link.parser.makeDecoder(), link: link)
      state.sids[ObjectIdentifier(link)] = sid
      return sid
    }
    let handshake = TransportScript.handshake(
      sid: sid, upgrades: link.transport == .polling && allowsUpgrades ? ["websocket"] : [],
      pingInterval: Int(clamping: pingInterval), pingTimeout: Int(clamping: pingTimeout))
    send([.opened, .packet(.open(handshake))], on: link)
    pingLater(sid)
  }

  /// A WebSocket for an upgrade is connected.
  private func tried(_ link: ServerLink, for sid: String) {
    let isPossible = state.withLock { state in
      guard let session = state.sessions[sid], session.probe == nil else { return false }
      state.sessions[sid]?.probe = link
      state.sids[ObjectIdentifier(link)] = sid
      return true
    }
    send([isPossible ? .opened : .failed(SocketIOError(.httpStatus, "no such session", httpStatus: 400))], on: link)
  }

  private func received(_ packets: [EnginePacket], on link: ServerLink) {
    for packet in packets {
      guard let session = session(of: link) else { return }
      switch packet {
      case .message(let message), .uncompressed(let message): received(message, in: session.sid)
      case .pong:
        state.withLock { $0.sessions[session.sid]?.isPongDue = false }
        pingLater(session.sid)
      case .ping("probe") where session.probe === link:
        state.withLock { $0.sessions[session.sid]?.isChanging = true }
        send([.packet(.pong("probe"))], on: link)
      case .upgrade where session.probe === link: endProbe(session.sid, changingTo: link)
      default: report("a client sent a packet of Engine.IO that it must not: \(packet)")
      }
    }
  }

  /// The client has left a connection.
  private func closed(_ link: ServerLink) {
    guard let session = session(of: link) else { return }
    state.withLock { $0.sids[ObjectIdentifier(link)] = nil }
    if session.probe === link {
      endProbe(session.sid, changingTo: nil)
    } else if session.link === link, !session.isChanging {
      end(session.sid, nil)
    }
  }

  /// An attempt to upgrade has succeeded or failed.
  private func endProbe(_ sid: String, changingTo link: ServerLink?) {
    let waiting = state.withLock { state in
      defer { state.sessions[sid]?.waiting = [] }
      state.sessions[sid]?.probe = nil
      state.sessions[sid]?.isChanging = false
      if let link { state.sessions[sid]?.link = link }
      return state.sessions[sid]?.waiting ?? []
    }
    for packet in waiting { send(packet, in: sid) }
  }

  /// - Parameter end: nil if the client has ended the session.
  func end(_ sid: String, _ end: End?) {
    let session = state.withLock { state in
      state.sids = state.sids.filter { $0.value != sid }
      return state.sessions.removeValue(forKey: sid)
    }
    guard let session else { return }
    for link in [session.link, session.probe].compactMap({ $0 }) {
      switch end {
      case .reset: link.cut(reporting: SocketIOError(.connectionLost, "the test server broke the connection"))
      case .closed:
        send([.closed(SocketIOError(.connectionLost, "the test server closed the connection"))], on: link)
      case nil: break
      }
    }
    for member in session.members.values { member.left() }
  }

  private func session(of link: ServerLink) -> Session? {
    state.withLock { state in state.sids[ObjectIdentifier(link)].flatMap { state.sessions[$0] } }
  }

  /// Sends a packet on the session's connection, or when it has changed to another one.
  func send(_ packet: EnginePacket, in sid: String) {
    let link = state.withLock { state -> ServerLink? in
      guard state.sessions[sid]?.isChanging == true else { return state.sessions[sid]?.link }
      state.sessions[sid]?.waiting.append(packet)
      return nil
    }
    if let link { send([.packet(packet)], on: link) }
  }

  // MARK: Heartbeat

  private func pingLater(_ sid: String) {
    clock.loop.post(after: pingInterval) { [weak self] in self?.ping(sid) }
  }

  private func ping(_ sid: String) {
    let number = state.withLock { state in
      state.sessions[sid]?.pings += 1
      state.sessions[sid]?.isPongDue = true
      return state.sessions[sid]?.pings
    }
    guard let number else { return }
    send(.ping(""), in: sid)
    clock.loop.post(after: pingTimeout) { [weak self] in
      let isMissing = self?.state.withLock { state in
        state.sessions[sid]?.isPongDue == true && state.sessions[sid]?.pings == number
      }
      if isMissing == true { self?.end(sid, .closed) }
    }
  }

  // MARK: Faults

  func setFaults(_ change: @escaping @Sendable (inout Faults) -> Void) {
    loop.post { [weak self] in self?.state.withLock { change(&$0.faults) } }
  }

  func setStalled(_ isStalled: Bool) {
    loop.post { [weak self] in
      let held = self?.state.withLock { state in
        state.isStalled = isStalled
        defer { if !isStalled { state.held = [] } }
        return isStalled ? [] : state.held
      }
      for send in held ?? [] { send() }
    }
  }

  /// - Parameter session: nil for all.
  func endConnections(_ end: End, of session: String? = nil) {
    loop.post { [weak self] in
      guard let self else { return }
      for sid in session.map({ [$0] }) ?? sids { self.end(sid, end) }
    }
  }

  func sendRaw(_ text: String) {
    loop.post { [weak self] in
      guard let self else { return }
      for sid in sids { send(.message(.text(text)), in: sid) }
    }
  }

  private var sids: [String] { state.withLock { $0.sessions.keys.sorted() } }

  func report(_ problem: String) { state.withLock { $0.problems.append(problem) } }
}
