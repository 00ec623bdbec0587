import Logging

/// The part of a Manager that lives on the loop: drives its state machine and those of its Sockets, its engine and its parser.
///
/// Everything here runs on the loop's thread, which the compiler checks: the loop is the actor's executor. Actions are performed depth first,
/// so that what follows from an action has happened before the next one, as in a chain of synchronous calls.
actor ManagerCore {
  nonisolated let loop: any Loop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let connector: any Connector
  private let parser: any Parser
  private let delivery: Delivery
  private let logger: Logger
  private weak var manager: Manager?

  private var machine: ManagerStateMachine
  private var decoder: any PacketDecoder
  private var engine: Engine?
  /// Let go by the machine, but still sending what they had.
  private var closingEngines: [ObjectIdentifier: Engine] = [:]
  private var connectTimer: (any LoopTimer)?
  private var delayTimer: (any LoopTimer)?
  /// Counts the connections that were opened.
  private var connection = 0
  private let engineTally = EngineTally()
  /// What has no other place to be counted in, and the Sockets that are gone.
  private var tally = Statistics()
  private var lastPing: UInt64?
  private var openCallbacks: [@Sendable (SocketIOError?) -> Void] = []
  private var closings: [Int: Closing] = [:]
  private var nextClosing = 0

  /// Somebody who waits for the end of the connection, and for no longer than his timer runs.
  private struct Closing {
    let callback: @Sendable () -> Void
    let timer: any LoopTimer
  }

  private var slots: [Int: SocketSlot] = [:]
  /// What Sockets have left on the present connection, and none has joined again.
  private var leftNamespaces: Set<String> = []
  private var answerWatch = AnswerWatch()
  private var answerTimer: (any LoopTimer)?
  /// In the order in which they became active.
  private var activeSlots: [SocketSlot] = []
  /// Bytes that may be queued before `emitWhenWritable` waits.
  private let highWaterMark: Int
  /// Bytes of events that may wait for the answer to CONNECT.
  private let receiveLimit: Int

  init(
    loop: any Loop, connector: any Connector, options: borrowing SocketIOOptions, delivery: Delivery, logger: Logger
  ) {
    self.loop = loop
    self.connector = connector
    parser = options.parser
    self.delivery = delivery
    self.logger = logger
    highWaterMark = options.highWaterMark
    receiveLimit = options.maxMessageSize
    machine = ManagerStateMachine(connector.reconnectionSettings())
    decoder = parser.makeDecoder()
  }

  func attach(_ manager: Manager) { self.manager = manager }

  // MARK: Commands of the Manager

  func open(_ callback: (@Sendable (SocketIOError?) -> Void)?) {
    if let callback { openCallbacks.append(callback) }
    handle(.open(isAwaited: callback != nil))
  }

  /// Lets the connection go, and calls back on the loop when nothing is left of it or of those before it and the handlers were told, or
  /// when the time is over.
  func close(within milliseconds: UInt64, _ callback: @escaping @Sendable () -> Void) {
    nextClosing += 1
    let number = nextClosing
    let timer = loop.makeTimer { self.completeClosing(number) }
    closings[number] = Closing(callback: callback, timer: timer)
    timer.start(milliseconds: milliseconds)
    // A Socket that another thread has connected again meanwhile keeps the connection.
    if activeSlots.isEmpty { handle(.released) }
    completeClosings()
  }

  private func completeClosings() {
    guard closingEngines.isEmpty else { return }
    for number in closings.keys {
      // Behind what the handlers are still to be told.
      delivery.enqueue { self.loop.post { self.assumeIsolated { $0.completeClosing(number) } } }
    }
  }

  private func completeClosing(_ number: Int) {
    guard let closing = closings.removeValue(forKey: number) else { return }
    closing.timer.close()
    closing.callback()
  }

  /// Closes the engine as if the connection were lost: the Manager reconnects.
  func closeEngine() { engine?.close() }

  func settingsChanged() { handle(.settingsChanged) }

  /// The Manager is gone, and with it every Socket that could be active.
  func shutDown() {
    for slot in slots.values {
      handle(.dispose, slot)
      slot.refusalTimer.take()?.close()
    }
    handle(.released)
    connectTimer?.close()
    delayTimer?.close()
    answerTimer?.close()
    // They hold the core.
    connectTimer = nil
    delayTimer = nil
    answerTimer = nil
  }

  // MARK: Commands of the Sockets

  func add(_ socket: Socket) {
    slots[socket.key] = SocketSlot(socket, receiveLimit: receiveLimit, clock: { [loop] in loop.nanoseconds })
  }

  func remove(_ key: Int) {
    guard let slot = slots[key] else { return }
    handle(.dispose, slot)
    slot.refusalTimer.take()?.close()
    tally.events.add(slot.machine.statistics)
    if slot.machine.awaitsAnswer(on: connection) {
      // The next Socket of the namespace has to wait for that answer too.
      slot.isRemoved = true
    } else {
      slots[key] = nil
    }
  }

  func connect(_ key: Int) {
    if let slot = slots[key] { handle(.connect, slot) }
  }

  /// Calls back on the loop as soon as the Socket has joined its namespace, or failed to.
  func awaitJoining(_ key: Int, _ callback: @escaping @Sendable (SocketIOError?) -> Void) {
    slots[key]?.joinCallbacks.append(callback)
  }

  func disconnect(_ key: Int) {
    guard let slot = slots[key] else { return }
    slot.disconnects += 1
    handle(.disconnect, slot)
  }

  /// Called before what is emitted together is sent.
  func checkHeartbeat() { engine?.checkHeartbeat() }

  func emit(_ key: Int, _ emission: Emission) {
    if let slot = slots[key] { handle(.emit(emission, canSendNow: engine?.canSendNow ?? false), slot) }
  }

  func emitWhenWritable(_ key: Int, _ writer: WaitingWriter) {
    guard let slot = slots[key] else { return writer.resume(.disconnected) }
    checkHeartbeat()
    handle(.emitWhenWritable(writer), slot)
  }

  func cancelWriter(_ key: Int, _ token: AckToken) {
    if let slot = slots[key] { handle(.writerCancelled(token), slot) }
  }

  func cancelAck(_ key: Int, _ token: AckToken) {
    if let slot = slots[key] { handle(.ackCancelled(token), slot) }
  }

  func reply(_ key: Int, session: Int, id: Int, _ arguments: [SocketValue]) {
    if let slot = slots[key] { handle(.reply(session: session, id: id, arguments), slot) }
  }

  /// The handlers of the refusal have run, or have had their time.
  private func refusedConsulted(_ key: Int, session: Int) {
    guard let slot = slots[key] else { return }
    handle(.refusedConsulted(session: session), slot)
    if !slot.machine.isRefused { slot.refusalTimer.take()?.close() }
  }

  private func authenticated(_ key: Int, session: Int, _ result: Result<SocketValue?, SocketIOError>) {
    if let slot = slots[key] { handle(.authenticated(session: session, result), slot) }
  }

  // MARK: Statistics

  func statistics() -> Statistics {
    var statistics = tally
    statistics.traffic = engineTally.traffic
    statistics.probeRoundTrips = engineTally.probeRoundTrips
    statistics.queuedBytes = engine?.queuedBytes ?? 0
    statistics.sinceLastPing = lastPing.map { .nanoseconds(Int64(clamping: loop.nanoseconds - $0)) }
    for slot in slots.values where !slot.isRemoved { statistics.events.add(slot.machine.statistics) }
    return statistics
  }

  func statistics(of key: Int) -> EventStatistics { slots[key]?.machine.statistics ?? EventStatistics() }

  // MARK: The connection

  private func handle(_ event: ManagerStateMachine.Event) {
    machine.settings = connector.reconnectionSettings()
    let actions = machine.handle(event)
    manager?.publish(isOpen: machine.state == .open)
    for action in actions { perform(action) }
    // Nothing is queued any more, and no transport will say so.
    if engine == nil { admitWriters() }
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
    case .resetDecoder: decoder.reset()
    case .socketsOpened:
      connection += 1
      tally.connections = connection
      leftNamespaces = []
      for slot in activeSlots { join(slot) }
    case .socketsFailed(let error):
      for slot in activeSlots { handle(.managerFailed(error), slot) }
    case .socketsClosed(let reason, let error):
      for slot in activeSlots { handle(.managerClosed(reason, error), slot) }
    case .emit(let notice):
      if case .reconnect = notice { tally.reconnections += 1 }
      logger.record(notice)
      // Where nobody listens, no thread is woken.
      if manager?.handlers.isEmpty == true, delivery.leavesOutUnheard { return }
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
      tally.attempts += 1
      let engine = try connector.makeEngine()
      self.engine = engine
      engine.tally = engineTally
      let identity = ObjectIdentifier(engine)
      // The engine holds this closure, and so the core, until it has finished.
      engine.onReport = { self.reported($0, by: identity) }
      engine.onWritable = { self.admitWriters() }
      engine.open()
    } catch {
      handle(.engineFailed(error))
    }
  }

  private func releaseEngine() {
    guard let engine else { return }
    self.engine = nil
    lastPing = nil
    slots = slots.filter { !$0.value.isRemoved }
    closingEngines[ObjectIdentifier(engine)] = engine
    manager?.publish(transport: nil)
    engine.close()
  }

  private func reported(_ report: EngineReport, by identity: ObjectIdentifier) {
    guard let engine, ObjectIdentifier(engine) == identity else {
      if case .finished = report {
        closingEngines[identity] = nil
        completeClosings()
      }
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
      if let lastPing { tally.pingIntervals.record(nanoseconds: now - lastPing) }
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
      guard let packet = try decoder.decode(message) else { return }
      switch packet.content {
      case .connect, .connectError: answered(packet)
      case .disconnect, .event, .ack: if let slot = activeSlot(packet.namespace) { handle(.received(packet), slot) }
      }
    } catch {
      logger.warning("undecodable packet: \(error)")
      handle(.parseFailed(SocketIOError(.protocolViolation, "parse error: \(error)", underlying: error)))
    }
  }

  // MARK: The Sockets

  private func activeSlot(_ namespace: String) -> SocketSlot? {
    activeSlots.first { $0.machine.namespace == namespace }
  }

  /// The Socket whose CONNECT is unanswered, which may have left since, or been let go.
  private func joiningSlot(_ namespace: String) -> SocketSlot? {
    slots.values.first { $0.machine.namespace == namespace && $0.machine.awaitsAnswer(on: connection) }
  }

  /// The connection stands.
  private func join(_ slot: SocketSlot) {
    handle(.managerOpened(connection: connection, wasLeft: leftNamespaces.contains(slot.machine.namespace)), slot)
  }

  /// The server has answered a CONNECT, and so has sent all of the session before.
  private func answered(_ packet: Packet) {
    guard let slot = joiningSlot(packet.namespace) ?? activeSlot(packet.namespace) else { return }
    leftNamespaces.remove(packet.namespace)
    handle(.received(packet), slot)
    guard slot.isRemoved else { return }
    slots[slot.key] = nil
    if let next = activeSlot(packet.namespace) { join(next) }
  }

  private func watchAnswer(to slot: SocketSlot) {
    guard slot.machine.isJoining else {
      guard !answerWatch.isEmpty else { return }
      answerWatch.end(slot.key)
      if answerWatch.isEmpty { answerTimer.take()?.close() }
      return
    }
    let isFirst = answerWatch.isEmpty
    let limit = machine.settings.timeout ?? AnswerWatch.usualLimit
    answerWatch.begin(slot.key, deadline: loop.now + limit)
    guard isFirst else { return }
    let timer = answerTimer ?? loop.makeTimer { self.answersMissing() }
    answerTimer = timer
    timer.start(milliseconds: limit)
  }

  private func answersMissing() {
    let now = loop.now
    for key in answerWatch.takeDue(now) {
      guard let slot = slots[key] else { continue }
      logger.record(
        .warning, "the server has not answered the request to join the namespace; waiting on",
        [.namespace(slot.machine.namespace)])
    }
    if let next = answerWatch.nextDeadline { answerTimer?.start(milliseconds: next - now) }
  }

  // MARK: Backpressure

  private func admitWriters() {
    for slot in slots.values where slot.machine.hasWriters { admitWriters(slot) }
  }

  /// Has events sent that waited until less is queued, for as long as that is so.
  private func admitWriters(_ slot: SocketSlot) {
    guard !slot.isAdmitting else { return }
    slot.isAdmitting = true
    defer { slot.isAdmitting = false }
    while slot.machine.hasWriters, slot.machine.bufferedBytes + (engine?.queuedBytes ?? 0) <= highWaterMark {
      for action in slot.machine.handle(.admitWriter(canSendNow: engine?.canSendNow ?? false)) { perform(action, slot) }
    }
  }

  // MARK: Actions of the Sockets

  private func handle(_ event: consuming SocketStateMachine.Event, _ slot: SocketSlot) {
    let (actions, stateHasChanged) = slot.handle(event)
    guard stateHasChanged else { return perform(actions, slot) }
    if !slot.machine.isAuthenticating { slot.authentication.take()?.cancel() }
    // A Socket that nobody else holds is still told of its end.
    let socket = slot.socket
    slot.publishState()
    watchAnswer(to: slot)
    if slot.machine.isActive != slot.isActive {
      slot.isActive.toggle()
      if slot.isActive {
        activeSlots.append(slot)
        // A Socket that wants to be connected lives on, whether or not the user holds it.
        slot.retained = socket
      } else {
        activeSlots.removeAll { $0 === slot }
        slot.retained = nil
      }
    }
    perform(actions, slot)
    if !slot.isActive { slot.completeJoining(.disconnected) }
    withExtendedLifetime(socket) {}
  }

  private func perform(_ actions: ActionList<SocketStateMachine.Action>, _ slot: SocketSlot) {
    for action in actions { perform(action, slot) }
    if slot.machine.hasWriters { admitWriters(slot) }
  }

  private func perform(_ action: consuming SocketStateMachine.Action, _ slot: SocketSlot) {
    switch action {
    case .openManager:
      if machine.state == .open {
        // Where another Socket of the namespace was let go before it was answered, the answer comes first.
        let joining = joiningSlot(slot.machine.namespace)
        if joining == nil || joining === slot { join(slot) }
      } else {
        handle(.connectionWanted)
      }
    case .release:
      if activeSlots.isEmpty { handle(.released) }
    case .authenticate(let session): authenticate(slot, session)
    case .send(let packet, let isCompressed): send(packet, slot, isCompressed: isCompressed)
    case .deliver(let delivered):
      logger.record(delivered, slot.machine.namespace)
      switch delivered {
      case .connect: slot.completeJoining(nil)
      case .connectError(let error): slot.completeJoining(error)
      case .disconnect, .event, .emitFailed: break
      }
      guard let socket = slot.socket else { return }
      var transport: TransportName?
      if case .connect = delivered { transport = manager?.transport }
      delivery.enqueue(Delivery.Item.tell(socket, delivered, epoch: slot.disconnects, transport: transport))
    case .consultRefused(let session):
      let key = slot.key
      slot.refusalTimer?.close()
      let timer = loop.makeTimer { self.refusedConsulted(key, session: session) }
      slot.refusalTimer = timer
      timer.start(milliseconds: ManagerStateMachine.patience)
      delivery.enqueue { self.loop.post { self.assumeIsolated { $0.refusedConsulted(key, session: session) } } }
    case .completeAck(let handler, let result):
      if handler.isInline { handler.body(result) } else { delivery.enqueue(Delivery.Item.answer(handler, result)) }
    case .startAckTimer(let id, let milliseconds):
      let timer = loop.makeTimer { [unowned slot] in self.handle(.ackTimedOut(id: id), slot) }
      slot.ackTimers[id] = timer
      timer.start(milliseconds: milliseconds)
    case .stopAckTimer(let id): slot.ackTimers.removeValue(forKey: id)?.close()
    case .resumeWriter(let writer, let error): writer.resume(error)
    case .resumeRetries:
      let key = slot.key
      loop.post { self.assumeIsolated { core in if let slot = core.slots[key] { core.handle(.retriesResumed, slot) } } }
    case .violated(let error):
      logger.warning("\(error.message)")
      handle(.parseFailed(error))
    case .overflowBegan(let event):
      logger.record(
        .warning, "the offline buffer is full, events are dropped",
        [.namespace(slot.machine.namespace), .event(event)])
    case .overflowEnded(let count):
      logger.record(
        .warning, "the offline buffer was full: \(count) \(count == 1 ? "event was" : "events were") dropped",
        [.namespace(slot.machine.namespace)])
    }
  }

  private func authenticate(_ slot: SocketSlot, _ session: Int) {
    switch slot.socket?.auth {
    case nil: handle(.authenticated(session: session, .success(nil)), slot)
    case .value(let value)?: handle(.authenticated(session: session, .success(value)), slot)
    case .provider(let provider)?:
      let key = slot.key
      // A provider that hangs holds nothing of this.
      slot.authentication = Task { [weak self] in
        let result: Result<SocketValue?, SocketIOError>
        do {
          result = .success(try await provider())
        } catch {
          result = .failure(SocketIOError(.authFailed, "the auth closure failed: \(error)", underlying: error))
        }
        await self?.authenticated(key, session: session, result)
      }
    }
  }

  private func tellOutgoing(_ arguments: [SocketValue], _ slot: SocketSlot) {
    guard !slot.handlers.isEmpty(.anyOutgoing), let socket = slot.socket else { return }
    delivery.enqueue { socket.dispatchOutgoing(arguments) }
  }

  private func send(_ packet: Packet, _ slot: SocketSlot, isCompressed: Bool) {
    if case .disconnect = packet.content { leftNamespaces.insert(packet.namespace) }
    do {
      engine?.send(try parser.encode(packet), isCompressed: isCompressed)
      if case .event(let arguments) = packet.content { tellOutgoing(arguments, slot) }
    } catch {
      logger.record(.error, "a packet cannot be encoded: \(error)", [.namespace(slot.machine.namespace)])
      let failure = SocketIOError(.encoding, "the packet cannot be encoded: \(error)", underlying: error)
      handle(.sendFailed(packet, failure), slot)
    }
  }
}
