/// The connection of a Manager as events and actions: one engine at a time, opened again after a loss.
struct ManagerStateMachine {
  enum Event {
    /// Open now, without further delay. A caller that awaits the outcome also handles the failure of an attempt begun
    /// by this event.
    case open(isAwaited: Bool)
    /// A Socket wants to be connected: now, or with the next attempt if one is scheduled.
    case connectionWanted
    case engineOpened
    case engineFailed(SocketIOError)
    case engineClosed(DisconnectReason, SocketIOError?)
    case connectTimeout
    case delayElapsed
    /// The answer to `.consultHandlers`.
    case handlersConsulted(Int)
    /// The handlers of `reconnect_attempt` begin to run.
    case announcementBegan(Int)
    /// A handler of the announcement waits for its actor, which may be blocked.
    case announcementWaits(Int)
    /// These handlers have run.
    case attemptAnnounced(Int)
    /// The received data is not a Socket.IO packet.
    case parseFailed(SocketIOError)
    /// No Socket is active any more.
    case released
    case settingsChanged
  }

  enum Action {
    case openEngine
    /// The engine sends what it has and closes; its reports are ignored.
    case releaseEngine
    case startConnectTimer(milliseconds: UInt64)
    case stopConnectTimer
    case startDelay(milliseconds: UInt64)
    case stopDelay
    /// Handle `.handlersConsulted` with the number when the handlers of all earlier reports have run.
    case consultHandlers(Int)
    /// Run the handlers of `reconnect_attempt`, and handle `.announcementBegan` before and `.attemptAnnounced` after,
    /// with the number of the announcement.
    case announceAttempt(Int, announcement: Int)
    case resetDecoder
    case socketsOpened
    case socketsFailed(SocketIOError)
    case socketsClosed(DisconnectReason, SocketIOError?)
    case notify(ManagerChange)
    /// The connection was lost or could not be made, and the Manager will not try again by itself.
    case gaveUp(SocketIOError)
    /// Callers of `open` get the outcome.
    case completeOpen(SocketIOError?)
  }

  enum State: Equatable {
    case closed
    /// The handlers of a loss or failure run. They may change the settings for the decision about the next step.
    case deciding(Decision)
    /// The delay before the next attempt runs.
    case waiting
    /// The handlers of `reconnect_attempt` run.
    case announcing(Announcement)
    case opening(Attempt)
    case open
  }

  struct Decision: Equatable {
    let consultation: Int
    /// An attempt to reconnect failed, which is reported after the decision.
    let isAfterAttempt: Bool
    /// A Socket wanted to connect during the decision.
    var isWanted = false
  }

  struct Announcement: Equatable {
    let number: Int
    let attempt: Int
    /// The handlers have started.
    var hasBegun = false
  }

  struct Attempt: Equatable {
    /// The number of the attempt to reconnect; nil if the caller or a Socket asked for it.
    var number: Int?
    /// A caller waits for the outcome.
    var isAwaited = false
    /// It replaced a reconnection, which continues if it fails.
    var isInterruption = false
  }

  /// How long to wait for handlers, in milliseconds. Without a limit, a handler that blocks until the connection is
  /// back would keep it from coming back. Handlers of an attempt that have started may take any time.
  static let patience: UInt64 = 500

  private(set) var state = State.closed
  var settings: ReconnectionSettings
  private var backoff = Backoff()
  private var announcements = 0
  private var consultations = 0
  /// Why there is no connection.
  private var lastError = SocketIOError.disconnected
  private var generator: any RandomNumberGenerator & Sendable

  init(
    _ settings: ReconnectionSettings, generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.settings = settings
    self.generator = generator
  }

  /// Why there is no connection, if none is tried: until a caller or a Socket asks for one.
  var finalError: SocketIOError? { state == .closed ? lastError : nil }

  mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .open(let isAwaited): return open(isAwaited: isAwaited)
    case .connectionWanted: return connectionWanted()
    case .engineOpened: return opened()
    case .engineFailed(let error): return failed(error)
    case .connectTimeout: return failed(SocketIOError(.timeout, "timeout"))
    case .engineClosed(let reason, let error): return closed(reason, error)
    case .parseFailed(let error):
      guard state == .open else { return [] }
      return lose(.parseError, error)
    case .delayElapsed: return delayElapsed()
    case .handlersConsulted(let consultation):
      guard case .deciding(let decision) = state, consultation == decision.consultation else { return [] }
      return decide(decision)
    case .announcementBegan(let announcement):
      guard case .announcing(var current) = state, announcement == current.number, !current.hasBegun else { return [] }
      current.hasBegun = true
      state = .announcing(current)
      return [.stopDelay]
    case .announcementWaits(let announcement):
      guard case .announcing(var current) = state, announcement == current.number else { return [] }
      current.hasBegun = false
      state = .announcing(current)
      return [.startDelay(milliseconds: Self.patience)]
    case .attemptAnnounced(let announcement):
      // A handler that took its time may have been overtaken by another reconnection.
      guard case .announcing(let current) = state, announcement == current.number else { return [] }
      return openEngine(Attempt(number: current.attempt))
    case .released: return release()
    case .settingsChanged:
      switch state {
      case .waiting, .announcing:
        guard !settings.isEnabled else { return [] }
        state = .closed
        backoff.reset()
        return [.stopDelay, .gaveUp(lastError)]
      case .closed, .deciding, .opening, .open: return []
      }
    }
  }

  // MARK: Opening

  private mutating func open(isAwaited: Bool) -> [Action] {
    switch state {
    case .open: return isAwaited ? [.completeOpen(nil)] : []
    // A caller that joins an attempt gets its outcome; the one that began it decides what follows a failure.
    case .opening: return []
    case .closed, .deciding, .waiting, .announcing:
      let attempt = Attempt(isAwaited: isAwaited, isInterruption: state != .closed)
      return [.stopDelay] + reportAttempt() + openEngine(attempt)
    }
  }

  private mutating func connectionWanted() -> [Action] {
    switch state {
    case .closed: return open(isAwaited: false)
    case .deciding(var decision):
      decision.isWanted = true
      state = .deciding(decision)
      return []
    case .waiting, .announcing, .opening, .open: return []
    }
  }

  private mutating func delayElapsed() -> [Action] {
    switch state {
    case .waiting:
      announcements += 1
      state = .announcing(Announcement(number: announcements, attempt: backoff.attempts))
      return [
        .startDelay(milliseconds: Self.patience),
        .announceAttempt(backoff.attempts, announcement: announcements),
      ]
    case .deciding(let decision): return decide(decision)
    case .announcing(let current): return current.hasBegun ? [] : openEngine(Attempt(number: current.attempt))
    case .closed, .opening, .open: return []
    }
  }

  private mutating func openEngine(_ attempt: Attempt) -> [Action] {
    state = .opening(attempt)
    let timer: [Action] = settings.timeout.map { [.startConnectTimer(milliseconds: $0)] } ?? []
    return timer + [.openEngine]
  }

  private mutating func opened() -> [Action] {
    guard case .opening(let attempt) = state else { return [] }
    state = .open
    backoff.reset()
    let reconnected: [Action] = attempt.number.map { [.notify(.reconnect($0))] } ?? []
    // The Sockets come last: one that cannot join at all may close the connection again.
    return [.stopConnectTimer, .resetDecoder, .notify(.open), .completeOpen(nil)] + reconnected + [.socketsOpened]
  }

  private mutating func failed(_ error: SocketIOError) -> [Action] {
    guard case .opening(let attempt) = state else { return [] }
    state = .closed
    lastError = error
    let actions: [Action] = [
      .stopConnectTimer, .releaseEngine, .resetDecoder, .socketsFailed(error), .notify(.error(error)),
      .completeOpen(error),
    ]
    if attempt.isAwaited, !attempt.isInterruption { return actions }
    guard error.code == .incompatibleServer else { return actions + reconnect(afterAttempt: attempt.number != nil) }
    // Another attempt would meet the same server.
    backoff.reset()
    return actions + (attempt.number == nil ? [] : [.notify(.reconnectError(error))]) + [.gaveUp(error)]
  }

  // MARK: Closing

  private mutating func closed(_ reason: DisconnectReason, _ error: SocketIOError?) -> [Action] {
    switch state {
    case .open:
      guard reason == .transportError, let error else { return lose(reason, error) }
      return [.socketsFailed(error), .notify(.error(error))] + lose(reason, error)
    case .opening: return failed(error ?? SocketIOError(.disconnected, reason.rawValue))
    case .closed, .deciding, .waiting, .announcing: return []
    }
  }

  private mutating func lose(_ reason: DisconnectReason, _ error: SocketIOError?) -> [Action] {
    state = .closed
    lastError = error ?? SocketIOError(.disconnected, reason.rawValue)
    return [.releaseEngine, .resetDecoder, .socketsClosed(reason, error), .notify(.close(reason))]
      + reconnect(afterAttempt: false)
  }

  private mutating func release() -> [Action] {
    let isOver =
      switch state {
      case .closed: true
      case .deciding: !settings.isEnabled
      case .waiting, .announcing, .opening, .open: false
      }
    let reports = reportAttempt()
    state = .closed
    backoff.reset()
    guard !isOver else { return [.stopDelay] + reports }
    return reports + [
      .stopConnectTimer, .stopDelay, .releaseEngine, .resetDecoder, .notify(.close(.forcedClose)),
      .completeOpen(SocketIOError(.disconnected, DisconnectReason.forcedClose.rawValue)),
    ]
  }

  // MARK: Reconnecting

  private mutating func reconnect(afterAttempt isAfterAttempt: Bool) -> [Action] {
    consultations += 1
    state = .deciding(Decision(consultation: consultations, isAfterAttempt: isAfterAttempt))
    return [.startDelay(milliseconds: Self.patience), .consultHandlers(consultations)]
  }

  private mutating func decide(_ decision: Decision) -> [Action] {
    let report = reportAttempt()
    state = .closed
    let actions = [.stopDelay] + schedule() + report
    guard state == .closed else { return actions }
    return actions + (decision.isWanted ? openEngine(Attempt()) : [.gaveUp(lastError)])
  }

  /// Why an attempt to reconnect failed, until the decision.
  private func reportAttempt() -> [Action] {
    guard case .deciding(let decision) = state, decision.isAfterAttempt else { return [] }
    return [.notify(.reconnectError(lastError))]
  }

  private mutating func schedule() -> [Action] {
    guard settings.isEnabled else { return [] }
    if let limit = settings.attempts, backoff.attempts >= limit {
      backoff.reset()
      return [.notify(.reconnectFailed)]
    }
    state = .waiting
    return [.startDelay(milliseconds: backoff.next(settings, random: Double.random(in: 0..<1, using: &generator)))]
  }
}
