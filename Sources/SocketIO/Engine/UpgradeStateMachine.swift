/// An upgrade attempt: the probe, a second transport, is tested beside the main one, and then takes over from it.
struct UpgradeStateMachine {
  private enum State {
    case idle
    /// The probe is connecting.
    case connecting
    /// `2probe` was sent, and `3probe` is awaited.
    case probing
    /// The probe answered, and `main` is finishing its requests. Nothing is sent until the switch.
    case switching
  }

  /// What to do next.
  enum Step {
    case sendPing
    case pauseMain
    /// The session stays on `main`, which may have been paused for the switch.
    case giveUp(SocketIOError, wasSwitching: Bool)
  }

  private var state = State.idle

  var isUnderWay: Bool { state != .idle }

  var isSwitching: Bool { state == .switching }

  mutating func begin() { state = .connecting }

  /// The probe has taken over, or was abandoned.
  ///
  /// - Returns: Whether there was one.
  @discardableResult
  mutating func end() -> Bool {
    defer { state = .idle }
    return isUnderWay
  }

  /// Handles an event of the probe.
  mutating func handle(_ event: TransportEvent) -> Step? {
    switch (state, event) {
    case (.connecting, .opened):
      state = .probing
      return .sendPing
    case (.probing, .packet(.pong("probe"))):
      state = .switching
      return .pauseMain
    case (.probing, .packet):
      return giveUp(SocketIOError(.protocolViolation, "it answered the probe with another packet"))
    case (.idle, _), (_, .opened), (_, .writable), (_, .paused), (_, .packet), (_, .readReceipt): return nil
    case (_, .failed(let error)): return giveUp(error)
    case (_, .closed(let error)): return giveUp(error ?? SocketIOError(.connectionLost, "it was closed"))
    }
  }

  private mutating func giveUp(_ error: SocketIOError) -> Step {
    defer { state = .idle }
    return .giveUp(error, wasSwitching: isSwitching)
  }
}
