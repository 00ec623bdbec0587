import SocketIO

/// How long a test waits for what should come at once, in real time.
///
/// Only the time of short sleeps counts. Each of them ends with a turn of the thread pool, which what is waited for needs
/// as well. So a pool that other tests keep busy for seconds does not use the limit up.
final class RealTimeLimit: Sendable {
  private static let longestSleep = Duration.milliseconds(100)

  private let over = Locked(false)
  private let task = Locked<Task<Void, any Error>?>(nil)

  /// - Parameters:
  ///   - limit: It starts now.
  ///   - sleep: Sleeps for a duration.
  ///   - onEnd: Called when the limit is over, unless it was cancelled.
  init(
    _ limit: Duration, sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    onEnd: @escaping @Sendable () -> Void = {}
  ) {
    let task = Task {
      var rest = limit
      while rest > .zero {
        let step = min(rest, Self.longestSleep)
        try await sleep(step)
        rest -= step
      }
      over.withLock { $0 = true }
      onEnd()
    }
    self.task.withLock { $0 = task }
  }

  var isOver: Bool { over.withLock { $0 } }

  func cancel() { task.withLock { $0?.cancel() } }

  /// Waits until the limit is over or cancelled.
  func ended() async { _ = await task.withLock { $0 }?.result }
}
