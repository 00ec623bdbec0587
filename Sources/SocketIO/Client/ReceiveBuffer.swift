/// Events that came before the answer to CONNECT, as those do that a recovered session missed. A server that never answers cannot have
/// them pile up.
struct ReceiveBuffer {
  /// What an event takes in memory besides its values.
  private static let overhead = 128

  /// Bytes, estimated.
  var limit = Int.max
  private var bytes = 0
  private var events: [(arguments: [SocketValue], ack: Int?)] = []

  /// - Returns: Whether there was room.
  mutating func append(_ arguments: [SocketValue], ack: Int?) -> Bool {
    let size = SocketValue.array(arguments).estimatedSize + Self.overhead
    guard size <= limit - bytes else { return false }
    bytes += size
    events.append((arguments, ack))
    return true
  }

  mutating func removeAll() -> [(arguments: [SocketValue], ack: Int?)] {
    defer {
      events = []
      bytes = 0
    }
    return events
  }
}
