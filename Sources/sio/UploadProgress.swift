import SocketIO

/// How much of what a Socket sends has left this program: without the few bytes that the system still has to send.
actor UploadProgress {
  /// Less is sent at once.
  static let largeSize = 1_000_000

  private let manager: Manager
  private var total = 0

  init(of socket: Socket) { manager = socket.io }

  /// - Returns: nil while nothing large is sent, and after everything sent was reported once.
  func text() async -> String? {
    let left = await manager.statistics().queuedBytes
    total = max(total, left)
    let total = total
    if left == 0 { self.total = 0 }
    guard total > Self.largeSize else { return nil }
    let done = total - left
    return "sent \(done.bytesForPeople) of \(total.bytesForPeople) (\(ProgressLine.percent(done, of: total)) %)"
  }
}
