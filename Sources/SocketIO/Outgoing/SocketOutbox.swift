/// What a Socket emits, from `emit` to its end: sent at once or when it can be, acknowledged, cancelled, dropped or
/// given up.
///
/// The half of the ``SocketStateMachine`` that need not know how a namespace is joined and left, only whether it is
/// joined.
struct SocketOutbox {
  typealias Action = SocketStateMachine.Action
  typealias Answer = Result<[SocketValue], SocketIOError>

  private let namespace: String
  /// Whether the namespace is joined.
  private var isOpen = false
  private var queue: OutgoingQueue
  private var acks: AcknowledgementTable
  private var writers = SparseQueue<WaitingWriter>()
  private var sent = 0
  private var drops = EventStatistics.Drops()

  init(namespace: String, gauge: BufferGauge, clock: @escaping () -> UInt64) {
    self.namespace = namespace
    queue = OutgoingQueue(gauge: gauge)
    acks = AcknowledgementTable(clock: clock)
  }

  /// Bytes of the events that wait for a connection or for their turn, estimated.
  var bufferedBytes: Int { queue.bytes }

  /// Whether anybody waits until less is queued.
  var hasWriters: Bool { !writers.isEmpty }

  /// The turn of the one that waits longest.
  var firstWriterTurn: Int? { writers.first?.turn }

  /// What happened so far, and what waits now.
  var statistics: EventStatistics {
    var statistics = EventStatistics()
    statistics.sent = sent
    statistics.buffered = queue.count
    statistics.bufferedBytes = queue.bytes
    statistics.waiting = writers.count
    statistics.unacknowledged = acks.sentCount
    statistics.ackRoundTrips = acks.roundTrips
    statistics.drops = drops
    statistics.drops.bufferFull = queue.withoutRoom
    return statistics
  }

  // MARK: The namespace

  /// The namespace is joined: what waits is sent.
  mutating func open() -> ActionList<Action> {
    isOpen = true
    var actions: ActionList<Action> = []
    for entry in queue.takeBuffered() {
      if let id = entry.id { acks.setSent(id) }
      actions.append(send(entry.emission, entry.id))
    }
    return actions + endOverflow() + sendRetryHead()
  }

  /// The namespace is left or lost. The answers to what was sent will not come any more; what is still buffered will be
  /// sent.
  mutating func close(_ cause: SocketIOError? = nil) -> ActionList<Action> {
    isOpen = false
    var failure = SocketIOError.disconnected
    failure.underlying = cause
    var actions: ActionList<Action> = []
    for id in acks.idsOutsideBuffer { actions += complete(id, .failure(failure)) }
    return actions
  }

  /// The namespace was refused: whoever waits for an acknowledgement would wait until the user connects again, if ever.
  /// What nobody waits for stays in the buffer.
  mutating func refuse(_ error: SocketIOError) -> ActionList<Action> {
    var actions: ActionList<Action> = []
    for id in acks.idsWithHandler {
      if unbuffer(id) { drops.refused += 1 }
      actions += complete(id, .failure(error))
    }
    for emission in queue.removeAwaitedRetried() {
      drops.refused += 1
      actions += complete(emission, .failure(error))
    }
    return actions
  }

  /// Nobody can use the Socket any more.
  mutating func dispose() -> ActionList<Action> {
    drops.released += queue.count
    _ = queue.takeBuffered()
    acks.forgetBuffer()
    var actions: ActionList<Action> = []
    for emission in queue.removeAllRetried() { actions += complete(emission, .failure(.disconnected)) }
    return actions + close() + endWriters() + endOverflow()
  }

  // MARK: Emitting

  mutating func emit(_ emission: consuming Emission, canSendNow: Bool) -> ActionList<Action> {
    if let handler = emission.ack, handler.token?.isCancelled == true { return dropCancelled(emission, handler) }
    if emission.isRetried { return enqueue(emission) }
    let isSent = isOpen && (!emission.isVolatile || canSendNow)
    let isDropped = !isSent && emission.isVolatile
    var actions: ActionList<Action> = []
    if isSent {
      queue.giveBackRoom(of: emission)
    } else if isDropped {
      drops.volatile += 1
    } else {
      guard makeRoom(for: &emission, &actions) else { return actions }
    }
    var ackID: Int?
    if let handler = emission.ack {
      let id = acks.append(handler, hasTimer: emission.timeout != nil, isSent: isSent)
      if isDropped, emission.timeout == nil {
        // Its id is used up, as in the JavaScript client.
        return complete(id, .failure(SocketIOError(.dropped, "the volatile event was dropped")))
      }
      ackID = id
      if let timeout = emission.timeout { actions.append(.startAckTimer(id: id, milliseconds: timeout)) }
    }
    if isSent {
      actions.append(send(emission, ackID))
    } else if !isDropped {
      let position = queue.append(emission, id: ackID)
      if let ackID { acks.setBuffered(ackID, at: position) }
    }
    return actions
  }

  private mutating func enqueue(_ emission: Emission) -> ActionList<Action> {
    var emission = emission
    var actions: ActionList<Action> = []
    guard makeRoom(for: &emission, &actions) else { return actions }
    queue.appendRetried(emission)
    return actions + sendRetryHead()
  }

  private mutating func dropCancelled(_ emission: Emission, _ handler: AckHandler) -> ActionList<Action> {
    queue.giveBackRoom(of: emission)
    drops.cancelled += 1
    return [.completeAck(handler, .failure(.cancelled))]
  }

  /// - Returns: Whether there is room. Where there is not, the event is dropped.
  private mutating func makeRoom(for emission: inout Emission, _ actions: inout ActionList<Action>) -> Bool {
    let wasOverflowing = queue.isOverflowing
    let (hasRoom, dropped) = queue.makeRoom(for: &emission)
    if !wasOverflowing, let first = dropped.first {
      actions.append(.overflowBegan(event: first.emission.arguments[0].stringValue ?? ""))
    }
    for entry in dropped {
      if let id = entry.id {
        actions += complete(id, .failure(.bufferFull))
      } else {
        actions += complete(entry.emission, .failure(.bufferFull))
      }
    }
    return hasRoom
  }

  private mutating func endOverflow() -> ActionList<Action> {
    let count = queue.endOverflow()
    return count > 0 ? [.overflowEnded(dropped: count)] : []
  }

  // MARK: Waiting until less is queued

  mutating func add(_ writer: WaitingWriter) -> ActionList<Action> {
    guard !writer.token.isCancelled else {
      drops.cancelled += 1
      return [.resumeWriter(writer, .cancelled)]
    }
    writer.token.position = writers.append(writer)
    return []
  }

  mutating func admitWriter(canSendNow: Bool) -> ActionList<Action> {
    guard let writer = writers.removeFirst() else { return [] }
    var emission = writer.emission
    if emission.mayWait(isConnected: isOpen), !queue.takeRoomOrRefuse(&emission) {
      return [.resumeWriter(writer, .bufferFull)]
    }
    return emit(emission, canSendNow: canSendNow) + [.resumeWriter(writer, nil)]
  }

  mutating func cancelWriter(_ token: AckToken) -> ActionList<Action> {
    guard writers[token.position]?.token === token, let writer = writers.remove(at: token.position) else { return [] }
    drops.cancelled += 1
    return [.resumeWriter(writer, .cancelled)]
  }

  /// Whoever waits would emit into the next session without knowing.
  mutating func endWriters() -> ActionList<Action> {
    ActionList(writers.removeAll().map { .resumeWriter($0, .disconnected) })
  }

  // MARK: Sending

  /// Every try is an event of its own, which the server is asked to acknowledge.
  mutating func sendRetryHead() -> ActionList<Action> {
    guard isOpen, let emission = queue.beginTry(id: acks.nextID) else { return [] }
    let id = acks.append(nil, hasTimer: emission.timeout != nil, isSent: true)
    return (emission.timeout.map { [.startAckTimer(id: id, milliseconds: $0)] } ?? []) + [send(emission, id)]
  }

  private mutating func send(_ emission: Emission, _ id: Int?) -> Action {
    sent += 1
    return .send(
      Packet(namespace: namespace, id: id, content: .event(emission.arguments)), isCompressed: emission.isCompressed)
  }

  /// The parser could not encode an event.
  mutating func sendFailed(_ arguments: [SocketValue], id: Int?, _ error: SocketIOError) -> ActionList<Action> {
    sent -= 1
    drops.unencodable += 1
    guard let id else { return [.deliver(.emitFailed(event: arguments.first?.stringValue ?? "", error))] }
    guard queue.tryInFlight == id else { return complete(id, .failure(error)) }
    // To send it again would be in vain.
    let abandoned = queue.endTry(isLast: true)
    return removeAck(id) + complete(abandoned, .failure(error)) + [.resumeRetries]
  }

  // MARK: Acknowledgements

  mutating func acknowledge(_ id: Int, _ arguments: [SocketValue]) -> ActionList<Action> {
    complete(id, .success(arguments))
  }

  mutating func timeOut(_ id: Int) -> ActionList<Action> {
    if unbuffer(id) { drops.timedOut += 1 }
    return complete(id, .failure(SocketIOError(.timeout, "operation has timed out")))
  }

  mutating func cancel(_ token: AckToken) -> ActionList<Action> {
    if let (emission, id) = queue.removeRetried(token) {
      if id == nil { drops.cancelled += 1 }
      return (id.map { removeAck($0) } ?? []) + complete(emission, .failure(.cancelled)) + sendRetryHead()
    }
    guard let id = acks.id(of: token) else { return [] }
    if unbuffer(id) { drops.cancelled += 1 }
    return complete(id, .failure(.cancelled))
  }

  private mutating func removeAck(_ id: Int) -> ActionList<Action> {
    acks.remove(id)?.hasTimer == true ? [.stopAckTimer(id: id)] : []
  }

  /// Takes an event out of the buffer.
  ///
  /// - Returns: Whether it was there.
  private mutating func unbuffer(_ id: Int) -> Bool {
    guard let position = acks.takeBufferPosition(of: id) else { return false }
    queue.remove(at: position)
    return true
  }

  private mutating func complete(_ id: Int, _ answer: Answer) -> ActionList<Action> {
    let isAcknowledged = if case .success = answer { true } else { false }
    guard let ack = isAcknowledged ? acks.acknowledge(id) : acks.remove(id) else { return [] }
    var actions: ActionList<Action> = ack.hasTimer ? [.stopAckTimer(id: id)] : []
    if let handler = ack.handler {
      actions.append(.completeAck(handler, answer))
      return actions
    }
    let ended = queue.endTry(isLast: isAcknowledged)
    return actions + complete(ended, answer) + sendRetryHead()
  }

  /// An event has its end, where there is one.
  private func complete(_ emission: Emission?, _ answer: Answer) -> ActionList<Action> {
    guard let handler = emission?.ack else { return [] }
    return [.completeAck(handler, answer)]
  }
}
