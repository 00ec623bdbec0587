/// The connection of a Manager as events and actions: one engine at a time, opened again after a loss.
struct ManagerStateMachine {
  enum Event {
    /// Open now, whatever was waited for. With a caller who waits for the outcome the failure of an attempt that begins with it is
    /// his to deal with.
    case open(isAwaited: Bool)
    case engineOpened
    case engineFailed(SocketIOError)
    case engineClosed(DisconnectReason, SocketIOError?)
    case connectTimeout
    case delayElapsed
    /// The handlers of `reconnect_attempt` have run.
    case attemptAnnounced(announcement: Int)
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
    /// Tell the handlers of `reconnect_attempt`, then answer with `.attemptAnnounced` and the number of the announcement.
    case announceAttempt(Int, announcement: Int)
    case resetDecoder
    case socketsOpened
    case socketsFailed(SocketIOError)
    case socketsClosed(DisconnectReason, SocketIOError?)
    case emit(ManagerChange)
    /// Those who wait for the opening get its outcome.
    case completeOpen(SocketIOError?)
  }

  enum State: Equatable {
    case closed
    /// The delay before the next attempt runs.
    case waiting
    case announcing(attempt: Int)
    case opening(attempt: Int?)
    case open
  }

  private(set) var state = State.closed
  var settings: ReconnectionSettings
  private var backoff = Backoff()
  private var announcements = 0
  private var isAwaited = false
  private var generator: any RandomNumberGenerator & Sendable

  init(
    _ settings: ReconnectionSettings, generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.settings = settings
    self.generator = generator
  }

  /// Whether the next attempt is scheduled, so that a Socket that wants to connect need not open.
  var isReconnecting: Bool {
    switch state {
    case .waiting, .announcing: true
    case .closed, .opening, .open: false
    }
  }

  mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .open(let isAwaited): return open(isAwaited: isAwaited)
    case .engineOpened: return opened()
    case .engineFailed(let error): return failed(error)
    case .connectTimeout: return failed(SocketIOError(.timeout, "timeout"))
    case .engineClosed(let reason, let error): return closed(reason, error)
    case .parseFailed(let error):
      guard state == .open else { return [] }
      return lose(.parseError, error)
    case .delayElapsed:
      guard state == .waiting else { return [] }
      state = .announcing(attempt: backoff.attempts)
      announcements += 1
      return [.announceAttempt(backoff.attempts, announcement: announcements)]
    case .attemptAnnounced(let announcement):
      // A handler that took its time may have been overtaken by another reconnection.
      guard case .announcing(let attempt) = state, announcement == announcements else { return [] }
      return openEngine(attempt: attempt)
    case .released: return release()
    case .settingsChanged:
      guard isReconnecting, !settings.isEnabled else { return [] }
      state = .closed
      backoff.reset()
      return [.stopDelay]
    }
  }

  // MARK: Opening

  private mutating func open(isAwaited: Bool) -> [Action] {
    switch state {
    case .open: return isAwaited ? [.completeOpen(nil)] : []
    // Who joins an attempt gets its outcome, but what follows a failure is up to whoever began it.
    case .opening: return []
    case .closed, .waiting, .announcing:
      self.isAwaited = isAwaited
      return [.stopDelay] + openEngine(attempt: nil)
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
    let reconnected: [Action] = attempt.map { [.emit(.reconnect($0))] } ?? []
    // The Sockets come last: one that cannot join at all may close the connection again.
    return [.stopConnectTimer, .resetDecoder, .emit(.open), .completeOpen(nil)] + reconnected + [.socketsOpened]
  }

  private mutating func failed(_ error: SocketIOError) -> [Action] {
    guard case .opening(let attempt) = state else { return [] }
    state = .closed
    let wasAwaited = isAwaited
    isAwaited = false
    let actions: [Action] = [
      .stopConnectTimer, .releaseEngine, .resetDecoder, .socketsFailed(error), .emit(.error(error)),
      .completeOpen(error),
    ]
    if attempt != nil { return actions + reconnect() + [.emit(.reconnectError(error))] }
    return wasAwaited ? actions : actions + reconnect()
  }

  // MARK: Closing

  private mutating func closed(_ reason: DisconnectReason, _ error: SocketIOError?) -> [Action] {
    switch state {
    case .open:
      guard reason == .transportError, let error else { return lose(reason, error) }
      return [.socketsFailed(error), .emit(.error(error))] + lose(reason, error)
    case .opening: return failed(error ?? SocketIOError(.disconnected, reason.rawValue))
    case .closed, .waiting, .announcing: return []
    }
  }

  private mutating func lose(_ reason: DisconnectReason, _ error: SocketIOError?) -> [Action] {
    state = .closed
    return [.releaseEngine, .resetDecoder, .socketsClosed(reason, error), .emit(.close(reason))] + reconnect()
  }

  private mutating func release() -> [Action] {
    guard state != .closed else { return [] }
    state = .closed
    backoff.reset()
    isAwaited = false
    return [
      .stopConnectTimer, .stopDelay, .releaseEngine, .resetDecoder, .emit(.close(.forcedClose)),
      .completeOpen(SocketIOError(.disconnected, DisconnectReason.forcedClose.rawValue)),
    ]
  }

  private mutating func reconnect() -> [Action] {
    guard settings.isEnabled else { return [] }
    if let limit = settings.attempts, backoff.attempts >= limit {
      backoff.reset()
      return [.emit(.reconnectFailed)]
    }
    state = .waiting
    return [.startDelay(milliseconds: backoff.next(settings, random: Double.random(in: 0..<1, using: &generator)))]
  }
}
