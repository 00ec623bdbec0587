/// What the client needs of an event loop: a thread of its own to be confined to, a clock and timers.
///
/// ``EventLoop`` is the real one. Tests use a loop whose clock stands still until it is told to move.
protocol Loop: SerialExecutor {
  /// Milliseconds on a clock that never goes back, and goes on while the machine sleeps. Timers stand still then.
  var now: UInt64 { get }

  /// The same clock in nanoseconds, for measuring.
  var nanoseconds: UInt64 { get }

  /// Whether the caller runs on the loop.
  var isCurrent: Bool { get }

  /// Runs `body` on the loop, never inside this call. Calls made by one thread run in their order.
  func post(_ body: @escaping @Sendable () -> Void)

  /// Makes a stopped timer. Called on the loop.
  func makeTimer(_ body: @escaping () -> Void) -> any LoopTimer
}

extension Loop {
  var nanoseconds: UInt64 { now * 1_000_000 }
}

/// A one-shot timer, confined to its loop.
protocol LoopTimer: AnyObject {
  /// Fires once, `milliseconds` from now; a running timer starts anew.
  func start(milliseconds: UInt64)
  func stop()
  /// Stops the timer for good. A timer that is let go without it is closed by its deinitialiser.
  func close()
}
