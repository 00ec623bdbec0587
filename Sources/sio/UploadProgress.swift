import SocketIO

/// How much of what a Socket sends has left this program: without the few bytes that the system still has to send.
actor UploadProgress {
  /// Less is sent at once.
  static let largeSize = 1_000_000

  private let manager: Manager
  private var total = 0
  /// Bytes that were sent before what is being sent now.
  private var sentBefore = 0

  init(of socket: Socket) { manager = socket.io }

  /// - Returns: nil while nothing large is sent, and after everything sent was reported once.
  func text() async -> String? {
    let statistics = await manager.statistics()
    let left = statistics.queuedBytes
    // What a transport was given counts as sent. When this first looks, much of it may have left already.
    let sent = statistics.traffic.values.reduce(0) { $0 + $1.bytesSent }
    total = max(total, left, sent - sentBefore)
    let total = total
    if left == 0 { (self.total, sentBefore) = (0, sent) }
    guard total > Self.largeSize else { return nil }
    let done = total - left
    return "sent \(done.bytesForPeople) of \(total.bytesForPeople) (\(ProgressLine.percent(done, of: total)) %)"
  }
}
