import Logging

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The part of a Manager that runs on the loop. It drives the Manager's state machine, and owns the engine, the parser
/// and the drivers of the Sockets. The loop is the actor's executor.
///
/// All consequences of an action have happened before the next one is performed, as in a chain of synchronous calls.
actor ManagerCore {
  nonisolated let loop: any Loop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let connector: any Connector
  let parser: any SocketParser
  let handlerQueue: HandlerQueue
  let logger: SafeLogger
  private(set) weak var manager: Manager?

  private(set) var machine: ManagerStateMachine
  // Both are used for each message, and no use can begin inside another: docs/design.md, "State machines and drivers".
  @exclusivity(unchecked) private var assembler: PacketAssembler
  @exclusivity(unchecked) private(set) var engine: Engine?
  let closing = ClosingEngines()
  private var connectTimer: (any LoopTimer)?
  private var delayTimer: (any LoopTimer)?
  /// The number of connections opened so far.
  private(set) var connection = 0
  /// The transport of the connection or, without one, of the last.
  private(set) var transport = TransportName.polling
  private let engineTally = EngineTally()
  /// Counts that have no other place, and those of freed Sockets.
  @Rare var tally: ManagerStatistics
  private var attempts = 0
  private var pingIntervals = DurationSummary()
  private var lastPing: UInt64?
  private var openCallbacks: [@Sendable (SocketIOError?) -> Void] = []

  let drivers = SocketTable()
  /// The namespaces that were left on this connection and not joined again, each with its DISCONNECT.
  var leftNamespaces = LeftNamespaces()
  let deadlines: DeadlineTimer<SocketDeadline>
  let writerLine: WriterLine
  @Rare private var readingPauses: ReadingPauses
  /// Limits the bytes of events that wait for the answer to CONNECT.
  let receiveLimit: Int

  init(
    loop: any Loop, connector: any Connector, options: borrowing SocketIOOptions, handlerQueue: HandlerQueue,
    logger: SafeLogger
  ) {
    self.loop = loop
    self.connector = connector
    parser = options.parser
    self.handlerQueue = handlerQueue
    self.logger = logger
    writerLine = WriterLine(highWaterMark: options.highWaterMark)
    receiveLimit = options.maxMessageSize
    machine = ManagerStateMachine(connector.reconnectionSettings())
    assembler = PacketAssembler(parser)
    deadlines = DeadlineTimer(loop)
  }

  func attach(_ manager: Manager) {
    self.manager = manager
    // The queue holds the core until `shutDown`.
    handlerQueue.whenRoom { self.assumeIsolated { $0.resumeReading() } }
    deadlines.onDue = { self.drivers[$0.socket]?.isDue($0, on: self) }
  }

  /// Whether the core holds nothing of any Socket.
  var isWithoutSockets: Bool { drivers.isEmpty && deadlines.isEmpty }

  // MARK: Commands of the Manager

  func open(_ callback: (@Sendable (SocketIOError?) -> Void)?) {
    if let callback { openCallbacks.append(callback) }
    handle(.open(isAwaited: callback != nil))
  }

  /// Releases the connection, and calls back on the loop when this and earlier connections have ended and the handlers
  /// have run, or when the time is over.
  func close(within milliseconds: UInt64, _ callback: @escaping @Sendable () -> Void) {
    // If another thread has connected a Socket meanwhile, the connection stays.
    releaseIfUnused()
    closing.awaitEnd(within: milliseconds, on: self, callback)
  }

  /// Closes the engine as if the connection were lost: the Manager reconnects.
  func closeEngine() { engine?.close() }

  /// Called once before a batch of emits is sent.
  func checkHeartbeat() { engine?.checkHeartbeat() }

  func settingsChanged() { handle(.settingsChanged) }

  /// The Manager was freed, and with it every Socket that could be active.
  func shutDown() {
    for driver in drivers.all { driver.handle(.dispose, on: self) }
    handle(.released)
    connectTimer?.close()
    delayTimer?.close()
    // The timers hold the core.
    connectTimer = nil
    delayTimer = nil
    deadlines.close()
    handlerQueue.whenRoom(nil)
  }

  // MARK: Statistics

  func statistics() -> ManagerStatistics {
    var statistics = tally
    statistics.attempts = attempts
    statistics.connections = connection
    statistics.pingIntervals = pingIntervals
    statistics.traffic = engineTally.traffic
    statistics.probeRoundTrips = engineTally.probeRoundTrips
    statistics.queuedBytes = queuedBytes
    statistics.inboundBytes = handlerQueue.inboundBytes
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
    // Nothing is queued any more, and no transport will report that.
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
    // An idle connection keeps no unneeded timer.
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
      handlerQueue.enqueue { self.loop.post { self.assumeIsolated { $0.handle(.handlersConsulted(consultation)) } } }
    case .announceAttempt(let attempt, let announcement):
      logger.record(.reconnectAttempt(attempt))
      // The attempt waits for the handlers, which may change options for it or cancel it.
      handlerQueue.enqueue { [weak manager] in
        self.loop.post { self.assumeIsolated { $0.handle(.announcementBegan(announcement)) } }
        manager?.dispatch(.reconnectAttempt(attempt))
        if self.handlerQueue.isPaused {
          self.loop.post { self.assumeIsolated { $0.handle(.announcementWaits(announcement)) } }
        }
        self.handlerQueue.afterPauseIfAny {
          self.loop.post { self.assumeIsolated { $0.handle(.attemptAnnounced(announcement)) } }
        }
      }
    case .resetDecoder: assembler.reset()
    case .socketsOpened:
      connection += 1
      leftNamespaces = LeftNamespaces()
      for driver in drivers.active { startJoining(driver) }
    case .socketsFailed(let error):
      for driver in drivers.active { driver.handle(.managerFailed(error), on: self) }
    case .socketsClosed(let reason, let error):
      for driver in drivers.active { driver.handle(.managerClosed(reason, error), on: self) }
    case .notify(let change):
      if case .reconnect = change { tally.reconnections += 1 }
      logger.record(change)
      // Without listeners, no thread is woken.
      if manager?.handlers.isEmpty == true, handlerQueue.leavesOutUnheard { return }
      if case .ping = change, manager?.awaitPing() == false { return }
      handlerQueue.enqueue { [weak manager] in manager?.dispatch(change) }
    case .gaveUp(let error):
      for driver in drivers.active { driver.gaveUp(error, on: self) }
      guard let manager, !manager.handlers.isEmpty(.gaveUp) else { return }
      handlerQueue.enqueue { manager.dispatch(gaveUp: error) }
    case .completeOpen(let error):
      let callbacks = openCallbacks
      openCallbacks = []
      for callback in callbacks { handlerQueue.enqueue { callback(error) } }
    }
  }

  private func openEngine() {
    do {
      attempts += 1
      let engine = try connector.makeEngine()
      self.engine = engine
      engine.tally = engineTally
      let identity = ObjectIdentifier(engine)
      // The engine holds these closures, and so the core, until it reports `.finished`; `onText` until its release.
      engine.onReport = { self.reported($0, by: identity) }
      engine.onText = { self.received($0) }
      engine.onWritable = { self.writerLine.admit(on: self) }
      engine.open()
    } catch {
      handle(.engineFailed(error))
    }
  }

  private func releaseEngine() {
    guard let engine else { return }
    self.engine = nil
    engine.onText = nil
    _ = readingPauses.end(at: loop.nanoseconds)
    lastPing = nil
    drivers.forgetUnanswered()
    closing.add(engine)
    manager?.publish(transport: nil)
    engine.close()
  }

  private func reported(_ report: consuming EngineReport, by identity: ObjectIdentifier) {
    guard let engine, ObjectIdentifier(engine) == identity else {
      if case .finished = report { closing.remove(identity, on: self) }
      return
    }
    switch consume report {
    case .binary(let data): received(data)
    case .opened(let handshake, let transport):
      logger.record(.debug, "connected", [.sid(handshake.sid), .transport(transport)])
      use(transport)
      handle(.engineOpened)
    case .ping:
      let now = loop.nanoseconds
      if let lastPing { pingIntervals.record(nanoseconds: now - lastPing) }
      lastPing = now
      perform(.notify(.ping))
    case .upgraded(let transport):
      tally.upgrades += 1
      use(transport)
      perform(.notify(.upgrade(transport)))
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

  private func use(_ transport: TransportName) {
    self.transport = transport
    connector.remember(websocketWorks: transport == .websocket)
    manager?.publish(transport: transport)
  }

  private func received(_ text: UnsafeRawBufferPointer) {
    do {
      switch try assembler.add(text) {
      case nil: break
      case .text(let head): drivers.active(in: head.namespace)?.received(head, text, on: self)
      case .packet(let packet): received(packet)
      }
    } catch {
      undecodable(error)
    }
  }

  private func received(_ data: Data) {
    do {
      if let packet = try assembler.add(data) { received(packet) }
    } catch {
      undecodable(error)
    }
  }

  private func undecodable(_ error: any Error) {
    logger.record(.warning, "undecodable packet: \(error)")
    handle(.parseFailed(SocketIOError(.protocolViolation, "parse error: \(error)", underlying: error)))
  }

  private func received(_ packet: ReceivedPacket) {
    let namespace = packet.namespace
    switch packet.content {
    case .event(let event): drivers.active(in: namespace)?.received(event, on: self)
    case .ack(let arguments): drivers.active(in: namespace)?.acknowledged(packet.id, arguments, on: self)
    case .disconnect:
      // The server cuts the connection of a client that leaves a namespace which the server has already ended.
      if let farewell = leftNamespaces[namespace] { engine?.withdraw(farewell) }
      drivers.active(in: namespace)?.received(.disconnect, on: self)
    case .connect, .connectError: connectAnswered(packet.content, in: namespace)
    }
  }

  /// The server has answered a CONNECT, so it has sent everything of the previous session.
  private func connectAnswered(_ answer: ReceivedPacket.Content, in namespace: String) {
    guard let driver = drivers.unanswered(in: namespace) ?? drivers.active(in: namespace) else { return }
    leftNamespaces[namespace] = nil
    driver.received(answer, on: self)
    // If that Socket was freed meanwhile, its successor waits for this answer.
    if drivers[driver.key] == nil, let next = drivers.active(in: namespace) { startJoining(next) }
  }

  // MARK: Flow control in

  /// Queues calls of handlers with what the server sent.
  func enqueue(_ item: consuming HandlerQueue.Item, text: LentBytes = .none) {
    if handlerQueue.enqueue(consume item, text: text) { pauseReading() }
  }

  /// Completes the wait of an emit for its acknowledgement.
  func complete(_ handler: consuming AckHandler, _ answer: consuming AckHandler.Answer) {
    switch consume handler {
    case .callback(let callback): enqueue(.answer(callback, (consume answer).map { ReceivedAnswer($0) }))
    case .inline(let callback): callback(consume answer)
    case .task(let continuation): continuation.resume(returning: consume answer)
    }
  }

  /// As ``complete(_:_:)``, with the answer in a short text.
  func complete(_ handler: consuming AckHandler, _ head: PacketHead, _ text: UnsafeRawBufferPointer) {
    func arguments() -> ReceivedArguments { .json(JSONArguments(text, start: head.argumentsStart)) }
    // Each case by itself: with a default for two of them, the compiler would copy the callback.
    switch consume handler {
    case .callback(let callback): enqueue(.answerText(callback), text: LentBytes(text))
    case .inline(let callback): callback(.success(arguments()))
    case .task(let continuation): continuation.resume(returning: .success(arguments()))
    }
  }

  /// More than `inboundBuffer` waits for handlers.
  private func pauseReading() {
    guard let engine, engine.pauseReading() else { return }
    if let text = readingPauses.begin(at: loop.nanoseconds, waiting: handlerQueue.inboundBytes) {
      logger.record(.warning, "\(text)", [])
    }
  }

  private func resumeReading() {
    // More may have arrived since there was room.
    guard let engine, !handlerQueue.isFull else { return }
    engine.resumeReading()
    if let text = readingPauses.end(at: loop.nanoseconds) { logger.record(.info, "\(text)", []) }
  }
}
