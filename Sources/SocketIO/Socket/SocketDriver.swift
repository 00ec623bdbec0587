import Logging

/// Drives the state machine of one Socket, and performs its actions on the Manager's connection.
///
/// Confined to the loop. The Manager's core owns the driver and passes itself with each call, so the compiler checks
/// that both run on the loop.
final class SocketDriver {
  let key: Int
  let namespace: String
  // Used for each message; the machine calls nothing back, so no use can begin inside another.
  @exclusivity(unchecked) private(set) var machine: SocketStateMachine
  /// Its position among the active Sockets, set by the ``SocketTable``; nil if it is not active.
  var activePosition: Int?
  var isActive: Bool { activePosition != nil }
  /// Whether it is in line with its writers; set by the ``WriterLine``.
  var isInLine = false
  /// Set while the Socket is active, to keep it alive even if the user does not hold it.
  private(set) var retained: Socket?
  private weak var known: Socket?
  private let dispatcher: EventDispatcher
  /// The session in which the namespace was last refused.
  private var refusedSession: UInt32 = 0
  /// Callbacks for when the namespace is joined, or cannot be.
  private var joinWaiters: [JoinWaiter] = []
  private var joinWaiterCount = 0
  /// How many calls of `disconnect()` have been carried out.
  private var disconnects: UInt32 = 0
  /// The task that evaluates the credentials.
  private var authentication: Task<Void, Never>?
  /// The revision of the machine that was published last.
  private var published: UInt64?

  /// nil once it was freed.
  private var socket: Socket? { retained ?? known }

  init(_ socket: Socket, receiveLimit: Int, clock: @escaping () -> UInt64) {
    known = socket
    key = socket.key
    namespace = socket.namespace
    dispatcher = socket.dispatcher
    machine = SocketStateMachine(
      namespace: namespace, budget: socket.budget, receiveLimit: receiveLimit, clock: clock)
  }

  // MARK: Events

  func handle(_ event: consuming SocketStateMachine.Event, on core: isolated ManagerCore) {
    carryOut(machine.handle(event), on: core)
  }

  /// An event or an acknowledgement has arrived.
  ///
  /// - Parameter text: The packet, lent for the duration of the call.
  func received(_ head: PacketHead, _ text: UnsafeRawBufferPointer, on core: isolated ManagerCore) {
    // Nothing else follows from most packets of a joined namespace, so they need no object here.
    if head.name == nil {
      if let awaited = machine.takeAwaited(head.id) { return complete(awaited, head, text, on: core) }
    } else if text.count <= HandlerQueue.longestText,
      let session = machine.sessionToDeliver(
        ack: head.id, lastString: JSONArguments.lastString(of: text, start: head.argumentsStart))
    {
      return core.enqueue(.eventText(dispatcher, session: session, epoch: disconnects), text: LentBytes(text))
    }
    switch ReceivedPacket(head, text).content {
    case .event(let event): received(event, on: core)
    case .ack(let arguments): acknowledged(head.id, arguments, on: core)
    case .connect, .disconnect, .connectError: break
    }
  }

  private func complete(
    _ awaited: consuming AcknowledgementTable.Entry, _ head: PacketHead, _ text: UnsafeRawBufferPointer,
    on core: isolated ManagerCore
  ) {
    if awaited.hasTimer, let id = head.id { core.deadlines.stop(.acknowledgement(socket: key, id: id)) }
    guard let handler = awaited.handler.take() else { return }
    if text.count > HandlerQueue.longestText {
      core.complete(handler, .success(.json(JSONArguments(text, start: head.argumentsStart))))
    } else {
      core.complete(consume handler, head, text)
    }
  }

  func received(_ event: consuming ReceivedEvent, on core: isolated ManagerCore) {
    // Nothing else follows from an event of a joined namespace.
    if let session = machine.sessionToDeliver(ack: event.ack, lastString: event.arguments.lastString) {
      return deliver(consume event, session, on: core)
    }
    carryOut(machine.received(event), on: core)
  }

  /// A packet other than an event or an acknowledgement has arrived.
  func received(_ content: ReceivedPacket.Content, on core: isolated ManagerCore) {
    carryOut(machine.received(content), on: core)
  }

  func acknowledged(_ id: Int?, _ arguments: consuming ReceivedArguments, on core: isolated ManagerCore) {
    carryOut(machine.acknowledged(id, consume arguments), on: core)
  }

  func emit(_ event: consuming OutgoingEvent, on core: isolated ManagerCore) {
    carryOut(machine.emit(event, canSendNow: core.canSendNow), on: core)
  }

  /// - Parameter text: That of the event, lent for the duration of the call.
  func emit(_ event: consuming OutgoingTextEvent, _ text: UnsafeRawBufferPointer, on core: isolated ManagerCore) {
    guard core.takesText, !dispatcher.handlers.hasOutgoing, let passed = machine.pass(&event) else {
      return emit(event.event(text), on: core)
    }
    if let id = passed.id, let timeout = event.timeout {
      core.deadlines.start(.acknowledgement(socket: key, id: id), milliseconds: timeout)
    }
    core.send(event.lent(text, id: passed.id), isCompressed: event.isCompressed)
  }

  /// - Parameters:
  ///   - session: The one in which the event arrived.
  ///   - text: The answer, lent for the duration of the call.
  func reply(_ session: UInt32, _ text: LentText, on core: isolated ManagerCore) {
    guard machine.mayReply(in: session) else { return }
    if core.takesText { return core.send(text, isCompressed: true) }
    core.send(EncodedPacket(text: EncodedText(text)), isCompressed: true)
  }

  /// Publishes the machine's state if it has changed, and performs its actions.
  private func carryOut(
    _ actions: consuming ActionList<SocketStateMachine.Action>, on core: isolated ManagerCore
  ) {
    guard machine.revision != published else { return perform(actions, on: core) }
    if !machine.isAuthenticating { authentication.take()?.cancel() }
    // Keeps a Socket that nobody else holds alive until its end has been reported.
    let socket = socket
    publishState()
    watchAnswer(on: core)
    if core.updateTable(for: self) { retained = isActive ? socket : nil }
    perform(actions, on: core)
    if !isActive { completeJoining(.disconnected, on: core) }
    withExtendedLifetime(socket) {}
  }

  func disconnect(on core: isolated ManagerCore) {
    disconnects &+= 1
    handle(.disconnect, on: core)
  }

  /// Calls back as soon as the Socket has joined its namespace, or has failed to.
  func awaitJoining(_ callback: @escaping @Sendable (SocketIOError?) -> Void) {
    joinWaiters.append(JoinWaiter(id: 0, callback: callback))
  }

  /// Calls back as soon as the Socket has joined its namespace, has failed to, or is not active, or if nothing more is
  /// tried, or the time is over.
  func awaitJoining(
    _ milliseconds: UInt64?, on core: isolated ManagerCore, _ callback: @escaping @Sendable (SocketIOError?) -> Void
  ) {
    guard machine.id == nil else { return callback(nil) }
    guard machine.isActive else { return callback(.disconnected) }
    if machine.isUnusable { return callback(.withoutSessionID) }
    if let failure = core.machine.finalError { return callback(failure) }
    joinWaiterCount += 1
    joinWaiters.append(JoinWaiter(id: joinWaiterCount, callback: callback))
    guard let milliseconds else { return }
    core.deadlines.start(.joining(socket: key, id: joinWaiterCount), milliseconds: milliseconds)
  }

  /// The Manager does not try again by itself.
  func gaveUp(_ error: SocketIOError, on core: isolated ManagerCore) { completeJoining(error, on: core) }

  /// The writer that has waited longest gets its turn.
  func admitWriter(on core: isolated ManagerCore) {
    for action in machine.handle(.admitWriter(canSendNow: core.canSendNow)) { perform(action, on: core) }
  }

  /// The handlers of the refusal have run, or have timed out.
  func refusedConsulted(session: UInt32, on core: isolated ManagerCore) {
    handle(.refusedConsulted(session: session), on: core)
    if !machine.isRefused { core.deadlines.stop(.refusal(socket: key)) }
  }

  func isDue(_ deadline: SocketDeadline, on core: isolated ManagerCore) {
    switch deadline {
    case .acknowledgement(_, let id): handle(.ackTimedOut(id: id), on: core)
    case .refusal: refusedConsulted(session: refusedSession, on: core)
    case .joining(_, let id):
      guard let index = joinWaiters.firstIndex(where: { $0.id == id }) else { return }
      joinWaiters.remove(at: index).callback(
        SocketIOError(.timeout, "the namespace was not joined within the given time"))
    case .connect:
      core.logger.record(
        .warning, "the server has not answered the request to join the namespace; waiting on",
        [.namespace(namespace)])
    }
  }

  /// Publishes the state, for readers on any thread.
  private func publishState() {
    published = machine.revision
    dispatcher.publishedState.publish(
      SocketState(id: machine.id, isActive: machine.isActive, isRecovered: machine.isRecovered))
  }

  private func watchAnswer(on core: isolated ManagerCore) {
    let deadline = SocketDeadline.connect(socket: key)
    guard machine.isJoining else { return core.deadlines.stop(deadline) }
    core.deadlines.start(deadline, milliseconds: core.connectLimit)
  }

  private func completeJoining(_ error: SocketIOError?, on core: isolated ManagerCore) {
    guard !joinWaiters.isEmpty else { return }
    let waiters = joinWaiters
    joinWaiters = []
    for waiter in waiters {
      core.deadlines.stop(.joining(socket: key, id: waiter.id))
      waiter.callback(error)
    }
  }

  // MARK: Actions

  private func perform(
    _ actions: consuming ActionList<SocketStateMachine.Action>, on core: isolated ManagerCore
  ) {
    // A `for` loop would copy the list.
    while let action = actions.next() { perform(consume action, on: core) }
    guard machine.outbox.hasWriters else { return }
    core.writerLine.join(self)
    core.writerLine.admit(on: core)
  }

  private func perform(_ action: consuming SocketStateMachine.Action, on core: isolated ManagerCore) {
    switch consume action {
    case .openManager: core.connectionWanted(by: self)
    case .release: core.releaseIfUnused()
    case .authenticate(let session): authenticate(session, on: core)
    case .send(let packet, let isCompressed): send(packet, isCompressed: isCompressed, on: core)
    case .sendEncoded(let packet, let isCompressed):
      guard packet.isEvent, dispatcher.handlers.hasOutgoing else {
        return core.send(consume packet, isCompressed: isCompressed)
      }
      core.send(packet, isCompressed: isCompressed)
      reportOutgoing(packet, on: core)
    case .deliver(let notification): deliver(notification, on: core)
    case .deliverEvent(let event, let session): deliver(event, session, on: core)
    case .consultRefused(let session):
      let key = key
      refusedSession = session
      core.deadlines.start(.refusal(socket: key), milliseconds: ManagerStateMachine.patience)
      core.handlerQueue.enqueue {
        core.loop.post {
          core.assumeIsolated { core in core.drivers[key]?.refusedConsulted(session: session, on: core) }
        }
      }
    case .completeAck(let handler, let result): core.complete(consume handler, consume result)
    case .startAckTimer(let id, let milliseconds):
      core.deadlines.start(.acknowledgement(socket: key, id: id), milliseconds: milliseconds)
    case .stopAckTimer(let id): core.deadlines.stop(.acknowledgement(socket: key, id: id))
    case .resumeWriter(let writer, let error): writer.resume(error)
    case .resumeRetries:
      let key = key
      core.loop.post { core.assumeIsolated { core in core.drivers[key]?.handle(.retriesResumed, on: core) } }
    case .violated(let error):
      core.logger.record(.warning, error.message)
      core.parseFailed(error)
    case .overflowBegan(let event):
      core.logger.record(
        .warning, "the offline buffer is full, events are dropped", [.namespace(namespace), .event(event)])
    case .overflowEnded(let count):
      core.logger.record(
        .warning, "the offline buffer was full: \(count) \(count == 1 ? "event was" : "events were") dropped",
        [.namespace(namespace)])
    }
  }

  private func authenticate(_ session: UInt32, on core: isolated ManagerCore) {
    switch socket?.auth {
    case nil: handle(.authenticated(session: session, .success(nil)), on: core)
    case .value(let value)?: handle(.authenticated(session: session, .success(value)), on: core)
    case .provider(let provider)?:
      // A provider that hangs must not keep any of this alive.
      authentication = core.loop.startTask { [weak core, key] in
        let result: Result<SocketValue?, SocketIOError>
        do {
          result = .success(try await provider())
        } catch {
          result = .failure(SocketIOError(.authFailed, "the auth closure failed: \(error)", underlying: error))
        }
        await core?.authenticated(key, session: session, result)
      }
    }
  }

  private func deliver(_ notification: SocketStateMachine.Notification, on core: isolated ManagerCore) {
    core.logger.record(notification, namespace)
    switch notification {
    case .connect: completeJoining(nil, on: core)
    case .connectError(let error): completeJoining(error, on: core)
    case .disconnect, .emitFailed: break
    }
    guard let socket else { return }
    let epoch = disconnects
    let transport = core.transport
    core.handlerQueue.enqueue { socket.dispatch(notification, epoch: epoch, transport: transport) }
  }

  private func deliver(_ event: consuming ReceivedEvent, _ session: UInt32, on core: isolated ManagerCore) {
    core.enqueue(.event(dispatcher, session: session, epoch: disconnects, consume event))
  }

  private func send(_ packet: SocketPacket, isCompressed: Bool, on core: isolated ManagerCore) {
    do {
      try core.send(packet, isCompressed: isCompressed)
      reportOutgoing(packet, on: core)
    } catch {
      core.logger.record(.error, "a packet cannot be encoded: \(error)", [.namespace(namespace)])
      let failure = SocketIOError(.encoding, "the packet cannot be encoded: \(error)", underlying: error)
      handle(.sendFailed(packet, failure), on: core)
    }
  }

  private func reportOutgoing(_ packet: SocketPacket, on core: isolated ManagerCore) {
    guard case .event = packet.content, dispatcher.handlers.hasOutgoing, let socket else { return }
    core.handlerQueue.enqueue { socket.dispatchOutgoing(packet) }
  }

  private func reportOutgoing(_ packet: EncodedPacket, on core: isolated ManagerCore) {
    guard let socket else { return }
    core.handlerQueue.enqueue { socket.dispatchOutgoing(JSONParser.decode(packet)) }
  }
}

/// A call that waits until the namespace is joined. Those without a limit need no id.
private struct JoinWaiter {
  let id: Int
  let callback: @Sendable (SocketIOError?) -> Void
}
