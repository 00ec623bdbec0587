/// An Engine.IO session as events and actions: handshake, heartbeat, upgrade, write buffer and close.
///
/// A session has up to two transports: `main` carries it, `probe` is tried for an upgrade. One machine serves one
/// connection attempt. The session ends with exactly one report, `.failed` (it never opened) or `.closed`; `.finished`
/// follows when nothing of it is left. docs/design.md says why reports come last in a list of actions.
struct EngineStateMachine {
  private let configuration: Configuration
  private var state = State.idle
  private var candidates: [TransportName] = []
  private var mainName: TransportName = .polling
  private var upgrade = UpgradeStateMachine()
  private var isWritable = false
  private(set) var outbox = EngineOutbox()
  private var handshake: Handshake?
  private(set) var isReadingPaused = false

  init(_ configuration: Configuration) { self.configuration = configuration }

  /// Whether a packet sent now would leave at once.
  var canSendNow: Bool { state == .open && outbox.isEmpty && isWritable && !upgrade.isSwitching }

  /// Whether a message that arrives on `main` is reported.
  var takesMessages: Bool { state == .open || state == .draining }

  /// A name for the next message that is held.
  mutating func makeHoldID() -> ReadBarrier.ID { outbox.makeHoldID() }

  mutating func handle(_ event: consuming Event) -> ActionList<Action> {
    switch event {
    case .open: return open()
    case .transport(.main, let event): return main(event)
    case .transport(.probe, let event): return probe(event)
    case .send(let messages, let isCompressed, let isAwaited):
      guard state == .open else { return [] }
      outbox.append(messages, isCompressed: isCompressed, isAwaited: isAwaited)
      return flush()
    case .hold(let messages, let id, let predecessor):
      guard state == .open else { return [] }
      let isFirst = !outbox.isHolding
      let hasReleased = outbox.hold(messages, as: id, behind: predecessor)
      return holdingChanged(startsTimer: isFirst || hasReleased)
    case .withdraw(let id): return holdingChanged(startsTimer: outbox.withdraw(id))
    case .holdingEnded:
      guard state == .open || state == .draining else { return [] }
      // The server cannot have read unsent messages. The heartbeat ends a stuck connection.
      if state == .open, !isWritable { return [.startHoldTimer(milliseconds: configuration.holdTimeout)] }
      return holdingChanged(startsTimer: outbox.stopHolding())
    case .close: return close()
    case .upgradeConsidered: return probe()
    case .heartbeatExpired:
      guard state == .open || state == .draining else { return [] }
      return end(reason: .pingTimeout, error: nil)
    case .closeTimeout:
      guard state == .draining || state == .closing else { return [] }
      return [.abort(.main)] + abortProbe() + finish()
    case .pauseReading:
      guard state == .open, !isReadingPaused else { return [] }
      isReadingPaused = true
      // A ping that is not read cannot be missed.
      return [.stopHeartbeat, .pauseReading]
    case .resumeReading: return resumeReading()
    }
  }

  private mutating func resumeReading() -> ActionList<Action> {
    guard isReadingPaused else { return [] }
    isReadingPaused = false
    return startHeartbeat() + [.resumeReading]
  }

  private func startHeartbeat() -> ActionList<Action> {
    guard let handshake, !isReadingPaused else { return [] }
    return [.startHeartbeat(milliseconds: handshake.pingInterval + handshake.pingTimeout)]
  }

  // MARK: Opening

  private mutating func open() -> ActionList<Action> {
    guard state == .idle else { return [] }
    candidates = configuration.candidates
    guard let first = candidates.first else {
      state = .finished
      return [.report(.failed(SocketIOError(.noTransport, "No transports available"))), .report(.finished)]
    }
    state = .opening
    mainName = first
    return [.openTransport(.main, first, sid: nil)]
  }

  private mutating func opened(_ json: String) -> ActionList<Action> {
    let handshake: Handshake
    do {
      handshake = try Handshake(json: json)
    } catch {
      return [.abort(.main)] + failed(error)
    }
    self.handshake = handshake
    state = .open
    return [.setSession(sid: handshake.sid)] + startHeartbeat()
      + [.report(.opened(handshake, mainName)), .considerUpgrade]
  }

  /// `main` could not be opened.
  private mutating func failed(_ error: SocketIOError) -> ActionList<Action> {
    if configuration.tryAllTransports, candidates.count > 1, error.code != .incompatibleServer {
      candidates.removeFirst()
      mainName = candidates[0]
      isWritable = false
      return [.openTransport(.main, mainName, sid: nil)]
    }
    return [.report(.failed(error))] + finish()
  }

  // MARK: The transport that carries the session

  private mutating func main(_ event: TransportEvent) -> ActionList<Action> {
    switch (state, event) {
    case (.idle, _), (.finished, _): return []
    case (.closing, .closed), (.closing, .failed): return finish()
    case (.closing, .packet(.open(let json))) where handshake == nil:
      // Closed before the handshake: the session that it opens can only be closed by its id.
      guard let handshake = try? Handshake(json: json) else { return [.abort(.main)] + finish() }
      return [.setSession(sid: handshake.sid)]
    case (.closing, _): return []
    case (_, .opened), (_, .writable): return becameWritable()
    case (.opening, .packet(.open(let json))): return opened(json)
    case (.opening, .packet):
      return [.abort(.main)]
        + failed(SocketIOError(.protocolViolation, "server error: the first packet is not a handshake"))
    case (.opening, .failed(let error)): return failed(error)
    case (.opening, .closed(let error)):
      return failed(error ?? SocketIOError(.connectionLost, "the connection was closed before the handshake"))
    case (_, .packet(let packet)): return received(packet)
    case (_, .readReceipt(let mark)): return holdingChanged(startsTimer: outbox.confirmRead(mark))
    case (_, .paused): return paused()
    case (_, .failed(let error)): return end(reason: .transportError, error: error)
    case (_, .closed(let error)): return end(reason: .transportClose, error: error)
    }
  }

  private mutating func received(_ packet: EnginePacket) -> ActionList<Action> {
    switch packet {
    case .ping: return answerPing() + startHeartbeat() + [.report(.ping)]
    // From a cache in between, which would answer every poll with it at once.
    case .open:
      let message = "server error: the session was opened a second time, perhaps by a cache that keeps answers"
      return end(reason: .transportError, error: SocketIOError(.protocolViolation, message))
    // A close packet only means something on polling, whose transport handles it.
    case .message, .close, .pong, .upgrade, .noop, .uncompressed, .encoded: return []
    }
  }

  /// A WebSocket sends the pong before waiting packets, even if it is busy. On polling it goes with the next POST.
  private mutating func answerPing() -> ActionList<Action> {
    if mainName == .websocket { return .just(.sendOne(.pong(""))) }
    outbox.owePong()
    return flush()
  }

  // MARK: Upgrade

  /// Tries the better transport, if there is one.
  private mutating func probe() -> ActionList<Action> {
    guard state == .open, !upgrade.isUnderWay, mainName == .polling, configuration.upgrade,
      let handshake, handshake.upgrades.contains(.websocket), candidates.contains(.websocket)
    else { return [] }
    upgrade.begin()
    return [.openTransport(.probe, .websocket, sid: handshake.sid)]
  }

  private mutating func probe(_ event: TransportEvent) -> ActionList<Action> {
    guard state == .open || state == .draining else { return [] }
    switch upgrade.handle(event) {
    case .sendPing: return [.send(.probe, [.ping("probe")])]
    case .pauseMain: return [.pause]
    case .giveUp(let error, let wasSwitching):
      return [.abort(.probe)] + (wasSwitching ? [.resume] : []) + flush() + [.report(.upgradeFailed(error))]
    case nil: return []
    }
  }

  private mutating func paused() -> ActionList<Action> {
    guard upgrade.isSwitching else { return [] }
    upgrade.end()
    mainName = .websocket
    isWritable = true
    outbox.putUpgradeInFront()
    return [.promoteProbe] + (isReadingPaused ? [.pauseReading] : []) + flush() + [.report(.upgraded(mainName))]
  }

  private mutating func abortProbe() -> ActionList<Action> { upgrade.end() ? [.abort(.probe)] : [] }

  // MARK: Writing

  /// `main` takes packets.
  mutating func becameWritable() -> ActionList<Action> {
    isWritable = true
    return state == .open && outbox.isIdle ? [] : flush()
  }

  /// Whether a text can go to `main` at once, without an action.
  var canPass: Bool { canSendNow && outbox.isIdle }

  /// A text goes to `main`, since it ``canPass``. Returns the mark to ask about then, if a read receipt is needed.
  mutating func pass() -> UInt64? {
    isWritable = !outbox.pass()
    return outbox.nextQuestion()
  }

  /// Sends an encoded packet.
  mutating func send(_ packet: consuming EncodedPacket, isCompressed: Bool) -> ActionList<Action> {
    guard state == .open else { return [] }
    guard packet.attachments.isEmpty, canSendNow, outbox.pass() else {
      outbox.append(packet, isCompressed: isCompressed)
      return flush()
    }
    isWritable = false
    return .just(.sendOne(.encoded(packet.text, isCompressed: isCompressed))) + ask()
  }

  /// Sends what is not held any more.
  ///
  /// - Parameter startsTimer: Whether messages that are still held get their full time again.
  private mutating func holdingChanged(startsTimer: Bool) -> ActionList<Action> {
    guard state == .open else { return flush() }
    if !outbox.isHolding { return [.stopHoldTimer] + flush() }
    guard startsTimer else { return flush() }
    return [.startHoldTimer(milliseconds: configuration.holdTimeout)] + flush()
  }

  private mutating func flush() -> ActionList<Action> {
    guard state == .open || state == .draining, !upgrade.isSwitching else { return [] }
    // A WebSocket takes everything before it closes, so that the system has it even if time runs out.
    let isLast = state == .draining && mainName == .websocket
    guard isWritable || isLast else { return ask() }
    // In one piece: all of it on a WebSocket, what the server accepts in one body on polling.
    let packets =
      mainName == .polling
      ? outbox.takeBody(maxPackets: configuration.maxPacketsPerPost, maxBytes: handshake?.maxPayload ?? 0)
      : outbox.takeAll()
    guard !packets.isEmpty else { return outbox.isHolding ? ask() : closeIfDrained() }
    isWritable = false
    var actions: ActionList<Action> = .just(.send(.main, packets))
    if outbox.isHolding || state == .open {
      actions += ask()
    } else if isLast {
      actions += closeIfDrained()
    }
    return actions
  }

  /// Asks whether the server has read what held messages wait for.
  private mutating func ask() -> ActionList<Action> { outbox.nextQuestion().map { [.requestReadReceipt($0)] } ?? [] }

  // MARK: Closing

  private mutating func close() -> ActionList<Action> {
    switch state {
    case .idle:
      state = .finished
      return [.report(.finished)]
    case .opening:
      state = .closing
      return [
        .startCloseTimer(milliseconds: configuration.closeTimeout), .report(.closed(.forcedClose, nil)), .close(.main),
      ]
    case .open:
      state = .draining
      let abandoned: ActionList<Action> = upgrade.isSwitching ? [] : abortProbe()
      // The server's close comes after its messages, which are discarded. From now on there is one limit for all.
      // Messages that are still held then are dropped, not sent early.
      return resumeReading() + abandoned
        + [
          .stopHoldTimer, .startCloseTimer(milliseconds: configuration.closeTimeout),
          .report(.closed(.forcedClose, nil)),
        ] + flush()
    case .draining, .closing, .finished: return []
    }
  }

  private mutating func closeIfDrained() -> ActionList<Action> {
    guard state == .draining, !outbox.isHolding else { return [] }
    state = .closing
    return [.stopHeartbeat, .close(.main)]
  }

  /// The session broke.
  private mutating func end(reason: DisconnectReason, error: SocketIOError?) -> ActionList<Action> {
    // While draining the session counts as closed already.
    let report: ActionList<Action> = state == .open ? [.report(.closed(reason, error))] : []
    return [.stopHeartbeat, .abort(.main)] + abortProbe() + report + finish()
  }

  private mutating func finish() -> ActionList<Action> {
    state = .finished
    outbox.removeAll()
    return [.stopHeartbeat, .stopCloseTimer, .stopHoldTimer, .report(.finished)]
  }
}
