/// One timer of the loop for any number of deadlines, and none where there is none. Confined to the loop.
final class DeadlineTimer<Key: Hashable> {
  /// Gets each key when its time is over, in the order of the deadlines and, where they are equal, in that in which they were started.
  var onDue: ((Key) -> Void)?

  private let loop: any Loop
  /// In nanoseconds of the loop's clock, so that no time is cut short by rounding.
  private var deadlines = DeadlineQueue<Key>()
  private var timer: (any LoopTimer)?
  /// The deadline for which the timer runs. It runs on where that was stopped, since others are mostly about to come.
  private var awaited: UInt64?

  init(_ loop: any Loop) { self.loop = loop }

  var isEmpty: Bool { deadlines.isEmpty }

  /// Starts the time of a key, anew if it runs.
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

  /// Stops all for good.
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
    // What is started meanwhile waits for the next turn, even without a time.
    let mark = deadlines.mark
    while let key = deadlines.takeFirst(dueAt: now, setBefore: mark) { onDue?(key) }
    guard let next = deadlines.nearest else { return closeTimer() }
    wait(for: next, milliseconds: next <= now ? 0 : (next - now - 1) / 1_000_000 + 1)
  }
}
