/// What the client needs from an event loop: its own thread, a clock and timers.
///
/// ``SocketEventLoop`` is the real one. Tests use a loop whose clock they advance themselves.
package protocol Loop: SerialExecutor {
  /// Milliseconds on a clock that never goes back and continues while the machine sleeps, when timers stand still.
  var now: UInt64 { get }

  /// The same clock in nanoseconds, for measuring.
  var nanoseconds: UInt64 { get }

  /// Nanoseconds of a clock that is read once for all that the loop does in a row, and so costs nothing for each
  /// message. It stands still while the machine sleeps. Called on the loop.
  var turnTime: UInt64 { get }

  /// Whether the caller runs on the loop's thread.
  var isCurrent: Bool { get }

  /// Runs `body` on the loop, never inside this call. Calls from one thread run in order.
  func post(_ body: @escaping @Sendable () -> Void)

  /// As `post(_:)` with a closure, for what is posted again and again: it takes no memory.
  func post(_ work: PostedWork)

  /// Starts a task that does the user's work. A loop for tests knows when it has something to do.
  func startTask(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never>

  /// Makes a stopped timer. Called on the loop.
  func makeTimer(_ body: @escaping () -> Void) -> any LoopTimer
}

extension Loop {
  package var nanoseconds: UInt64 { now * 1_000_000 }

  package var turnTime: UInt64 { nanoseconds }

  package func startTask(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> { Task(operation: body) }
}

/// What a loop runs, once for each time that it is posted.
package final class PostedWork: Sendable {
  private let body: @Sendable (PostedWork) -> Void

  package init(_ body: @escaping @Sendable (PostedWork) -> Void) { self.body = body }

  package func run() { body(self) }
}

/// A one-shot timer, confined to its loop.
package protocol LoopTimer: AnyObject {
  /// Fires once, `milliseconds` from now; restarts a running timer.
  func start(milliseconds: UInt64)
  func stop()
  /// Stops the timer for good. The deinitialiser does it, too.
  func close()
}
