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
  private let logger: SafeLogger
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
    /// Fires a little before, where packets wait for a server that confirms nothing: the process may be gone soon.
    let lastCall: (any LoopTimer)?
  }

  private var slots = SocketTable()
  /// What Sockets have left on the present connection, and none has joined again, with the DISCONNECT of each.
  private var leftNamespaces = LeftNamespaces()
  private let deadlines: DeadlineTimer<SocketDeadline>
  /// Bytes that may be queued before `emitWhenWritable` waits.
  private let highWaterMark: Int
  private var writerTurns = WriterTurns<SocketSlot>()
  private var nextWriterTurn = 0
  private var isAdmitting = false
  private var readingPauses = ReadingPauses()
  /// Bytes of the packet that is being received or handled, its attachments included.
  private var arrived = 0
  /// Bytes of events that may wait for the answer to CONNECT.
  private let receiveLimit: Int

  init(
    loop: any Loop, connector: any Connector, options: borrowing SocketIOOptions, delivery: Delivery, logger: SafeLogger
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
    deadlines = DeadlineTimer(loop)
    delivery.whenRoom { [weak self] in self?.assumeIsolated { $0.resumeReading() } }
  }

  func attach(_ manager: Manager) {
    self.manager = manager
    deadlines.onDue = { self.isDue($0) }
  }

  /// Whether nothing is kept of any Socket.
  var isWithoutSockets: Bool { slots.isEmpty && deadlines.isEmpty }

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
    // A Socket that another thread has connected again meanwhile keeps the connection.
    if !slots.hasActive { handle(.released) }
    let timer = loop.makeTimer { self.completeClosing(number) }
    var lastCall: (any LoopTimer)?
    if closingEngines.values.contains(where: \.isHolding) {
      lastCall = loop.makeTimer { for engine in self.closingEngines.values { engine.stopHolding() } }
    }
    closings[number] = Closing(callback: callback, timer: timer, lastCall: lastCall)
    timer.start(milliseconds: milliseconds)
    lastCall?.start(milliseconds: milliseconds - min(100, milliseconds / 10))
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
    closing.lastCall?.close()
    closing.callback()
  }

  /// Closes the engine as if the connection were lost: the Manager reconnects.
  func closeEngine() { engine?.close() }

  func settingsChanged() { handle(.settingsChanged) }

  /// The Manager is gone, and with it every Socket that could be active.
  func shutDown() {
    for slot in slots.all { handle(.dispose, slot) }
    handle(.released)
    connectTimer?.close()
    delayTimer?.close()
    // They hold the core.
    connectTimer = nil
    delayTimer = nil
    deadlines.close()
  }

  // MARK: Commands of the Sockets

  func add(_ socket: Socket) {
    slots.insert(SocketSlot(socket, receiveLimit: receiveLimit, clock: { [loop] in loop.nanoseconds }))
  }

  func remove(_ key: Int) {
    guard let slot = slots[key] else { return }
    handle(.dispose, slot)
    deadlines.stop(.refusal(socket: key))
    tally.events.add(slot.machine.statistics)
    slots.remove(slot)
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
    var writer = writer
    writer.turn = nextWriterTurn
    nextWriterTurn += 1
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
    if !slot.machine.isRefused { deadlines.stop(.refusal(socket: key)) }
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
    statistics.inboundBytes = delivery.inboundBytes
    statistics.readingPauses = readingPauses.count
    statistics.readingPaused = readingPauses.total(at: loop.nanoseconds)
    statistics.sinceLastPing = lastPing.map { .nanoseconds(Int64(clamping: loop.nanoseconds - $0)) }
    for slot in slots.all { statistics.events.add(slot.machine.statistics) }
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
    case .resetDecoder:
      decoder.reset()
      arrived = 0
    case .socketsOpened:
      connection += 1
      tally.connections = connection
      leftNamespaces = LeftNamespaces()
      for slot in slots.active { join(slot) }
    case .socketsFailed(let error):
      for slot in slots.active { handle(.managerFailed(error), slot) }
    case .socketsClosed(let reason, let error):
      for slot in slots.active { handle(.managerClosed(reason, error), slot) }
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
    _ = readingPauses.end(at: loop.nanoseconds)
    lastPing = nil
    slots.forgetUnanswered()
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
        if let slot = slots.active(in: packet.namespace) { handle(.received(packet), slot) }
      }
    } catch {
      arrived = 0
      logger.record(.warning, "undecodable packet: \(error)")
      handle(.parseFailed(SocketIOError(.protocolViolation, "parse error: \(error)", underlying: error)))
    }
  }

  // MARK: The Sockets

  /// The connection stands.
  private func join(_ slot: SocketSlot) {
    handle(.managerOpened(connection: connection, wasLeft: leftNamespaces[slot.machine.namespace] != nil), slot)
  }

  /// The server has answered a CONNECT, and so has sent all of the session before.
  private func answered(_ packet: Packet) {
    let namespace = packet.namespace
    guard let slot = slots.unanswered(in: namespace) ?? slots.active(in: namespace) else { return }
    leftNamespaces[namespace] = nil
    handle(.received(packet), slot)
    // Where it was let go meanwhile, its successor waits for this answer.
    if slots[slot.key] == nil, let next = slots.active(in: namespace) { join(next) }
  }

  private func watchAnswer(to slot: SocketSlot) {
    let deadline = SocketDeadline.answer(socket: slot.key)
    guard slot.machine.isJoining else { return deadlines.stop(deadline) }
    deadlines.start(deadline, milliseconds: machine.settings.timeout ?? SocketDeadline.usualAnswerLimit)
  }

  private func isDue(_ deadline: SocketDeadline) {
    switch deadline {
    case .acknowledgement(let key, let id): if let slot = slots[key] { handle(.ackTimedOut(id: id), slot) }
    case .refusal(let key): if let slot = slots[key] { refusedConsulted(key, session: slot.refusedSession) }
    case .answer(let key):
      guard let slot = slots[key] else { return }
      logger.record(
        .warning, "the server has not answered the request to join the namespace; waiting on",
        [.namespace(slot.machine.namespace)])
    }
  }

  // MARK: Backpressure

  /// Has events sent that waited until less is queued, in the order in which they came, for as long as that is so.
  private func admitWriters() {
    guard !isAdmitting else { return }
    isAdmitting = true
    defer { isAdmitting = false }
    while let (turn, slot) = writerTurns.first {
      guard let next = slot.machine.firstWriterTurn, slot.machine.bufferedBytes <= highWaterMark else {
        // A Socket that has too much in its own buffer holds up no other; it comes back when there is less.
        writerTurns.removeFirst()
        slot.isInLine = false
        continue
      }
      guard next == turn else {
        writerTurns.moveFirst(to: next)
        continue
      }
      guard slot.machine.bufferedBytes + (engine?.queuedBytes ?? 0) <= highWaterMark else { return }
      for action in slot.machine.handle(.admitWriter(canSendNow: engine?.canSendNow ?? false)) { perform(action, slot) }
    }
  }

  private func lineUp(_ slot: SocketSlot) {
    guard !slot.isInLine, let turn = slot.machine.firstWriterTurn, slot.machine.bufferedBytes <= highWaterMark else {
      return
    }
    slot.isInLine = true
    writerTurns.insert(turn, slot)
  }

  // MARK: Flow control in

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

  /// What an event or an answer counts for in the gauge. One that waited for the answer to CONNECT is estimated.
  private func inboundBytes(_ values: [SocketValue]) -> Int {
    InboundGauge.overhead + (arrived > 0 ? arrived : SocketValue.array(values).estimatedSize)
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
    slots.setUnanswered(slot, machine.state == .open && slot.machine.awaitsAnswer(on: connection))
    // A Socket that wants to be connected lives on, whether or not the user holds it.
    if slots.setActive(slot, slot.machine.isActive) { slot.retained = slot.isActive ? socket : nil }
    perform(actions, slot)
    if !slot.isActive { slot.completeJoining(.disconnected) }
    withExtendedLifetime(socket) {}
  }

  private func perform(_ actions: ActionList<SocketStateMachine.Action>, _ slot: SocketSlot) {
    for action in actions { perform(action, slot) }
    guard slot.machine.hasWriters else { return }
    lineUp(slot)
    admitWriters()
  }

  private func perform(_ action: consuming SocketStateMachine.Action, _ slot: SocketSlot) {
    switch action {
    case .openManager:
      if machine.state == .open {
        // Where another Socket of the namespace was let go before it was answered, the answer comes first.
        let joining = slots.unanswered(in: slot.machine.namespace)
        if joining == nil || joining === slot { join(slot) }
      } else {
        handle(.connectionWanted)
      }
    case .release:
      if !slots.hasActive { handle(.released) }
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
      var bytes = 0
      if case .event(let arguments, _, _) = delivered { bytes = inboundBytes(arguments) }
      let item = Delivery.Item.tell(socket, delivered, epoch: slot.disconnects, transport: transport, bytes: bytes)
      let isTooMuch = delivery.enqueue(item) {
        guard case .event(let arguments, _, _) = delivered else { return true }
        return slot.handlers.hears(SocketEvent.name(of: arguments))
      }
      if isTooMuch { pauseReading() }
    case .consultRefused(let session):
      let key = slot.key
      slot.refusedSession = session
      deadlines.start(.refusal(socket: key), milliseconds: ManagerStateMachine.patience)
      delivery.enqueue { self.loop.post { self.assumeIsolated { $0.refusedConsulted(key, session: session) } } }
    case .completeAck(let handler, let result):
      guard !handler.isInline else { return handler.body(result) }
      var bytes = 0
      if case .success(let arguments) = result { bytes = inboundBytes(arguments) }
      if delivery.enqueue(.answer(handler, result, bytes: bytes)) { pauseReading() }
    case .startAckTimer(let id, let milliseconds):
      deadlines.start(.acknowledgement(socket: slot.key, id: id), milliseconds: milliseconds)
    case .stopAckTimer(let id): deadlines.stop(.acknowledgement(socket: slot.key, id: id))
    case .resumeWriter(let writer, let error): writer.resume(error)
    case .resumeRetries:
      let key = slot.key
      loop.post {
        self.assumeIsolated { core in if let slot = core.slots[key] { core.handle(.retriesResumed, slot) } }
      }
    case .violated(let error):
      logger.record(.warning, error.message)
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
    do {
      let messages = try parser.encode(packet)
      switch packet.content {
      // Read together with a DISCONNECT, the events before it would not be handled.
      case .disconnect:
        leftNamespaces[packet.namespace] = engine?.hold(messages)
        leftNamespaces.forgetIfMany { engine?.unreadHeld ?? [] }
      // Read together with the DISCONNECT of its namespace, it would make the server cut the connection.
      case .connect:
        if let farewell = leftNamespaces[packet.namespace] {
          _ = engine?.hold(messages, behind: farewell)
        } else {
          engine?.send(messages, isCompressed: isCompressed, isAwaited: false)
        }
      case .event, .ack, .connectError: engine?.send(messages, isCompressed: isCompressed)
      }
      if case .event(let arguments) = packet.content { tellOutgoing(arguments, slot) }
    } catch {
      logger.record(.error, "a packet cannot be encoded: \(error)", [.namespace(slot.machine.namespace)])
      let failure = SocketIOError(.encoding, "the packet cannot be encoded: \(error)", underlying: error)
      handle(.sendFailed(packet, failure), slot)
    }
  }
}
