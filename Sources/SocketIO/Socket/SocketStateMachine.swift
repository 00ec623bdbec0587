/// One namespace of a connection as events and actions: joining and leaving it, and events in both directions. What
/// becomes of those that go out is up to its ``SocketOutbox``.
struct SocketStateMachine {
  private enum State: Equatable {
    case inactive
    /// Active, while the Manager is not open, or the server still owes the answer to a CONNECT that was given up.
    case waiting
    /// The credentials are being evaluated.
    case authenticating
    /// CONNECT is sent. `isUnusable`: the server has answered, but not so that the namespace is joined; the user was
    /// told.
    case joining(isUnusable: Bool)
    case connected(id: String)
  }

  let namespace: String
  private var state = State.inactive {
    didSet { revision += 1 }
  }
  /// Grows with each change of the state, and of whether an answer is owed, for whoever follows them.
  private(set) var revision: UInt64 = 0
  /// Counts connections of the Manager, so that what belongs to an older one can be told.
  private var session = 0
  /// The connection that the Manager has, as far as the Socket was told.
  private var connection = 0
  /// Set from a CONNECT to its answer. Servers close a connection on which a namespace is joined twice, or left before
  /// it is joined.
  private var unansweredConnection: Int? {
    didSet { revision += 1 }
  }
  /// Why the namespace was refused, until the handlers of `connectError` have run: one may connect again.
  private var refusal: SocketIOError?
  private var recovery: Recovery?
  private(set) var isRecovered = false
  /// The connection on which the namespace was left, by this Socket or one before it, and not joined since: what the
  /// server still sends of it belongs to the session that was left.
  private var leftConnection: Int?
  private var receiveBuffer = ReceiveBuffer()
  /// Events that were passed on.
  private var receivedEvents = 0
  private var outbox: SocketOutbox

  /// - Parameters:
  ///   - gauge: Says how many events may wait for a connection.
  ///   - receiveLimit: Bytes of the events that may come before the answer to CONNECT.
  ///   - clock: Nanoseconds; asked only where something is measured.
  init(namespace: String, gauge: BufferGauge, receiveLimit: Int, clock: @escaping () -> UInt64) {
    self.namespace = namespace
    receiveBuffer.limit = receiveLimit
    outbox = SocketOutbox(namespace: namespace, gauge: gauge, clock: clock)
  }

  /// Bytes of the events that wait for a connection or for their turn, estimated.
  var bufferedBytes: Int { outbox.bufferedBytes }

  /// Whether anybody waits until less is queued.
  var hasWriters: Bool { outbox.hasWriters }

  /// The turn of the one that waits longest.
  var firstWriterTurn: Int? { outbox.firstWriterTurn }

  /// What happened so far, and what waits now.
  var statistics: EventStatistics {
    var statistics = outbox.statistics
    statistics.received = receivedEvents
    return statistics
  }

  var isActive: Bool { state != .inactive }

  /// Whether the credentials are being evaluated.
  var isAuthenticating: Bool { state == .authenticating }

  /// Whether the namespace was asked for, and the server has said nothing to it.
  var isJoining: Bool { state == .joining(isUnusable: false) }

  /// Whether it is still to be decided what becomes of those who wait for an acknowledgement.
  var isRefused: Bool { refusal != nil }

  private var hasAsked: Bool {
    if case .joining = state { true } else { false }
  }

  /// Whether the server still owes the answer to a CONNECT.
  private var awaitsAnswer: Bool { unansweredConnection == connection }

  /// Whether it owes it on that connection.
  func awaitsAnswer(on connection: Int) -> Bool { unansweredConnection == connection }

  var id: String? {
    if case .connected(let id) = state { id } else { nil }
  }

  mutating func handle(_ event: consuming Event) -> ActionList<Action> {
    switch event {
    case .connect:
      // One that waits already opens a Manager that has stopped trying.
      guard state == .inactive || state == .waiting else { return [] }
      refusal = nil
      state = .waiting
      return [.openManager]
    case .disconnect: return disconnect()
    case .managerOpened(let connection, let wasLeft):
      guard state == .waiting else { return [] }
      self.connection = connection
      if wasLeft { leftConnection = connection }
      return awaitsAnswer ? [] : authenticate()
    case .managerFailed(let error):
      guard isActive, id == nil else { return [] }
      return [.deliver(.connectError(error))]
    case .managerClosed(let reason, let error):
      guard isActive else { return [] }
      if Self.breaksRecovery(reason, error) { recovery = nil }
      return leave(.waiting, reason, error)
    case .authenticated(let session, let result): return authenticated(session, result)
    case .received(let packet): return received(packet)
    case .emit(let emission, let canSendNow): return outbox.emit(emission, canSendNow: canSendNow)
    case .emitWhenWritable(let writer): return outbox.add(writer)
    case .admitWriter(let canSendNow): return outbox.admitWriter(canSendNow: canSendNow)
    case .writerCancelled(let token): return outbox.cancelWriter(token)
    case .refusedConsulted(let session):
      guard session == self.session, let error = refusal.take() else { return [] }
      return outbox.refuse(error)
    case .reply(let session, let id, let arguments):
      guard session == self.session, self.id != nil else { return [] }
      return .just(.send(Packet(namespace: namespace, id: id, content: .ack(arguments))))
    case .ackTimedOut(let id): return outbox.timeOut(id)
    case .sendFailed(let packet, let error): return sendFailed(packet, error)
    case .retriesResumed: return outbox.sendRetryHead()
    case .ackCancelled(let token): return outbox.cancel(token)
    case .dispose: return outbox.dispose()
    }
  }

  // MARK: Joining

  private mutating func authenticate() -> ActionList<Action> {
    state = .authenticating
    session += 1
    return [.authenticate(session: session)]
  }

  private mutating func authenticated(_ session: Int, _ result: Result<SocketValue?, SocketIOError>) -> ActionList<
    Action
  > {
    guard session == self.session, state == .authenticating else { return [] }
    switch result {
    case .success(let auth?) where auth.objectValue == nil:
      return authenticated(session, .failure(SocketIOError(.authFailed, "auth is no object")))
    case .success(let auth):
      state = .joining(isUnusable: false)
      unansweredConnection = connection
      let payload = recovery?.payload(auth) ?? auth
      return [.send(Packet(namespace: namespace, id: nil, content: .connect(payload)))]
    case .failure(let error): return refuse(error)
    }
  }

  /// The namespace cannot be joined, and trying again would not help.
  private mutating func refuse(_ error: SocketIOError) -> ActionList<Action> {
    state = .inactive
    session += 1
    _ = receiveBuffer.removeAll()
    refusal = error
    return [.release, .deliver(.connectError(error)), .consultRefused(session: session)] + outbox.endWriters()
  }

  private mutating func connected(_ reply: SocketValue?) -> ActionList<Action> {
    guard hasAsked else { return [] }
    guard let id = reply?["sid"]?.stringValue else {
      state = .joining(isUnusable: true)
      return [.deliver(.connectError(.incompatible("without a session id")))]
    }
    let pid = reply?["pid"]?.stringValue
    isRecovered = pid != nil && pid == recovery?.pid
    recovery = pid.map { Recovery(pid: $0, offset: recovery?.offset) }
    state = .connected(id: id)
    leftConnection = nil
    var actions: ActionList<Action> = []
    for event in receiveBuffer.removeAll() { actions += deliver(event.arguments, event.ack) }
    return actions + outbox.open() + [.deliver(.connect(id: id, recovered: isRecovered))]
  }

  // MARK: Leaving

  private mutating func disconnect() -> ActionList<Action> {
    guard isActive else { return outbox.endWriters() }
    let wasConnected = id != nil
    if wasConnected { leftConnection = connection }
    let goodbye: ActionList<Action> =
      wasConnected ? [.send(Packet(namespace: namespace, id: nil, content: .disconnect))] : []
    state = .inactive
    session += 1
    _ = receiveBuffer.removeAll()
    return goodbye + [.release] + (wasConnected ? [.deliver(.disconnect(.ioClientDisconnect, nil))] : [])
      + outbox.close() + outbox.endWriters()
  }

  private mutating func leave(_ next: State, _ reason: DisconnectReason, _ error: SocketIOError?) -> ActionList<Action>
  {
    let wasConnected = id != nil
    // A connection that breaks is told before, by `.managerFailed`.
    let isTold = state == .joining(isUnusable: true) || reason == .transportError && error != nil
    state = next
    session += 1
    _ = receiveBuffer.removeAll()
    var reports: ActionList<Action> = []
    if wasConnected {
      reports = [.deliver(.disconnect(reason, error))]
    } else if !isTold {
      reports = [.deliver(.connectError(.notJoined(reason, error)))]
    }
    return (next == .inactive ? [.release] : []) + reports + outbox.close(error)
      + (wasConnected ? outbox.endWriters() : [])
  }

  /// Whether the server, asked to go on where the session broke, would send again what broke it.
  private static func breaksRecovery(_ reason: DisconnectReason, _ error: SocketIOError?) -> Bool {
    reason == .parseError || error?.code == .tooLarge || error?.code == .protocolViolation
  }

  // MARK: Receiving

  private mutating func received(_ packet: Packet) -> ActionList<Action> {
    if awaitsAnswer {
      switch packet.content {
      case .connect:
        unansweredConnection = nil
        if !isJoining {
          leftConnection = connection
          return [.send(Packet(namespace: namespace, id: nil, content: .disconnect))] + rejoin()
        }
      case .connectError:
        unansweredConnection = nil
        if !isJoining { return rejoin() }
      case .disconnect, .event, .ack: break
      }
    }
    guard isActive else { return [] }
    switch packet.content {
    case .connect(let reply): return connected(reply)
    // It crossed the DISCONNECT that was sent before this CONNECT, and says the same.
    case .disconnect where id == nil && leftConnection == connection: return []
    // The answer may still come, so the namespace is not asked for again before it.
    case .disconnect where hasAsked:
      return refuse(SocketIOError(.refused, "the server disconnected the Socket in place of letting it in"))
    // The namespace was not asked for yet.
    case .disconnect where id == nil: return []
    case .disconnect: return leave(.inactive, .ioServerDisconnect, nil)
    case .connectError(let payload):
      guard id == nil else { return [] }
      return refuse(
        SocketIOError(
          .refused, payload["message"]?.stringValue ?? payload.stringValue ?? "the server refused the connection",
          data: payload["data"]))
    case .event(let arguments):
      guard id != nil else {
        // Before the namespace is asked for again, or where another session of it was left, the event is not for this
        // one.
        guard isJoining, leftConnection != connection else { return [] }
        if receiveBuffer.append(arguments, ack: packet.id) { return [] }
        return [
          .violated(SocketIOError(.protocolViolation, "parse error: too many events before the answer to CONNECT"))
        ]
      }
      return deliver(arguments, packet.id)
    case .ack(let arguments):
      // Before the answer to CONNECT it is for whoever left the namespace on this connection: his ids may have been the
      // same.
      guard let id = packet.id, self.id != nil else { return [] }
      return outbox.acknowledge(id, arguments)
    }
  }

  /// The answer to a CONNECT that was given up has come: if the namespace is wanted again, it can be joined now.
  private mutating func rejoin() -> ActionList<Action> { state == .waiting ? authenticate() : [] }

  private mutating func deliver(_ arguments: [SocketValue], _ ack: Int?) -> ActionList<Action> {
    recovery?.learn(arguments, ack: ack)
    receivedEvents += 1
    return .just(.deliver(.event(arguments, session: session, ack: ack)))
  }

  // MARK: Sending

  private mutating func sendFailed(_ packet: Packet, _ error: SocketIOError) -> ActionList<Action> {
    switch packet.content {
    case .connect:
      unansweredConnection = nil
      return refuse(error)
    case .event(let arguments): return outbox.sendFailed(arguments, id: packet.id, error)
    // The id is the server's, which has to do without the answer.
    case .ack: return [.deliver(.emitFailed(event: "acknowledgement \(packet.id ?? 0)", error))]
    case .disconnect, .connectError: return []
    }
  }
}
