/// One namespace of a connection, as events and actions: joining and leaving it, and events in both directions. Its
/// ``SocketOutbox`` handles outgoing events.
struct SocketStateMachine {
  let namespace: String
  private var state = State.inactive {
    didSet { revision += 1 }
  }
  /// The latest connection that this Socket knows of. The Manager's number is 1 for the first.
  private var connection = Connection(number: 0) {
    didSet { revision += 1 }
  }
  /// Increases with each change of state or connection, so that changes can be noticed.
  private(set) var revision: UInt64 = 0
  /// Counts the stays in the namespace, to recognise what belongs to an older one.
  private var session: UInt32 = 0
  private var recovery: Recovery?
  private(set) var isRecovered = false
  private var receiveBuffer = ReceiveBuffer()
  /// The number of events delivered.
  private var receivedEvents = 0
  private(set) var outbox: SocketOutbox

  /// - Parameters:
  ///   - budget: Limits the events that wait for a connection.
  ///   - receiveLimit: Limits the bytes of events that arrive before the answer to CONNECT.
  ///   - clock: Nanoseconds; asked only where something is measured.
  init(namespace: String, budget: OfflineBudget, receiveLimit: Int, clock: @escaping () -> UInt64) {
    self.namespace = namespace
    receiveBuffer.limit = receiveLimit
    outbox = SocketOutbox(namespace: namespace, budget: budget, clock: clock)
  }

  /// Counts of what happened so far and what waits now.
  var statistics: EventStatistics {
    var statistics = outbox.statistics
    statistics.received = receivedEvents
    return statistics
  }

  var isActive: Bool { state.isActive }

  private var isJoined: Bool { if case .connected = state { true } else { false } }

  /// Whether the credentials are being evaluated.
  var isAuthenticating: Bool { if case .authenticating = state { true } else { false } }

  /// Whether CONNECT was sent and the server has not answered.
  var isJoining: Bool { if case .joining = state { true } else { false } }

  /// Whether the server's answer to CONNECT was of another protocol.
  var isUnusable: Bool { state.isUnusable }

  /// Whether pending acknowledgements wait for the handlers of a refusal.
  var isRefused: Bool { if case .refused = state { true } else { false } }

  /// The session's id; nil if the namespace is not joined.
  var id: String? { if case .connected(let id) = state { id } else { nil } }

  /// Whether the answer to a CONNECT is outstanding on that connection.
  func awaitsAnswer(on number: Int) -> Bool { connection.number == number && connection.awaitsAnswer }

  mutating func handle(_ event: consuming Event) -> ActionList<Action> {
    switch event {
    case .connect:
      // A Socket that already waits reopens a Manager that has stopped trying.
      guard !isActive || state.isWaiting else { return [] }
      state = .waiting
      return [.openManager]
    case .disconnect: return disconnect()
    case .managerOpened(let number, let wasLeft):
      guard state.isWaiting else { return [] }
      if connection.number != number { connection = Connection(number: number) }
      if wasLeft { connection.isLeft = true }
      return connection.awaitsAnswer ? [] : authenticate()
    case .managerFailed(let error):
      guard isActive, id == nil else { return [] }
      return [.deliver(.connectError(error))]
    case .managerClosed(let reason, let error):
      guard isActive else { return [] }
      if Recovery.isBroken(by: reason, error) { recovery = nil }
      return leave(.waiting, reason, error)
    case .authenticated(let session, let result): return authenticated(session, result)
    case .emitWhenWritable(let writer): return outbox.add(writer)
    case .admitWriter(let canSendNow): return outbox.admitWriter(canSendNow: canSendNow)
    case .writerCancelled(let token): return outbox.cancelWriter(token)
    case .refusedConsulted(let session):
      guard session == self.session, case .refused(let error) = state else { return [] }
      state = .inactive
      return outbox.refuse(error)
    case .reply(let reply): return self.reply(reply)
    case .replyFailed(let id, let error): return replyFailed(id, error)
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
    session &+= 1
    return [.authenticate(session: session)]
  }

  private mutating func authenticated(
    _ session: UInt32, _ result: Result<SocketValue?, SocketIOError>
  ) -> ActionList<Action> {
    guard session == self.session, isAuthenticating else { return [] }
    switch result {
    case .success(let auth?) where auth.objectValue == nil:
      return authenticated(session, .failure(SocketIOError(.authFailed, "auth is not an object")))
    case .success(let auth):
      state = .joining
      connection.awaitsAnswer = true
      let payload = recovery?.payload(auth) ?? auth
      return [.send(SocketPacket(namespace: namespace, id: nil, content: .connect(payload)))]
    case .failure(let error): return refuse(error)
    }
  }

  /// The namespace cannot be joined, and another attempt would not help.
  private mutating func refuse(_ error: SocketIOError) -> ActionList<Action> {
    endSession(.refused(error))
    return [.release, .deliver(.connectError(error)), .consultRefused(session: session)] + outbox.endWriters()
  }

  private mutating func connected(_ reply: SocketValue?) -> ActionList<Action> {
    guard state.hasAsked else { return [] }
    guard let id = reply?["sid"]?.stringValue else {
      state = .unusable
      return [.deliver(.connectError(.withoutSessionID))]
    }
    let pid = reply?["pid"]?.stringValue
    isRecovered = pid != nil && pid == recovery?.pid
    recovery = pid.map { Recovery(pid: $0, offset: recovery?.offset) }
    state = .connected(id: id)
    connection.isLeft = false
    var actions: ActionList<Action> = []
    for event in receiveBuffer.removeAll() {
      if let session = sessionToDeliver(ack: event.ack, lastString: event.arguments.lastString) {
        actions.append(.deliverEvent(event, session: session))
      }
    }
    return actions + outbox.open() + [.deliver(.connect(id: id, recovered: isRecovered))]
  }

  // MARK: Leaving

  private mutating func disconnect() -> ActionList<Action> {
    guard isActive else { return outbox.endWriters() }
    let wasConnected = id != nil
    if wasConnected { connection.isLeft = true }
    let goodbye: ActionList<Action> =
      wasConnected ? [.send(SocketPacket(namespace: namespace, id: nil, content: .disconnect))] : []
    endSession(.inactive)
    return goodbye + [.release] + (wasConnected ? [.deliver(.disconnect(.ioClientDisconnect, nil))] : [])
      + outbox.close() + outbox.endWriters()
  }

  private mutating func leave(_ next: State, _ reason: DisconnectReason, _ error: SocketIOError?) -> ActionList<Action>
  {
    let wasConnected = id != nil
    // A broken connection was reported before, by `.managerFailed`.
    let isReported = state.isUnusable || reason == .transportError && error != nil
    endSession(next)
    var reports: ActionList<Action> = []
    if wasConnected {
      reports = [.deliver(.disconnect(reason, error))]
    } else if !isReported {
      reports = [.deliver(.connectError(.notJoined(reason, error)))]
    }
    return (isActive ? [] : [.release]) + reports + outbox.close(error) + (wasConnected ? outbox.endWriters() : [])
  }

  private mutating func endSession(_ next: State) {
    state = next
    session &+= 1
    _ = receiveBuffer.removeAll()
  }

  // MARK: Receiving

  /// An event of the namespace has arrived.
  ///
  /// - Parameters:
  ///   - ack: Its acknowledgement id.
  ///   - lastString: Its last argument, if that is a string.
  /// - Returns: The session in which it is delivered at once; nil if the namespace is not joined, and ``received(_:)``
  ///   decides.
  mutating func sessionToDeliver(ack: Int?, lastString: @autoclosure () -> String?) -> UInt32? {
    guard isJoined else { return nil }
    if ack == nil { recovery?.learn(lastString()) }
    receivedEvents += 1
    return session
  }

  /// An event of the namespace has arrived for which ``sessionToDeliver(ack:lastString:)`` is nil.
  mutating func received(_ event: ReceivedEvent) -> ActionList<Action> {
    // Otherwise the event belongs to an earlier session.
    guard isJoining, !connection.isLeft else { return [] }
    if receiveBuffer.append(event) { return [] }
    return [.violated(SocketIOError(.protocolViolation, "parse error: too many events before the answer to CONNECT"))]
  }

  /// A packet of the namespace other than an event or an acknowledgement has arrived.
  mutating func received(_ content: ReceivedPacket.Content) -> ActionList<Action> {
    if connection.awaitsAnswer {
      switch content {
      case .connect:
        connection.awaitsAnswer = false
        if !isJoining {
          connection.isLeft = true
          return [.send(SocketPacket(namespace: namespace, id: nil, content: .disconnect))] + rejoin()
        }
      case .connectError:
        connection.awaitsAnswer = false
        if !isJoining { return rejoin() }
      case .disconnect, .event, .ack: break
      }
    }
    guard isActive else { return [] }
    switch content {
    case .connect(let reply): return connected(reply)
    // It crossed the DISCONNECT that was sent before this CONNECT.
    case .disconnect where id == nil && connection.isLeft: return []
    // The answer may still come, and CONNECT must not be sent again before it.
    case .disconnect where state.hasAsked:
      return refuse(SocketIOError(.refused, "the server disconnected the Socket instead of accepting it"))
    // CONNECT was not sent yet.
    case .disconnect where id == nil: return []
    case .disconnect: return leave(.inactive, .ioServerDisconnect, nil)
    case .connectError(let payload):
      guard id == nil else { return [] }
      return refuse(.refused(payload))
    case .event, .ack: return []
    }
  }

  mutating func acknowledged(_ id: Int?, _ arguments: consuming ReceivedArguments) -> ActionList<Action> {
    // Before the answer to CONNECT it belongs to a session that was left, whose ids may be the same.
    guard let id, self.id != nil else { return [] }
    return outbox.acknowledge(id, consume arguments)
  }

  /// The acknowledgement of an event has arrived.
  ///
  /// - Returns: Who waits for it, from which nothing else follows; nil otherwise, and ``acknowledged(_:_:)`` decides.
  mutating func takeAwaited(_ id: Int?) -> AcknowledgementTable.Entry? {
    guard let id, isJoined else { return nil }
    return outbox.takeAwaited(id)
  }

  /// The answer to a CONNECT that was given up has arrived. If the namespace is wanted again, it can be joined now.
  private mutating func rejoin() -> ActionList<Action> { state.isWaiting ? authenticate() : [] }

  // MARK: Sending

  /// - Parameter canSendNow: Whether the transport would accept the event at once.
  mutating func emit(_ event: consuming OutgoingEvent, canSendNow: Bool) -> ActionList<Action> {
    outbox.emit(event, canSendNow: canSendNow)
  }

  /// Lets an event go to a connection that takes it, unless more has to happen.
  ///
  /// - Returns: nil if it has to be emitted with ``emit(_:canSendNow:)``.
  mutating func pass(_ event: inout OutgoingTextEvent) -> SocketOutbox.Passed? { outbox.pass(&event) }

  private mutating func sendFailed(_ packet: SocketPacket, _ error: SocketIOError) -> ActionList<Action> {
    switch packet.content {
    case .connect:
      connection.awaitsAnswer = false
      return refuse(error)
    case .event(let name, _): return outbox.sendFailed(name, id: packet.id, error)
    case .ack: return replyFailed(packet.id ?? 0, error)
    case .disconnect, .connectError: return []
    }
  }

  /// The id is the server's. It gets no answer.
  private func replyFailed(_ id: Int, _ error: SocketIOError) -> ActionList<Action> {
    [.deliver(.emitFailed(event: "acknowledgement \(id)", error))]
  }

  /// Whether the server still waits for answers to events of that session.
  func mayReply(in session: UInt32) -> Bool { session == self.session && isJoined }

  private func reply(_ reply: OutgoingReply) -> ActionList<Action> {
    guard mayReply(in: reply.session) else { return [] }
    switch reply.payload {
    case .encoded(let packet): return .just(.sendEncoded(packet))
    case .values(let arguments):
      return .just(.send(SocketPacket(namespace: namespace, id: reply.id, content: .ack(arguments))))
    }
  }
}
