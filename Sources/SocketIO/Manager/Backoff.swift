/// The delays between reconnection attempts: doubled each time, randomised and capped.
struct Backoff {
  private(set) var attempts = 0

  /// Counts the next attempt and returns the milliseconds until then.
  ///
  /// - Parameter random: A number from 0 up to but not including 1.
  mutating func next(_ settings: ReconnectionSettings, random: Double) -> UInt64 {
    // From 2^32 on the maximum applies anyway. The cap keeps the product finite.
    let base = settings.delay * Double(UInt64(1) << UInt64(min(attempts, 32)))
    attempts += 1
    let spread = 1 + settings.randomizationFactor * (2 * random - 1)
    return UInt64(max(0, min(base * spread, settings.delayMax)))
  }

  mutating func reset() { attempts = 0 }
}

/// The options that decide when a Manager reconnects, in milliseconds.
package struct ReconnectionSettings: Sendable, Equatable {
  var isEnabled = true
  /// nil for no limit.
  var attempts: Int?
  var delay = 1_000.0
  var delayMax = 5_000.0
  package var randomizationFactor = 0.5
  /// The limit of each attempt, until the engine is open; nil for none.
  var timeout: UInt64? = 20_000
}

extension SocketIOOptions {
  package var reconnectionSettings: ReconnectionSettings {
    var settings = ReconnectionSettings()
    settings.isEnabled = reconnection
    if case .limited(let count) = reconnectionAttempts { settings.attempts = count }
    settings.delay = Double(reconnectionDelay.milliseconds)
    settings.delayMax = Double(reconnectionDelayMax.milliseconds)
    settings.randomizationFactor = randomizationFactor
    settings.timeout = nil
    if case .after(let timeout) = timeout { settings.timeout = timeout.milliseconds }
    return settings
  }
}
