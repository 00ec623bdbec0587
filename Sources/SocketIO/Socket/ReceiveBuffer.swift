/// Events that arrived before the answer to CONNECT, such as those that a recovered session had missed. They are
/// limited, in case the server never answers.
struct ReceiveBuffer {
  /// The memory that an event takes besides its bytes.
  private static let overhead = 128

  /// The size in bytes.
  var limit = Int.max
  private var bytes = 0
  private var events: [ReceivedEvent] = []

  /// - Returns: Whether there was room.
  mutating func append(_ event: ReceivedEvent) -> Bool {
    let size = event.arguments.receivedSize + Self.overhead
    guard size <= limit - bytes else { return false }
    bytes += size
    events.append(event)
    return true
  }

  mutating func removeAll() -> [ReceivedEvent] {
    defer {
      events = []
      bytes = 0
    }
    return events
  }
}
