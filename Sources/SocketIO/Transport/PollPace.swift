/// How soon polling asks again: no faster than the answers carry messages.
///
/// A server answers a GET when it has something to tell, and now and then with nothing but a ping or a noop. Whatever answers at once
/// with no more than that, time and again, is not asked without a pause.
struct PollPace {
  /// Such answers in a row that are followed by a GET at once: servers send noops while a session is upgraded.
  static let tolerated = 3
  /// Milliseconds from one GET to the next after those.
  static let gap: UInt64 = 100

  private var carriesMessage = false
  private var inARow = 0

  /// A part of the answer.
  mutating func received(_ packet: EnginePacket) {
    switch packet {
    case .message, .uncompressed, .open, .close: carriesMessage = true
    case .ping, .pong, .upgrade, .noop: break
    }
  }

  /// The answer has come to its end.
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
