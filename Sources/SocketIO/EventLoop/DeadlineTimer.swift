/// Any number of deadlines that share one timer of the loop. Without deadlines there is no timer. Confined to the loop.
final class DeadlineTimer<Key: Hashable> {
  /// Called with each key when it is due, in the order of the deadlines; equal ones in the order in which they were
  /// started.
  var onDue: ((Key) -> Void)?

  private let loop: any Loop
  /// In nanoseconds of the loop's clock, so that rounding cuts no time short.
  private var deadlines = DeadlineQueue<Key>()
  private var timer: (any LoopTimer)?
  /// The deadline for which the timer runs. The timer keeps running when that deadline is stopped, since others usually
  /// follow.
  private var awaited: UInt64?

  init(_ loop: any Loop) { self.loop = loop }

  var isEmpty: Bool { deadlines.isEmpty }

  /// Starts a key's time, or restarts it.
  func start(_ key: Key, milliseconds: UInt64) {
    let (duration, isTooLong) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
    let (deadline, isTooLate) = loop.nanoseconds.addingReportingOverflow(duration)
    let reached = isTooLong || isTooLate ? UInt64.max : deadline
    deadlines.set(key, reached)
    wait(for: reached, milliseconds: milliseconds)
  }

  func stop(_ key: Key) {
    guard !deadlines.isEmpty else { return }
    deadlines.remove(key)
    guard deadlines.isEmpty else { return }
    deadlines.removeAll()
    closeTimer()
  }

  /// Stops everything for good.
  func close() {
    deadlines.removeAll()
    closeTimer()
    onDue = nil
  }

  private func closeTimer() {
    awaited = nil
    timer.take()?.close()
  }

  private func wait(for deadline: UInt64, milliseconds: UInt64) {
    if let awaited, awaited <= deadline { return }
    awaited = deadline
    let timer = timer ?? loop.makeTimer { [unowned self] in fired() }
    self.timer = timer
    timer.start(milliseconds: milliseconds)
  }

  private func fired() {
    awaited = nil
    let now = loop.nanoseconds
    // Deadlines started by `onDue` wait for the next turn, even those of 0 ms.
    let mark = deadlines.mark
    while let key = deadlines.takeFirst(dueAt: now, setBefore: mark) { onDue?(key) }
    guard let next = deadlines.nearest else { return closeTimer() }
    wait(for: next, milliseconds: next <= now ? 0 : (next - now - 1) / 1_000_000 + 1)
  }
}
