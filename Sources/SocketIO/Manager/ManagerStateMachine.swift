/// The connection of a Manager as events and actions: one engine at a time, opened again after a loss.
struct ManagerStateMachine {
  enum Event {
    /// Open now, whatever was waited for. With a caller who waits for the outcome the failure of an attempt that begins with it is
    /// his to deal with.
    case open(isAwaited: Bool)
    /// A Socket wants to be connected: now, or with the next attempt if one is going to come.
    case connectionWanted
    case engineOpened
    case engineFailed(SocketIOError)
    case engineClosed(DisconnectReason, SocketIOError?)
    case connectTimeout
    case delayElapsed
    /// What `.consultHandlers` asked for.
    case handlersConsulted(Int)
    /// The handlers of `reconnect_attempt` begin to run.
    case announcementBegan(Int)
    /// They have run.
    case attemptAnnounced(Int)
    /// What arrived is no Socket.IO packet.
    case parseFailed(SocketIOError)
    /// No Socket is active any more.
    case released
    case settingsChanged
  }

  enum Action {
    case openEngine
    /// The engine sends what it has and closes; nothing it reports counts any more.
    case releaseEngine
    case startConnectTimer(milliseconds: UInt64)
    case stopConnectTimer
    case startDelay(milliseconds: UInt64)
    case stopDelay
    /// Answer with `.handlersConsulted` and the number, when the handlers of all that was told up to now have run.
    case consultHandlers(Int)
    /// Tell the handlers of `reconnect_attempt`, and answer with `.announcementBegan` before and `.attemptAnnounced` after, and the number
    /// of the announcement.
    case announceAttempt(Int, announcement: Int)
    case resetDecoder
    case socketsOpened
    case socketsFailed(SocketIOError)
    case socketsClosed(DisconnectReason, SocketIOError?)
    case emit(ManagerChange)
    /// The connection was lost or could not be made, and nothing more is done about it unless somebody asks.
    case gaveUp(SocketIOError)
    /// Those who wait for the opening get its outcome.
    case completeOpen(SocketIOError?)
  }

  enum State: Equatable {
    case closed
    /// The handlers of a loss or failure run. They may change the settings by which it is then decided how to go on.
    case deciding
    /// The delay before the next attempt runs.
    case waiting
    case announcing(attempt: Int, hasBegun: Bool)
    case opening(attempt: Int?)
    case open
  }

  /// How long handlers are waited for, in milliseconds: one that blocks, perhaps until the connection is back, would else keep it from
  /// coming back. Handlers of an attempt that have begun have all the time that they take.
  static let patience: UInt64 = 500

  private(set) var state = State.closed
  var settings: ReconnectionSettings
  private var backoff = Backoff()
  private var announcements = 0
  private var consultations = 0
  private var isAwaited = false
  /// The attempt under way came in place of a reconnection, which goes on if it fails.
  private var hasInterrupted = false
  /// A Socket was told to connect while it was being decided.
  private var isWanted = false
  /// Told when it is decided how to go on.
  private var attemptError: SocketIOError?
  /// Why there is no connection.
  private var lastError = SocketIOError.disconnected
  private var generator: any RandomNumberGenerator & Sendable

  init(
    _ settings: ReconnectionSettings, generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.settings = settings
    self.generator = generator
  }

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
      guard state == .deciding, consultation == consultations else { return [] }
      return decide()
    case .announcementBegan(let announcement):
      guard case .announcing(let attempt, hasBegun: false) = state, announcement == announcements else { return [] }
      state = .announcing(attempt: attempt, hasBegun: true)
      return [.stopDelay]
    case .attemptAnnounced(let announcement):
      // A handler that took its time may have been overtaken by another reconnection.
      guard case .announcing(let attempt, _) = state, announcement == announcements else { return [] }
      return openEngine(attempt: attempt)
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
    // Who joins an attempt gets its outcome, but what follows a failure is up to whoever began it.
    case .opening: return []
    case .closed, .deciding, .waiting, .announcing:
      self.isAwaited = isAwaited
      hasInterrupted = state != .closed
      return [.stopDelay] + reportAttempt() + openEngine(attempt: nil)
    }
  }

  private mutating func connectionWanted() -> [Action] {
    switch state {
    case .closed: return open(isAwaited: false)
    case .deciding:
      isWanted = true
      return []
    case .waiting, .announcing, .opening, .open: return []
    }
  }

  private mutating func delayElapsed() -> [Action] {
    switch state {
    case .waiting:
      state = .announcing(attempt: backoff.attempts, hasBegun: false)
      announcements += 1
      return [
        .startDelay(milliseconds: Self.patience),
        .announceAttempt(backoff.attempts, announcement: announcements),
      ]
    case .deciding: return decide()
    case .announcing(let attempt, hasBegun: false): return openEngine(attempt: attempt)
    case .announcing, .closed, .opening, .open: return []
    }
  }

  private mutating func openEngine(attempt: Int?) -> [Action] {
    state = .opening(attempt: attempt)
    let timer: [Action] = settings.timeout.map { [.startConnectTimer(milliseconds: $0)] } ?? []
    return timer + [.openEngine]
  }

  private mutating func opened() -> [Action] {
    guard case .opening(let attempt) = state else { return [] }
    state = .open
    backoff.reset()
    isAwaited = false
    hasInterrupted = false
    let reconnected: [Action] = attempt.map { [.emit(.reconnect($0))] } ?? []
    // The Sockets come last: one that cannot join at all may close the connection again.
    return [.stopConnectTimer, .resetDecoder, .emit(.open), .completeOpen(nil)] + reconnected + [.socketsOpened]
  }

  private mutating func failed(_ error: SocketIOError) -> [Action] {
    guard case .opening(let attempt) = state else { return [] }
    state = .closed
    let isCallers = isAwaited && !hasInterrupted
    isAwaited = false
    hasInterrupted = false
    lastError = error
    let actions: [Action] = [
      .stopConnectTimer, .releaseEngine, .resetDecoder, .socketsFailed(error), .emit(.error(error)),
      .completeOpen(error),
    ]
    if isCallers { return actions }
    guard error.code == .incompatibleServer else { return actions + reconnect(after: attempt.map { _ in error }) }
    // It will not be another one the next time.
    backoff.reset()
    return actions + (attempt.map { _ in [.emit(.reconnectError(error))] } ?? []) + [.gaveUp(error)]
  }

  // MARK: Closing

  private mutating func closed(_ reason: DisconnectReason, _ error: SocketIOError?) -> [Action] {
    switch state {
    case .open:
      guard reason == .transportError, let error else { return lose(reason, error) }
      return [.socketsFailed(error), .emit(.error(error))] + lose(reason, error)
    case .opening: return failed(error ?? SocketIOError(.disconnected, reason.rawValue))
    case .closed, .deciding, .waiting, .announcing: return []
    }
  }

  private mutating func lose(_ reason: DisconnectReason, _ error: SocketIOError?) -> [Action] {
    state = .closed
    lastError = error ?? SocketIOError(.disconnected, reason.rawValue)
    return [.releaseEngine, .resetDecoder, .socketsClosed(reason, error), .emit(.close(reason))] + reconnect()
  }

  private mutating func release() -> [Action] {
    let isOver = state == .closed || state == .deciding && !settings.isEnabled
    let reports = reportAttempt()
    state = .closed
    backoff.reset()
    isAwaited = false
    hasInterrupted = false
    guard !isOver else { return [.stopDelay] + reports }
    return reports + [
      .stopConnectTimer, .stopDelay, .releaseEngine, .resetDecoder, .emit(.close(.forcedClose)),
      .completeOpen(SocketIOError(.disconnected, DisconnectReason.forcedClose.rawValue)),
    ]
  }

  // MARK: Reconnecting

  /// - Parameter error: Why an attempt to reconnect failed.
  private mutating func reconnect(after error: SocketIOError? = nil) -> [Action] {
    state = .deciding
    attemptError = error
    isWanted = false
    consultations += 1
    return [.startDelay(milliseconds: Self.patience), .consultHandlers(consultations)]
  }

  private mutating func decide() -> [Action] {
    state = .closed
    let actions = [.stopDelay] + schedule() + reportAttempt()
    guard state == .closed else { return actions }
    return actions + (isWanted ? openEngine(attempt: nil) : [.gaveUp(lastError)])
  }

  private mutating func reportAttempt() -> [Action] { attemptError.take().map { [.emit(.reconnectError($0))] } ?? [] }

  private mutating func schedule() -> [Action] {
    guard settings.isEnabled else { return [] }
    if let limit = settings.attempts, backoff.attempts >= limit {
      backoff.reset()
      return [.emit(.reconnectFailed)]
    }
    state = .waiting
    return [.startDelay(milliseconds: backoff.next(settings, random: Double.random(in: 0..<1, using: &generator)))]
  }
}
