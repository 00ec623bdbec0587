/// An Engine.IO session as events and actions: handshake, heartbeat, upgrade, write buffer and close.
///
/// A session has up to two transports: `main` carries it, `probe` is tried for an upgrade. One machine serves one
/// connection attempt; the session ends with exactly one report of `.failed` (it never opened) or `.closed`, and
/// `.finished` follows when nothing of it is left.
///
/// Reports stand last in a list of actions, since whoever gets one may call the engine back at once. The end of a
/// session is reported first: a transport may answer `.close` inside the call, and after the end all calls are in vain.
struct EngineStateMachine {
  private enum State {
    case idle
    case opening
    case open
    /// What is buffered and held is still sent, an upgrade under way still ends; then the transport is closed.
    case draining
    /// The transport was told to close.
    case closing
    case finished
  }

  private enum Upgrade {
    case none
    /// The probe's connection is being made.
    case connecting
    /// `2probe` is sent, `3probe` awaited.
    case probing
    /// The probe answered; `main` finishes what is under way. Nothing is sent until the switch.
    case switching
  }

  private let configuration: Configuration
  private var state = State.idle
  private var candidates: [TransportName] = []
  private var mainName: TransportName = .polling
  private var upgrade = Upgrade.none
  private var isWritable = false
  private var outbox = EngineOutbox()
  private var handshake: Handshake?
  private(set) var isReadingPaused = false

  init(_ configuration: Configuration) { self.configuration = configuration }

  /// Whether a packet sent now would leave at once.
  var canSendNow: Bool {
    guard case .open = state, outbox.isEmpty, isWritable else { return false }
    return upgrade != .switching
  }

  /// Bytes of the packets that wait for the transport.
  var queuedBytes: Int { outbox.queuedBytes }

  /// Whether any message is held.
  var isHolding: Bool { outbox.isHolding }

  /// What was held or is, and the server is not known to have read.
  var unreadHeld: Set<ReadBarrier.ID> { outbox.unreadHeld }

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
      // The server cannot have read what the transport has not sent. A connection that is stuck ends by its heartbeat.
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
    candidates = configuration.transports
    if let preferred = configuration.preferred, let index = candidates.firstIndex(of: preferred) {
      candidates.swapAt(0, index)
    }
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
    return [
      .setSession(sid: handshake.sid),
      .startHeartbeat(milliseconds: handshake.pingInterval + handshake.pingTimeout),
      .report(.opened(handshake, mainName)), .considerUpgrade,
    ]
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
    case (_, .opened), (_, .writable):
      isWritable = true
      return flush()
    case (.opening, .packet(.open(let json))): return opened(json)
    case (.opening, .packet):
      return [.abort(.main)]
        + failed(SocketIOError(.protocolViolation, "server error: the first packet is no handshake"))
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
    case .message(let message): return .just(.report(.message(message)))
    case .ping:
      return answerPing() + startHeartbeat() + [.report(.ping)]
    // From a cache in between, which would answer every poll with it at once.
    case .open:
      let message = "server error: the session was opened a second time, perhaps by a cache that keeps answers"
      return end(reason: .transportError, error: SocketIOError(.protocolViolation, message))
    // A close packet means something on polling only, where the transport sees to it.
    case .close, .pong, .upgrade, .noop, .uncompressed: return []
    }
  }

  /// A WebSocket puts the pong in front of what it has, though it be busy. On polling it goes with the next POST.
  private mutating func answerPing() -> ActionList<Action> {
    if mainName == .websocket { return .just(.send(.main, [.pong("")])) }
    outbox.owePong()
    return flush()
  }

  // MARK: Upgrade

  /// Tries the better transport, if there is one.
  private mutating func probe() -> ActionList<Action> {
    guard state == .open, upgrade == .none, mainName == .polling, configuration.upgrade,
      let handshake, handshake.upgrades.contains(.websocket), candidates.contains(.websocket)
    else { return [] }
    upgrade = .connecting
    return [.openTransport(.probe, .websocket, sid: handshake.sid)]
  }

  private mutating func probe(_ event: TransportEvent) -> ActionList<Action> {
    guard state == .open || state == .draining else { return [] }
    switch (upgrade, event) {
    case (.connecting, .opened):
      upgrade = .probing
      return [.send(.probe, [.ping("probe")])]
    case (.probing, .packet(.pong("probe"))):
      upgrade = .switching
      return [.pause]
    case (.probing, .packet):
      return probeFailed(SocketIOError(.protocolViolation, "it answered the probe with another packet"))
    case (.none, _), (_, .opened), (_, .writable), (_, .paused), (_, .packet), (_, .readReceipt): return []
    case (_, .failed(let error)): return probeFailed(error)
    case (_, .closed(let error)): return probeFailed(error ?? SocketIOError(.connectionLost, "it was closed"))
    }
  }

  private mutating func paused() -> ActionList<Action> {
    guard upgrade == .switching else { return [] }
    upgrade = .none
    mainName = .websocket
    isWritable = true
    outbox.putUpgradeInFront()
    return [.promoteProbe] + (isReadingPaused ? [.pauseReading] : []) + flush() + [.report(.upgraded(mainName))]
  }

  private mutating func probeFailed(_ error: SocketIOError) -> ActionList<Action> {
    let wasSwitching = upgrade == .switching
    upgrade = .none
    return [.abort(.probe)] + (wasSwitching ? [.resume] : []) + flush() + [.report(.upgradeFailed(error))]
  }

  private mutating func abortProbe() -> ActionList<Action> {
    guard upgrade != .none else { return [] }
    upgrade = .none
    return [.abort(.probe)]
  }

  // MARK: Writing

  /// Sends what is not held any more.
  ///
  /// - Parameter startsTimer: Where messages are still held, they have their whole time from now on.
  private mutating func holdingChanged(startsTimer: Bool) -> ActionList<Action> {
    guard state == .open else { return flush() }
    if !outbox.isHolding { return [.stopHoldTimer] + flush() }
    guard startsTimer else { return flush() }
    return [.startHoldTimer(milliseconds: configuration.holdTimeout)] + flush()
  }

  private mutating func flush() -> ActionList<Action> {
    guard state == .open || state == .draining, upgrade != .switching else { return [] }
    // A WebSocket takes all that is left before it closes, so that the system has it even where time runs out.
    let isLast = state == .draining && mainName == .websocket
    guard isWritable || isLast else { return ask() }
    let packets = takePackets()
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

  /// Asks whether the server has read what somebody waits for.
  private mutating func ask() -> ActionList<Action> {
    outbox.nextQuestion().map { [.requestReadReceipt($0)] } ?? []
  }

  /// What goes out in one piece: all of it on a WebSocket, what the server accepts in one body on polling.
  private mutating func takePackets() -> [EnginePacket] {
    guard mainName == .polling else { return outbox.takeAll() }
    return outbox.takeBody(maxPackets: configuration.maxPacketsPerPost, maxBytes: handshake?.maxPayload ?? 0)
  }

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
      let abandoned: ActionList<Action> = upgrade == .switching ? [] : abortProbe()
      // The server's part in the closing stands behind what it has sent; nobody gets that any more.
      // From now on there is one limit for all. What is held then is cut off rather than hurried.
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
