/// The delays between reconnection attempts: doubled each time, spread at random, capped.
struct Backoff {
  private(set) var attempts = 0

  /// Milliseconds until the next attempt, which is counted.
  ///
  /// - Parameter random: A number from 0 up to but not including 1.
  mutating func next(_ settings: ReconnectionSettings, random: Double) -> UInt64 {
    // Beyond 2^32 the maximum decides anyway, and the product of finite numbers stays finite.
    let base = settings.delay * Double(UInt64(1) << UInt64(min(attempts, 32)))
    attempts += 1
    let spread = 1 + settings.randomizationFactor * (2 * random - 1)
    return UInt64(max(0, min(base * spread, settings.delayMax)))
  }

  mutating func reset() { attempts = 0 }
}

/// The Manager options that decide when it connects again. Milliseconds.
struct ReconnectionSettings: Sendable, Equatable {
  var isEnabled = true
  /// nil for no limit.
  var attempts: Int?
  var delay = 1_000.0
  var delayMax = 5_000.0
  var randomizationFactor = 0.5
  /// For each attempt, until the engine is open; nil for no limit.
  var timeout: UInt64? = 20_000
}
