/// One namespace of a connection as events and actions: joining and leaving it, events in both directions and their acknowledgements.
struct SocketStateMachine {
  private enum State: Equatable {
    case inactive
    /// Active, while the Manager is not open, or the server still owes the answer to a CONNECT that was given up.
    case waiting
    /// The credentials are being evaluated.
    case authenticating
    /// CONNECT is sent. `isUnusable`: the server has answered, but not so that the namespace is joined; the user was told.
    case joining(isUnusable: Bool)
    case connected(id: String)
  }

  private struct PendingAck {
    /// nil for a try of the retry queue's head.
    var handler: AckHandler?
    var hasTimer: Bool
    /// Where the event waits in the buffer; its acknowledgement survives a disconnection.
    var position: Int?
    /// When the event was sent.
    var sentAt: UInt64?
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
  /// Set from a CONNECT to its answer. Servers close a connection on which a namespace is joined twice, or left before it is joined.
  private var unansweredConnection: Int? {
    didSet { revision += 1 }
  }
  /// Why the namespace was refused, until the handlers of `connectError` have run: one may connect again.
  private var refusal: SocketIOError?
  private var recovery: Recovery?
  private(set) var isRecovered = false
  /// The connection on which the namespace was left, by this Socket or one before it, and not joined since: what the server still sends
  /// of it belongs to the session that was left.
  private var leftConnection: Int?
  private var sendBuffer = SendBuffer()
  private var retryQueue = RetryQueue()
  /// Events that found no room since the buffer was empty.
  private var overflowed = 0
  private var writers = SparseQueue<WaitingWriter>()
  private var receiveBuffer = ReceiveBuffer()
  /// Their ids are their positions.
  private var acks = SparseQueue<PendingAck>()
  @Rare private var tally: EventStatistics
  private let gauge: BufferGauge
  /// Nanoseconds; asked only where something is measured.
  private let clock: () -> UInt64

  /// - Parameter receiveLimit: Bytes of the events that may come before the answer to CONNECT.
  init(namespace: String, gauge: BufferGauge, receiveLimit: Int, clock: @escaping () -> UInt64) {
    self.namespace = namespace
    self.gauge = gauge
    receiveBuffer.limit = receiveLimit
    self.clock = clock
  }

  /// Bytes of the events that wait for a connection or for their turn, estimated.
  var bufferedBytes: Int { sendBuffer.bytes + retryQueue.waitingBytes }

  /// Whether anybody waits until less is queued.
  var hasWriters: Bool { !writers.isEmpty }

  /// The turn of the one that waits longest.
  var firstWriterTurn: Int? { writers.first?.turn }

  /// What happened so far, and what waits now.
  var statistics: EventStatistics {
    var statistics = tally
    statistics.buffered = sendBuffer.count + retryQueue.waiting
    statistics.bufferedBytes = bufferedBytes
    statistics.waiting = writers.count
    statistics.unacknowledged = acks.all.count { $0.element.sentAt != nil }
    statistics.drops.bufferFull += gauge.refused
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
    case .emit(let emission, let canSendNow): return emit(emission, canSendNow: canSendNow)
    case .emitWhenWritable(let writer): return add(writer)
    case .admitWriter(let canSendNow): return admitWriter(canSendNow: canSendNow)
    case .writerCancelled(let token): return writerCancelled(token)
    case .refusedConsulted(let session):
      guard session == self.session else { return [] }
      return refuseAcks()
    case .reply(let session, let id, let arguments):
      guard session == self.session, self.id != nil else { return [] }
      return .just(.send(Packet(namespace: namespace, id: id, content: .ack(arguments))))
    case .ackTimedOut(let id): return ackTimedOut(id)
    case .sendFailed(let packet, let error): return sendFailed(packet, error)
    case .retriesResumed: return sendRetryHead()
    case .ackCancelled(let token): return ackCancelled(token)
    case .dispose: return dispose()
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
    return [.release, .deliver(.connectError(error)), .consultRefused(session: session)] + endWriters()
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
    for entry in sendBuffer.removeAll() {
      giveBackRoom(of: entry.emission)
      if let id = entry.id {
        let sentAt = clock()
        acks.update(at: id) {
          $0.position = nil
          $0.sentAt = sentAt
        }
      }
      actions.append(send(entry.emission, entry.id))
    }
    actions += endOverflow() + sendRetryHead()
    return actions + [.deliver(.connect(id: id, recovered: isRecovered))]
  }

  // MARK: Leaving

  private mutating func disconnect() -> ActionList<Action> {
    guard isActive else { return endWriters() }
    let wasConnected = id != nil
    if wasConnected { leftConnection = connection }
    let goodbye: ActionList<Action> =
      wasConnected ? [.send(Packet(namespace: namespace, id: nil, content: .disconnect))] : []
    state = .inactive
    session += 1
    _ = receiveBuffer.removeAll()
    return goodbye + [.release] + (wasConnected ? [.deliver(.disconnect(.ioClientDisconnect, nil))] : []) + loseAcks()
      + endWriters()
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
    return (next == .inactive ? [.release] : []) + reports + loseAcks(error) + (wasConnected ? endWriters() : [])
  }

  /// Whether the server, asked to go on where the session broke, would send again what broke it.
  private static func breaksRecovery(_ reason: DisconnectReason, _ error: SocketIOError?) -> Bool {
    reason == .parseError || error?.code == .tooLarge || error?.code == .protocolViolation
  }

  /// The answers to what was sent will not come any more; what is still buffered will be sent.
  private mutating func loseAcks(_ cause: SocketIOError? = nil) -> ActionList<Action> {
    var failure = SocketIOError.disconnected
    failure.underlying = cause
    var actions: ActionList<Action> = []
    for (id, ack) in acks.all where ack.position == nil { actions += completeAck(id, .failure(failure)) }
    return actions
  }

  /// Whoever waits for an acknowledgement would wait until the user connects again, if ever. What nobody waits for stays in the buffer.
  private mutating func refuseAcks() -> ActionList<Action> {
    guard let error = refusal.take() else { return [] }
    var actions: ActionList<Action> = []
    for (id, ack) in acks.all where ack.handler != nil {
      if unbuffer(id) { tally.drops.refused += 1 }
      actions += completeAck(id, .failure(error))
    }
    for emission in retryQueue.removeAwaited() {
      tally.drops.refused += 1
      actions += complete(emission, .failure(error))
    }
    return actions
  }

  private mutating func dispose() -> ActionList<Action> {
    tally.drops.released += sendBuffer.removeAll().count + retryQueue.waiting
    for (id, _) in acks.all { acks.update(at: id) { $0.position = nil } }
    let unsent = retryQueue.removeAll().compactMap(\.ack)
    return ActionList(unsent.map { .completeAck($0, .failure(.disconnected)) }) + loseAcks() + endWriters()
      + endOverflow()
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
        // Before the namespace is asked for again, or where another session of it was left, the event is not for this one.
        guard isJoining, leftConnection != connection else { return [] }
        if receiveBuffer.append(arguments, ack: packet.id) { return [] }
        return [
          .violated(SocketIOError(.protocolViolation, "parse error: too many events before the answer to CONNECT"))
        ]
      }
      return deliver(arguments, packet.id)
    case .ack(let arguments):
      // Before the answer to CONNECT it is for whoever left the namespace on this connection: his ids may have been the same.
      guard let id = packet.id, self.id != nil else { return [] }
      return completeAck(id, .success(arguments))
    }
  }

  /// The answer to a CONNECT that was given up has come: if the namespace is wanted again, it can be joined now.
  private mutating func rejoin() -> ActionList<Action> { state == .waiting ? authenticate() : [] }

  private mutating func deliver(_ arguments: [SocketValue], _ ack: Int?) -> ActionList<Action> {
    recovery?.learn(arguments, ack: ack)
    tally.received += 1
    return .just(.deliver(.event(arguments, session: session, ack: ack)))
  }

  // MARK: Emitting

  private mutating func emit(_ emission: consuming Emission, canSendNow: Bool) -> ActionList<Action> {
    if let handler = emission.ack, handler.token?.isCancelled == true { return dropCancelled(emission, handler) }
    if emission.isRetried { return enqueue(emission) }
    let isSent = id != nil && (!emission.isVolatile || canSendNow)
    let isDropped = !isSent && emission.isVolatile
    var actions: ActionList<Action> = []
    if isSent {
      giveBackRoom(of: emission)
    } else if isDropped {
      tally.drops.volatile += 1
    } else {
      guard makeRoom(for: &emission, &actions) else { return actions }
    }
    var ackID: Int?
    if let handler = emission.ack {
      let id = acks.append(
        PendingAck(handler: handler, hasTimer: emission.timeout != nil, sentAt: isSent ? clock() : nil))
      handler.token?.position = id
      if isDropped, emission.timeout == nil {
        // Its id is used up, as in the JavaScript client.
        acks.remove(at: id)
        return [.completeAck(handler, .failure(SocketIOError(.dropped, "the volatile event was dropped")))]
      }
      ackID = id
      if let timeout = emission.timeout { actions.append(.startAckTimer(id: id, milliseconds: timeout)) }
    }
    if isSent {
      actions.append(send(emission, ackID))
    } else if !isDropped {
      let position = sendBuffer.append(emission, id: ackID)
      if let ackID { acks.update(at: ackID) { $0.position = position } }
    }
    return actions
  }

  private mutating func enqueue(_ emission: Emission) -> ActionList<Action> {
    var emission = emission
    var actions: ActionList<Action> = []
    guard makeRoom(for: &emission, &actions) else { return actions }
    retryQueue.append(emission)
    return actions + sendRetryHead()
  }

  // MARK: Room in the buffer

  /// Finds room for an event that has none yet, as the option `offlineBuffer` says.
  ///
  /// - Returns: Whether there is room. Where there is not, the event is dropped.
  private mutating func makeRoom(for emission: inout Emission, _ actions: inout ActionList<Action>) -> Bool {
    guard emission.room == nil else { return true }
    let bytes = emission.estimatedSize
    while !gauge.take(bytes) {
      guard gauge.limit.overflow == .dropOldest, gauge.couldHold(bytes), let drop = dropOldest() else {
        actions += overflow(emission)
        if let handler = emission.ack { actions.append(.completeAck(handler, .failure(.bufferFull))) }
        return false
      }
      actions += drop
    }
    emission.room = bytes
    return true
  }

  private mutating func dropOldest() -> ActionList<Action>? {
    if let entry = sendBuffer.removeFirst() {
      giveBackRoom(of: entry.emission)
      return overflow(entry.emission) + (entry.id.map { completeAck($0, .failure(.bufferFull)) } ?? [])
    }
    guard let emission = retryQueue.removeOldestWaiting() else { return nil }
    giveBackRoom(of: emission)
    return overflow(emission) + (emission.ack.map { [.completeAck($0, .failure(.bufferFull))] } ?? [])
  }

  private mutating func overflow(_ emission: Emission) -> ActionList<Action> {
    tally.drops.bufferFull += 1
    overflowed += 1
    return overflowed == 1 ? [.overflowBegan(event: emission.arguments[0].stringValue ?? "")] : []
  }

  private mutating func endOverflow() -> ActionList<Action> {
    defer { overflowed = 0 }
    return overflowed > 0 ? [.overflowEnded(dropped: overflowed)] : []
  }

  private func giveBackRoom(of emission: Emission) {
    if let room = emission.room { gauge.giveBack(room) }
  }

  // MARK: Waiting until less is queued

  private mutating func add(_ writer: WaitingWriter) -> ActionList<Action> {
    guard !writer.token.isCancelled else {
      tally.drops.cancelled += 1
      return [.resumeWriter(writer, .cancelled)]
    }
    writer.token.position = writers.append(writer)
    return []
  }

  private mutating func admitWriter(canSendNow: Bool) -> ActionList<Action> {
    guard let writer = writers.removeFirst() else { return [] }
    var emission = writer.emission
    if gauge.limit.overflow == .refuse, emission.mayWait(isConnected: id != nil) {
      let bytes = emission.estimatedSize
      guard gauge.takeOrRefuse(bytes) else { return [.resumeWriter(writer, .bufferFull)] }
      emission.room = bytes
    }
    return emit(emission, canSendNow: canSendNow) + [.resumeWriter(writer, nil)]
  }

  private mutating func writerCancelled(_ token: AckToken) -> ActionList<Action> {
    guard writers[token.position]?.token === token, let writer = writers.remove(at: token.position) else { return [] }
    tally.drops.cancelled += 1
    return [.resumeWriter(writer, .cancelled)]
  }

  /// The Socket lost its namespace: whoever waits would emit into the next session without knowing.
  private mutating func endWriters() -> ActionList<Action> {
    ActionList(writers.removeAll().map { .resumeWriter($0, .disconnected) })
  }

  // MARK: Sending

  /// Every try is an event of its own, which the server is asked to acknowledge.
  private mutating func sendRetryHead() -> ActionList<Action> {
    guard id != nil, let emission = retryQueue.begin(id: acks.nextPosition) else { return [] }
    let id = acks.append(PendingAck(handler: nil, hasTimer: emission.timeout != nil, sentAt: clock()))
    return (emission.timeout.map { [.startAckTimer(id: id, milliseconds: $0)] } ?? []) + [send(emission, id)]
  }

  private mutating func send(_ emission: Emission, _ id: Int?) -> Action {
    tally.sent += 1
    return .send(
      Packet(namespace: namespace, id: id, content: .event(emission.arguments)), isCompressed: emission.isCompressed)
  }

  private mutating func sendFailed(_ packet: Packet, _ error: SocketIOError) -> ActionList<Action> {
    switch packet.content {
    case .connect:
      unansweredConnection = nil
      return refuse(error)
    case .event(let arguments):
      tally.sent -= 1
      tally.drops.unencodable += 1
      guard let id = packet.id else {
        return [.deliver(.emitFailed(event: arguments.first?.stringValue ?? "", error))]
      }
      return retryQueue.inFlight == id ? giveUpRetryHead(id, error) : completeAck(id, .failure(error))
    // The id is the server's, which has to do without the answer.
    case .ack: return [.deliver(.emitFailed(event: "acknowledgement \(packet.id ?? 0)", error))]
    case .disconnect, .connectError: return []
    }
  }

  /// To send it again would be in vain.
  private mutating func giveUpRetryHead(_ id: Int, _ error: SocketIOError) -> ActionList<Action> {
    let timer: ActionList<Action> = acks.remove(at: id)?.hasTimer == true ? [.stopAckTimer(id: id)] : []
    return timer + complete(retryQueue.removeHead(), .failure(error)) + [.resumeRetries]
  }

  private mutating func ackTimedOut(_ id: Int) -> ActionList<Action> {
    if unbuffer(id) { tally.drops.timedOut += 1 }
    return completeAck(id, .failure(SocketIOError(.timeout, "operation has timed out")))
  }

  private mutating func ackCancelled(_ token: AckToken) -> ActionList<Action> {
    if let (emission, id) = retryQueue.remove(token), let handler = emission.ack {
      giveBackRoom(of: emission)
      let timer: ActionList<Action> =
        id.flatMap { acks.remove(at: $0)?.hasTimer == true ? [.stopAckTimer(id: $0)] : nil } ?? []
      if id == nil { tally.drops.cancelled += 1 }
      return timer + [.completeAck(handler, .failure(.cancelled))] + sendRetryHead()
    }
    let id = token.position
    guard acks[id]?.handler?.token === token else { return [] }
    if unbuffer(id) { tally.drops.cancelled += 1 }
    return completeAck(id, .failure(.cancelled))
  }

  private mutating func dropCancelled(_ emission: Emission, _ handler: AckHandler) -> ActionList<Action> {
    giveBackRoom(of: emission)
    tally.drops.cancelled += 1
    return [.completeAck(handler, .failure(.cancelled))]
  }

  /// Takes an event out of the buffer.
  ///
  /// - Returns: Whether it was there.
  private mutating func unbuffer(_ id: Int) -> Bool {
    guard let position = acks[id]?.position else { return false }
    acks.update(at: id) { $0.position = nil }
    if let entry = sendBuffer.remove(at: position) { giveBackRoom(of: entry.emission) }
    return true
  }

  private mutating func completeAck(_ id: Int, _ result: Result<[SocketValue], SocketIOError>) -> ActionList<Action> {
    guard let ack = acks.remove(at: id) else { return [] }
    if case .success = result, let sentAt = ack.sentAt { tally.ackRoundTrips.record(nanoseconds: clock() - sentAt) }
    var actions: ActionList<Action> = ack.hasTimer ? [.stopAckTimer(id: id)] : []
    if let handler = ack.handler {
      actions.append(.completeAck(handler, result))
      return actions
    }
    let finished: Emission?
    if case .success = result { finished = retryQueue.removeHead() } else { finished = retryQueue.fail() }
    return actions + complete(finished, result) + sendRetryHead()
  }

  /// An event of the retry queue has its end, where there is one.
  private func complete(
    _ emission: Emission?, _ result: Result<[SocketValue], SocketIOError>
  ) -> ActionList<Action> {
    guard let emission else { return [] }
    giveBackRoom(of: emission)
    return emission.ack.map { [.completeAck($0, result)] } ?? []
  }
}
