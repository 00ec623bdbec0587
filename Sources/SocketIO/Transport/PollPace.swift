/// The delay before the next GET, which keeps answers without messages from causing a busy loop.
///
/// A server answers a GET when it has something to send, and sometimes with only a ping or a noop. If it keeps
/// answering at once with no more than that, the client pauses before the next GET.
struct PollPace {
  /// After how many such answers in a row the next GET is still sent at once: servers send noops during an upgrade.
  static let tolerated = 3
  /// Milliseconds from one GET to the next after that.
  static let gap: UInt64 = 100

  private var carriesMessage = false
  private var inARow = 0

  /// A packet of the current answer.
  mutating func received(_ packet: EnginePacket) {
    switch packet {
    case .message, .uncompressed, .encoded, .open, .close: carriesMessage = true
    case .ping, .pong, .upgrade, .noop: break
    }
  }

  /// The answer is complete.
  ///
  /// - Parameter took: Milliseconds from the GET to its answer.
  /// - Returns: Milliseconds until the next GET.
  mutating func answered(after took: UInt64) -> UInt64 {
    defer { carriesMessage = false }
    guard !carriesMessage, took < Self.gap else {
      inARow = 0
      return 0
    }
    inARow = min(inARow + 1, Self.tolerated + 1)
    return inARow > Self.tolerated ? Self.gap - took : 0
  }
}
