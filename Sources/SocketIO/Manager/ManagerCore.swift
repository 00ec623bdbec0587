/// The part of a Manager that lives on the loop: drives its state machine, and has its engine, its parser and the
/// drivers of its Sockets.
///
/// Everything here runs on the loop's thread, which the compiler checks: the loop is the actor's executor. Actions are
/// performed depth first, so that what follows from an action has happened before the next one, as in a chain of
/// synchronous calls.
actor ManagerCore {
  nonisolated let loop: any Loop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let connector: any Connector
  let parser: any Parser
  let delivery: Delivery
  let logger: SafeLogger
  private(set) weak var manager: Manager?

  private(set) var machine: ManagerStateMachine
  private var decoder: any PacketDecoder
  private(set) var engine: Engine?
  let closing = ClosingEngines()
  private var connectTimer: (any LoopTimer)?
  private var delayTimer: (any LoopTimer)?
  /// Counts the connections that were opened.
  private(set) var connection = 0
  private let engineTally = EngineTally()
  /// What has no other place to be counted in, and the Sockets that are gone.
  @Rare var tally: Statistics
  private var attempts = 0
  private var pingIntervals = DurationSummary()
  private var lastPing: UInt64?
  private var openCallbacks: [@Sendable (SocketIOError?) -> Void] = []

  var drivers = SocketTable()
  /// What Sockets have left on the present connection, and none has joined again, with the DISCONNECT of each.
  var leftNamespaces = LeftNamespaces()
  let deadlines: DeadlineTimer<SocketDeadline>
  let writerLine: WriterLine
  @Rare private var readingPauses: ReadingPauses
  /// Bytes of the packet that is being received or handled, its attachments included.
  private var arrived = 0
  /// Bytes of events that may wait for the answer to CONNECT.
  let receiveLimit: Int

  init(
    loop: any Loop, connector: any Connector, options: borrowing SocketIOOptions, delivery: Delivery, logger: SafeLogger
  ) {
    self.loop = loop
    self.connector = connector
    parser = options.parser
    self.delivery = delivery
    self.logger = logger
    writerLine = WriterLine(highWaterMark: options.highWaterMark)
    receiveLimit = options.maxMessageSize
    machine = ManagerStateMachine(connector.reconnectionSettings())
    decoder = parser.makeDecoder()
    deadlines = DeadlineTimer(loop)
    delivery.whenRoom { [weak self] in self?.assumeIsolated { $0.resumeReading() } }
  }

  func attach(_ manager: Manager) {
    self.manager = manager
    deadlines.onDue = { self.drivers[$0.socket]?.isDue($0, on: self) }
  }

  /// Whether nothing is kept of any Socket.
  var isWithoutSockets: Bool { drivers.isEmpty && deadlines.isEmpty }

  // MARK: Commands of the Manager

  func open(_ callback: (@Sendable (SocketIOError?) -> Void)?) {
    if let callback { openCallbacks.append(callback) }
    handle(.open(isAwaited: callback != nil))
  }

  /// Lets the connection go, and calls back on the loop when nothing is left of it or of those before it and the
  /// handlers were told, or when the time is over.
  func close(within milliseconds: UInt64, _ callback: @escaping @Sendable () -> Void) {
    // A Socket that another thread has connected again meanwhile keeps the connection.
    releaseIfUnused()
    closing.awaitEnd(within: milliseconds, on: self, callback)
  }

  /// Closes the engine as if the connection were lost: the Manager reconnects.
  func closeEngine() { engine?.close() }

  /// Called before what is emitted together is sent.
  func checkHeartbeat() { engine?.checkHeartbeat() }

  func settingsChanged() { handle(.settingsChanged) }

  /// The Manager is gone, and with it every Socket that could be active.
  func shutDown() {
    for driver in drivers.all { driver.handle(.dispose, on: self) }
    handle(.released)
    connectTimer?.close()
    delayTimer?.close()
    // They hold the core.
    connectTimer = nil
    delayTimer = nil
    deadlines.close()
  }

  // MARK: Statistics

  func statistics() -> Statistics {
    var statistics = tally
    statistics.attempts = attempts
    statistics.connections = connection
    statistics.pingIntervals = pingIntervals
    statistics.traffic = engineTally.traffic
    statistics.probeRoundTrips = engineTally.probeRoundTrips
    statistics.queuedBytes = queuedBytes
    statistics.inboundBytes = delivery.inboundBytes
    statistics.readingPauses = readingPauses.count
    statistics.readingPaused = readingPauses.total(at: loop.nanoseconds)
    statistics.sinceLastPing = lastPing.map { .nanoseconds(Int64(clamping: loop.nanoseconds - $0)) }
    for driver in drivers.all { statistics.events.add(driver.machine.statistics) }
    return statistics
  }

  func statistics(of key: Int) -> EventStatistics { drivers[key]?.machine.statistics ?? EventStatistics() }

  // MARK: The connection

  func handle(_ event: ManagerStateMachine.Event) {
    machine.settings = connector.reconnectionSettings()
    let actions = machine.handle(event)
    manager?.publish(isOpen: machine.state == .open)
    for action in actions { perform(action) }
    // Nothing is queued any more, and no transport will say so.
    if engine == nil { writerLine.admit(on: self) }
  }

  private func perform(_ action: ManagerStateMachine.Action) {
    switch action {
    case .openEngine: openEngine()
    case .releaseEngine: releaseEngine()
    case .startConnectTimer(let milliseconds):
      let timer =
        connectTimer
        ?? loop.makeTimer {
          self.connector.remember(websocketWorks: false)
          self.handle(.connectTimeout)
        }
      connectTimer = timer
      timer.start(milliseconds: milliseconds)
    // An idle connection keeps no timer that it does not need.
    case .stopConnectTimer: connectTimer.take()?.close()
    case .startDelay(let milliseconds):
      if machine.state == .waiting {
        logger.record(.debug, "waiting to reconnect", [.delay(milliseconds: milliseconds)])
      }
      let timer = delayTimer ?? loop.makeTimer { self.handle(.delayElapsed) }
      delayTimer = timer
      timer.start(milliseconds: milliseconds)
    case .stopDelay: delayTimer?.stop()
    case .consultHandlers(let consultation):
      delivery.enqueue { self.loop.post { self.assumeIsolated { $0.handle(.handlersConsulted(consultation)) } } }
    case .announceAttempt(let attempt, let announcement):
      logger.record(.reconnectAttempt(attempt))
      // The handlers may change the options for this attempt, or call it off: it waits for them.
      delivery.enqueue { [weak manager] in
        self.loop.post { self.assumeIsolated { $0.handle(.announcementBegan(announcement)) } }
        manager?.dispatch(.reconnectAttempt(attempt))
        self.loop.post { self.assumeIsolated { $0.handle(.attemptAnnounced(announcement)) } }
      }
    case .resetDecoder:
      decoder.reset()
      arrived = 0
    case .socketsOpened:
      connection += 1
      leftNamespaces = LeftNamespaces()
      for driver in drivers.active { startJoining(driver) }
    case .socketsFailed(let error):
      for driver in drivers.active { driver.handle(.managerFailed(error), on: self) }
    case .socketsClosed(let reason, let error):
      for driver in drivers.active { driver.handle(.managerClosed(reason, error), on: self) }
    case .emit(let notice):
      if case .reconnect = notice { tally.reconnections += 1 }
      logger.record(notice)
      // Where nobody listens, no thread is woken.
      if manager?.handlers.isEmpty == true, delivery.leavesOutUnheard { return }
      if case .ping = notice, manager?.awaitPing() == false { return }
      delivery.enqueue { [weak manager] in manager?.dispatch(notice) }
    case .gaveUp(let error):
      guard let manager, !manager.handlers.isEmpty(.gaveUp) else { return }
      delivery.enqueue { manager.dispatch(gaveUp: error) }
    case .completeOpen(let error):
      let callbacks = openCallbacks
      openCallbacks = []
      for callback in callbacks { delivery.enqueue { callback(error) } }
    }
  }

  private func openEngine() {
    do {
      attempts += 1
      let engine = try connector.makeEngine()
      self.engine = engine
      engine.tally = engineTally
      let identity = ObjectIdentifier(engine)
      // The engine holds this closure, and so the core, until it has finished.
      engine.onReport = { self.reported($0, by: identity) }
      engine.onWritable = { self.writerLine.admit(on: self) }
      engine.open()
    } catch {
      handle(.engineFailed(error))
    }
  }

  private func releaseEngine() {
    guard let engine else { return }
    self.engine = nil
    _ = readingPauses.end(at: loop.nanoseconds)
    lastPing = nil
    drivers.forgetUnanswered()
    closing.add(engine)
    manager?.publish(transport: nil)
    engine.close()
  }

  private func reported(_ report: EngineReport, by identity: ObjectIdentifier) {
    guard let engine, ObjectIdentifier(engine) == identity else {
      if case .finished = report { closing.remove(identity, on: self) }
      return
    }
    switch report {
    case .message(let message): received(message)
    case .opened(let handshake, let transport):
      logger.record(.debug, "connected", [.sid(handshake.sid), .transport(transport)])
      connector.remember(websocketWorks: transport == .websocket)
      manager?.publish(transport: transport)
      handle(.engineOpened)
    case .ping:
      let now = loop.nanoseconds
      if let lastPing { pingIntervals.record(nanoseconds: now - lastPing) }
      lastPing = now
      perform(.emit(.ping))
    case .upgraded(let transport):
      tally.upgrades += 1
      connector.remember(websocketWorks: transport == .websocket)
      manager?.publish(transport: transport)
      perform(.emit(.upgrade(transport)))
    case .upgradeFailed(let error):
      logger.record(
        .info, "the upgrade failed, the connection stays as it is: \(error.message)",
        [.transport(.websocket), .error(error)])
    case .failed(let error):
      connector.remember(websocketWorks: false)
      handle(.engineFailed(error))
    case .closed(let reason, let error):
      if let error, reason != .transportError {
        logger.record(.debug, "the connection ended: \(error.message)", [.reason(reason), .error(error)])
      }
      if reason == .transportError { connector.remember(websocketWorks: false) }
      handle(.engineClosed(reason, error))
    case .finished: self.engine = nil
    }
  }

  private func received(_ message: EngineMessage) {
    do {
      arrived += message.size
      guard let packet = try decoder.decode(message) else { return }
      defer { arrived = 0 }
      switch packet.content {
      case .connect, .connectError:
        arrived = 0  // it brings no event, but lets those go that waited for it
        answered(packet)
      case .disconnect, .event, .ack:
        // The server would cut a client that leaves a namespace which it has ended itself.
        if case .disconnect = packet.content, let farewell = leftNamespaces[packet.namespace] {
          engine?.withdraw(farewell)
        }
        drivers.active(in: packet.namespace)?.handle(.received(packet), on: self)
      }
    } catch {
      arrived = 0
      logger.record(.warning, "undecodable packet: \(error)")
      handle(.parseFailed(SocketIOError(.protocolViolation, "parse error: \(error)", underlying: error)))
    }
  }

  /// The server has answered a CONNECT, and so has sent all of the session before.
  private func answered(_ packet: Packet) {
    let namespace = packet.namespace
    guard let driver = drivers.unanswered(in: namespace) ?? drivers.active(in: namespace) else { return }
    leftNamespaces[namespace] = nil
    driver.handle(.received(packet), on: self)
    // Where it was let go meanwhile, its successor waits for this answer.
    if drivers[driver.key] == nil, let next = drivers.active(in: namespace) { startJoining(next) }
  }

  // MARK: Flow control in

  /// Has handlers called with what the server sent.
  func enqueue(_ item: consuming Delivery.Item, ifHeard isHeard: () -> Bool = { true }) {
    if delivery.enqueue(item, ifHeard: isHeard) { pauseReading() }
  }

  /// What an event or an answer counts for in the gauge. One that waited for the answer to CONNECT is estimated.
  func inboundBytes(_ values: [SocketValue]) -> Int {
    let received = arrived > 0 ? arrived : SocketValue.array(values).estimatedSize
    return values.reduce(InboundGauge.overhead + received) { $0 + $1.containerSize }
  }

  /// Handlers are behind with more than `inboundBuffer`.
  private func pauseReading() {
    guard let engine, engine.pauseReading() else { return }
    if let text = readingPauses.begin(at: loop.nanoseconds, waiting: delivery.inboundBytes) {
      logger.record(.warning, "\(text)", [])
    }
  }

  private func resumeReading() {
    // More may have come since there was room.
    guard let engine, !delivery.isFull else { return }
    engine.resumeReading()
    if let text = readingPauses.end(at: loop.nanoseconds) { logger.record(.info, "\(text)", []) }
  }
}
