/// How much waits for handlers, and whether the connection may be read.
struct InboundGauge: Sendable {
  /// About how much memory an event takes besides its text and attachments. Without it, small events would take a
  /// multiple of the limit.
  static let overhead = 256

  let limit: Int
  private(set) var bytes = 0
  /// Whether more than the limit arrived, and more than half of it still waits.
  private(set) var isFull = false

  init(limit: Int) { self.limit = limit }

  /// - Parameter bytes: 0 for what did not come from the server.
  /// - Returns: Whether more than the limit waits now.
  mutating func add(_ bytes: Int) -> Bool {
    self.bytes += bytes
    guard bytes > 0, self.bytes > limit else { return false }
    isFull = true
    return true
  }

  /// - Returns: Whether this made enough room for the connection to be read again.
  mutating func giveBack(_ bytes: Int) -> Bool {
    self.bytes -= bytes
    guard isFull, self.bytes <= limit / 2 else { return false }
    isFull = false
    return true
  }
}
