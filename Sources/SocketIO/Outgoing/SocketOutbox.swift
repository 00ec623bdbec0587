/// The events that a Socket emits, from `emit` until they are sent and acknowledged, cancelled, dropped or given up.
///
/// The part of the ``SocketStateMachine`` that need not know how a namespace is joined and left, only whether it is
/// joined.
struct SocketOutbox {
  typealias Action = SocketStateMachine.Action
  typealias Answer = AckHandler.Answer

  private let namespace: String
  /// Whether the namespace is joined.
  private var isOpen = false
  private var queue: OutgoingQueue
  private var acks: AcknowledgementTable
  private var writers = PositionedQueue<WaitingWriter>()
  private var sent = 0
  private var drops = EventStatistics.Drops()

  init(namespace: String, budget: OfflineBudget, clock: @escaping () -> UInt64) {
    self.namespace = namespace
    queue = OutgoingQueue(budget: budget)
    acks = AcknowledgementTable(clock: clock)
  }

  /// Bytes of the events that wait for a connection or for their turn; exact with the default parser.
  var bufferedBytes: Int { queue.bytes }

  /// Whether any writer waits until less is queued.
  var hasWriters: Bool { !writers.isEmpty }

  /// The turn of the writer that has waited longest.
  var firstWriterTurn: Int? { writers.first?.turn }

  /// Counts of what happened so far and what waits now.
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

  /// The namespace is joined: sends what waits.
  mutating func open() -> ActionList<Action> {
    isOpen = true
    var actions: ActionList<Action> = []
    for entry in queue.takeBuffered() {
      if let id = entry.id { acks.setSent(id) }
      actions.append(send(entry.event, entry.id))
    }
    return actions + endOverflow() + sendRetryHead()
  }

  /// The namespace is left or lost. What was sent will not be answered; what is still buffered will be sent later.
  mutating func close(_ cause: SocketIOError? = nil) -> ActionList<Action> {
    isOpen = false
    var failure = SocketIOError.disconnected
    failure.underlying = cause
    var actions: ActionList<Action> = []
    for id in acks.idsOutsideBuffer { actions += complete(id, .failure(failure)) }
    return actions
  }

  /// The namespace was refused. Pending acknowledgements fail, since they might wait for ever; events without one stay
  /// in the buffer.
  mutating func refuse(_ error: SocketIOError) -> ActionList<Action> {
    var actions: ActionList<Action> = []
    for id in acks.idsWithHandler {
      if unbuffer(id) { drops.refused += 1 }
      actions += complete(id, .failure(error))
    }
    for event in queue.removeAwaitedRetried() {
      drops.refused += 1
      actions += complete(event, .failure(error))
    }
    return actions
  }

  /// The Socket was freed.
  mutating func dispose() -> ActionList<Action> {
    drops.released += queue.count
    _ = queue.takeBuffered()
    acks.forgetBuffer()
    var actions: ActionList<Action> = []
    for event in queue.removeAllRetried() { actions += complete(event, .failure(.disconnected)) }
    return actions + close() + endWriters() + endOverflow()
  }

  // MARK: Emitting

  /// An event that goes to the connection at once.
  struct Passed {
    /// The acknowledgement id, if one is asked for.
    let id: Int?
  }

  /// - Returns: nil if the event cannot go at once, or more follows than a timer for its acknowledgement.
  mutating func pass(_ event: inout OutgoingTextEvent) -> Passed? {
    guard isOpen, event.isPlain else { return nil }
    queue.giveBackRoom(event.room)
    sent += 1
    guard let handler = event.ack.take() else { return Passed(id: nil) }
    return Passed(id: acks.append(handler, event.token, hasTimer: event.timeout != nil, isSent: true))
  }

  mutating func emit(_ event: consuming OutgoingEvent, canSendNow: Bool) -> ActionList<Action> {
    if event.token?.isCancelled == true { return dropCancelled(event) }
    if event.isRetried { return enqueue(event) }
    let isSent = isOpen && (!event.isVolatile || canSendNow)
    let isDropped = !isSent && event.isVolatile
    var actions: ActionList<Action> = []
    if isSent {
      queue.giveBackRoom(event.room)
    } else if isDropped {
      drops.volatile += 1
    } else {
      guard makeRoom(for: &event, &actions) else { return actions }
    }
    var ackID: Int?
    // The table has it from now on.
    if let handler = event.ack.take() {
      let id = acks.append(consume handler, event.token, hasTimer: event.timeout != nil, isSent: isSent)
      if isDropped, event.timeout == nil {
        // The id counts as used, as in the JavaScript client.
        return complete(id, .failure(SocketIOError(.dropped, "the volatile event was dropped")))
      }
      ackID = id
      if let timeout = event.timeout { actions.append(.startAckTimer(id: id, milliseconds: timeout)) }
    }
    if isSent {
      actions.append(send(event, ackID))
    } else if !isDropped {
      let position = queue.append(event, id: ackID)
      if let ackID { acks.setBuffered(ackID, at: position) }
    }
    return actions
  }

  private mutating func enqueue(_ event: OutgoingEvent) -> ActionList<Action> {
    var event = event
    var actions: ActionList<Action> = []
    guard makeRoom(for: &event, &actions) else { return actions }
    queue.appendRetried(event)
    return actions + sendRetryHead()
  }

  private mutating func dropCancelled(_ event: OutgoingEvent) -> ActionList<Action> {
    queue.giveBackRoom(event.room)
    drops.cancelled += 1
    return complete(event, .failure(.cancelled))
  }

  /// - Returns: Whether there is room. If there is none, the event is dropped.
  private mutating func makeRoom(for event: inout OutgoingEvent, _ actions: inout ActionList<Action>) -> Bool {
    let wasOverflowing = queue.isOverflowing
    let (hasRoom, dropped) = queue.makeRoom(for: &event)
    if !wasOverflowing, let first = dropped.first {
      actions.append(.overflowBegan(event: first.event.name))
    }
    for entry in dropped {
      if let id = entry.id {
        actions += complete(id, .failure(.bufferFull))
      } else {
        actions += complete(entry.event, .failure(.bufferFull))
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
    var event = writer.outgoing
    if event.mayWait(isConnected: isOpen), !queue.takeRoomOrRefuse(&event) {
      return [.resumeWriter(writer, .bufferFull)]
    }
    return emit(event, canSendNow: canSendNow) + [.resumeWriter(writer, nil)]
  }

  mutating func cancelWriter(_ token: CancellationToken) -> ActionList<Action> {
    guard writers[token.position]?.token === token, let writer = writers.remove(at: token.position) else { return [] }
    drops.cancelled += 1
    return [.resumeWriter(writer, .cancelled)]
  }

  /// A waiting writer would otherwise emit into the next session without knowing.
  mutating func endWriters() -> ActionList<Action> {
    ActionList(writers.removeAll().map { .resumeWriter($0, .disconnected) })
  }

  // MARK: Sending

  /// Every attempt is an event of its own, with an acknowledgement id of its own.
  mutating func sendRetryHead() -> ActionList<Action> {
    guard isOpen, let event = queue.beginTry(id: acks.nextID) else { return [] }
    let id = acks.append(nil, nil, hasTimer: event.timeout != nil, isSent: true)
    return (event.timeout.map { [.startAckTimer(id: id, milliseconds: $0)] } ?? []) + [send(event, id)]
  }

  private mutating func send(_ event: consuming OutgoingEvent, _ id: Int?) -> Action {
    sent += 1
    let (name, isCompressed) = (event.name, event.isCompressed)
    switch event.takePayload() {
    case .encoded(var packet):
      packet.text.id = id
      return .sendEncoded(packet, isCompressed: isCompressed)
    case .values(let arguments):
      let content = SocketPacket.Content.event(name: name, arguments: arguments)
      return .send(SocketPacket(namespace: namespace, id: id, content: content), isCompressed: isCompressed)
    }
  }

  /// The parser could not encode an event.
  mutating func sendFailed(_ name: String, id: Int?, _ error: SocketIOError) -> ActionList<Action> {
    sent -= 1
    drops.unencodable += 1
    guard let id else { return [.deliver(.emitFailed(event: name, error))] }
    guard queue.tryInFlight == id else { return complete(id, .failure(error)) }
    // Sending it again would fail in the same way.
    let abandoned = queue.endTry(isLast: true)
    return removeAck(id) + complete(abandoned, .failure(error)) + [.resumeRetries]
  }

  // MARK: Acknowledgements

  /// - Returns: nil if nobody waits for it but the retry queue.
  mutating func takeAwaited(_ id: Int) -> AcknowledgementTable.Entry? { acks.takeAwaited(id) }

  mutating func acknowledge(_ id: Int, _ arguments: consuming ReceivedArguments) -> ActionList<Action> {
    complete(id, .success(consume arguments))
  }

  mutating func timeOut(_ id: Int) -> ActionList<Action> {
    if unbuffer(id) { drops.timedOut += 1 }
    return complete(id, .failure(SocketIOError(.timeout, "operation has timed out")))
  }

  mutating func cancel(_ token: CancellationToken) -> ActionList<Action> {
    if let (event, id) = queue.removeRetried(token) {
      if id == nil { drops.cancelled += 1 }
      return (id.map { removeAck($0) } ?? []) + complete(event, .failure(.cancelled)) + sendRetryHead()
    }
    guard let id = acks.id(of: token) else { return [] }
    if unbuffer(id) { drops.cancelled += 1 }
    return complete(id, .failure(.cancelled))
  }

  private mutating func removeAck(_ id: Int) -> ActionList<Action> {
    acks.remove(id)?.hasTimer == true ? [.stopAckTimer(id: id)] : []
  }

  /// Removes an event from the buffer.
  ///
  /// - Returns: Whether it was there.
  private mutating func unbuffer(_ id: Int) -> Bool {
    guard let position = acks.takeBufferPosition(of: id) else { return false }
    queue.remove(at: position)
    return true
  }

  private mutating func complete(_ id: Int, _ answer: consuming Answer) -> ActionList<Action> {
    let isAcknowledged = if case .success = answer { true } else { false }
    guard var ack = isAcknowledged ? acks.acknowledge(id) : acks.remove(id) else { return [] }
    var actions: ActionList<Action> = ack.hasTimer ? [.stopAckTimer(id: id)] : []
    if let handler = ack.handler.take() {
      actions.append(.completeAck(handler, consume answer))
      return actions
    }
    let ended = queue.endTry(isLast: isAcknowledged)
    return actions + complete(ended, answer) + sendRetryHead()
  }

  /// Completes an event, if there is one.
  private func complete(_ event: OutgoingEvent?, _ answer: Answer) -> ActionList<Action> {
    guard let handler = event?.ack else { return [] }
    return [.completeAck(handler, answer)]
  }
}
