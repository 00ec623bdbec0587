/// How often and how long a Manager paused reading because handlers were behind, and the log records about it.
///
/// Times are nanoseconds on the loop's clock. A flood may pause reading many times a second: pauses that begin within
/// ten seconds of a logged one are only counted, and mentioned in the next record.
struct ReadingPauses: MadeEmpty {
  private static let quiet: UInt64 = 10_000_000_000

  private(set) var count = 0
  private var ended: UInt64 = 0
  private var begunAt: UInt64?
  private var loggedAt: UInt64?
  private var isLogged = false
  private var unlogged = 0

  /// - Returns: What to log.
  mutating func begin(at now: UInt64, waiting bytes: Int) -> String? {
    guard begunAt == nil else { return nil }
    begunAt = now
    count += 1
    if let loggedAt, now - loggedAt < Self.quiet {
      unlogged += 1
      return nil
    }
    defer { unlogged = 0 }
    loggedAt = now
    isLogged = true
    let others = unlogged == 0 ? "" : "; it was paused \(unlogged) more times since the last such record"
    return "handlers are behind with \(bytes) bytes of events: reading is paused until they have caught up\(others)"
  }

  /// - Returns: What to log.
  mutating func end(at now: UInt64) -> String? {
    guard let begunAt = begunAt.take() else { return nil }
    ended += now - begunAt
    guard isLogged else { return nil }
    isLogged = false
    return "reading goes on after \((now - begunAt) / 1_000_000) ms"
  }

  /// The total of all pauses, including the current one.
  func total(at now: UInt64) -> Duration {
    .nanoseconds(Int64(clamping: ended + (begunAt.map { now - $0 } ?? 0)))
  }
}
