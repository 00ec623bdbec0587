/// Drives the state machine of one Socket: performs its actions on the connection that the Manager has.
///
/// Confined to the loop. The Manager's core owns the driver and passes itself along with each call: so the compiler
/// checks that both run on the loop, and no reference back has to be stored or counted.
final class SocketDriver {
  let key: Int
  private(set) var machine: SocketStateMachine
  /// Among the active ones of the ``SocketTable``, which sets it; nil where it is none.
  var activePosition: Int?
  var isActive: Bool { activePosition != nil }
  /// Among those whose writers wait for their turn; the ``WriterLine`` sets it.
  var isInLine = false
  /// Set while the Socket is active: it lives on, whether or not the user holds it.
  private(set) var retained: Socket?
  private weak var known: Socket?
  private let handlers: HandlerRegistry
  /// In which the namespace was refused the last time.
  private var refusedSession = 0
  /// Those who wait until the namespace is joined, or cannot be.
  private var joinCallbacks: [@Sendable (SocketIOError?) -> Void] = []
  /// How many calls of `disconnect()` have been carried out.
  private var disconnects = 0
  /// Evaluates the credentials.
  private var authentication: Task<Void, Never>?
  /// The revision of the machine that the Socket shows.
  private var published: UInt64?

  /// nil when it was let go.
  private var socket: Socket? { retained ?? known }

  init(_ socket: Socket, receiveLimit: Int, clock: @escaping () -> UInt64) {
    known = socket
    key = socket.key
    handlers = socket.handlers
    machine = SocketStateMachine(
      namespace: socket.namespace, gauge: socket.gauge, receiveLimit: receiveLimit, clock: clock)
  }

  // MARK: Events

  func handle(_ event: consuming SocketStateMachine.Event, on core: isolated ManagerCore) {
    let actions = machine.handle(event)
    guard machine.revision != published else { return perform(actions, on: core) }
    if !machine.isAuthenticating { authentication.take()?.cancel() }
    // A Socket that nobody else holds is still told of its end.
    let socket = socket
    publishState()
    watchAnswer(on: core)
    if core.file(self) { retained = isActive ? socket : nil }
    perform(actions, on: core)
    if !isActive { completeJoining(.disconnected) }
    withExtendedLifetime(socket) {}
  }

  func disconnect(on core: isolated ManagerCore) {
    disconnects += 1
    handle(.disconnect, on: core)
  }

  /// Calls back as soon as the Socket has joined its namespace, or failed to.
  func awaitJoining(_ callback: @escaping @Sendable (SocketIOError?) -> Void) { joinCallbacks.append(callback) }

  /// It is the turn of the writer that waits longest.
  func admitWriter(on core: isolated ManagerCore) {
    for action in machine.handle(.admitWriter(canSendNow: core.canSendNow)) { perform(action, on: core) }
  }

  /// The handlers of the refusal have run, or have had their time.
  func refusedConsulted(session: Int, on core: isolated ManagerCore) {
    handle(.refusedConsulted(session: session), on: core)
    if !machine.isRefused { core.deadlines.stop(.refusal(socket: key)) }
  }

  func isDue(_ deadline: SocketDeadline, on core: isolated ManagerCore) {
    switch deadline {
    case .acknowledgement(_, let id): handle(.ackTimedOut(id: id), on: core)
    case .refusal: refusedConsulted(session: refusedSession, on: core)
    case .answer:
      core.logger.record(
        .warning, "the server has not answered the request to join the namespace; waiting on",
        [.namespace(machine.namespace)])
    }
  }

  /// Shows the state to whoever asks the Socket.
  private func publishState() {
    published = machine.revision
    socket?.mirror.publish(
      SocketState(id: machine.id, isActive: machine.isActive, isRecovered: machine.isRecovered))
  }

  private func watchAnswer(on core: isolated ManagerCore) {
    let deadline = SocketDeadline.answer(socket: key)
    guard machine.isJoining else { return core.deadlines.stop(deadline) }
    core.deadlines.start(deadline, milliseconds: core.answerLimit)
  }

  private func completeJoining(_ error: SocketIOError?) {
    guard !joinCallbacks.isEmpty else { return }
    let callbacks = joinCallbacks
    joinCallbacks = []
    for callback in callbacks { callback(error) }
  }

  // MARK: Actions

  private func perform(_ actions: ActionList<SocketStateMachine.Action>, on core: isolated ManagerCore) {
    for action in actions { perform(action, on: core) }
    guard machine.hasWriters else { return }
    core.writerLine.join(self)
    core.writerLine.admit(on: core)
  }

  private func perform(_ action: consuming SocketStateMachine.Action, on core: isolated ManagerCore) {
    switch action {
    case .openManager: core.connectionWanted(by: self)
    case .release: core.releaseIfUnused()
    case .authenticate(let session): authenticate(session, on: core)
    case .send(let packet, let isCompressed): send(packet, isCompressed: isCompressed, on: core)
    case .deliver(let delivered): deliver(delivered, on: core)
    case .consultRefused(let session):
      let key = key
      refusedSession = session
      core.deadlines.start(.refusal(socket: key), milliseconds: ManagerStateMachine.patience)
      core.delivery.enqueue {
        core.loop.post {
          core.assumeIsolated { core in core.drivers[key]?.refusedConsulted(session: session, on: core) }
        }
      }
    case .completeAck(let handler, let result):
      guard !handler.isInline else { return handler.body(result) }
      var bytes = 0
      if case .success(let arguments) = result { bytes = core.inboundBytes(arguments) }
      core.enqueue(.answer(handler, result, bytes: bytes))
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
        .warning, "the offline buffer is full, events are dropped", [.namespace(machine.namespace), .event(event)])
    case .overflowEnded(let count):
      core.logger.record(
        .warning, "the offline buffer was full: \(count) \(count == 1 ? "event was" : "events were") dropped",
        [.namespace(machine.namespace)])
    }
  }

  private func authenticate(_ session: Int, on core: isolated ManagerCore) {
    switch socket?.auth {
    case nil: handle(.authenticated(session: session, .success(nil)), on: core)
    case .value(let value)?: handle(.authenticated(session: session, .success(value)), on: core)
    case .provider(let provider)?:
      // A provider that hangs holds nothing of this.
      authentication = Task { [weak core, key] in
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

  private func deliver(_ delivered: SocketStateMachine.Delivered, on core: isolated ManagerCore) {
    core.logger.record(delivered, machine.namespace)
    switch delivered {
    case .connect: completeJoining(nil)
    case .connectError(let error): completeJoining(error)
    case .disconnect, .event, .emitFailed: break
    }
    guard let socket else { return }
    var transport: TransportName?
    if case .connect = delivered { transport = core.manager?.transport }
    var bytes = 0
    if case .event(let arguments, _, _) = delivered { bytes = core.inboundBytes(arguments) }
    core.enqueue(.tell(socket, delivered, epoch: disconnects, transport: transport, bytes: bytes)) {
      guard case .event(let arguments, _, _) = delivered else { return true }
      return handlers.hears(SocketEvent.name(of: arguments))
    }
  }

  private func send(_ packet: Packet, isCompressed: Bool, on core: isolated ManagerCore) {
    do {
      try core.send(packet, isCompressed: isCompressed)
      if case .event(let arguments) = packet.content { tellOutgoing(arguments, on: core) }
    } catch {
      core.logger.record(.error, "a packet cannot be encoded: \(error)", [.namespace(machine.namespace)])
      let failure = SocketIOError(.encoding, "the packet cannot be encoded: \(error)", underlying: error)
      handle(.sendFailed(packet, failure), on: core)
    }
  }

  private func tellOutgoing(_ arguments: [SocketValue], on core: isolated ManagerCore) {
    guard !handlers.isEmpty(.anyOutgoing), let socket else { return }
    core.delivery.enqueue { socket.dispatchOutgoing(arguments) }
  }
}
