/// How full the offline buffer of a Socket is.
///
/// Those who emit and the loop share it: an event that is emitted while the Socket is not connected takes its room at once, in the
/// call that emits it, so that the caller can be told that there is none. It gives the room back when it is sent or dropped.
final class BufferGauge: Sendable {
  private struct Usage {
    var events = 0
    var bytes = 0
    var refused = 0
  }

  let limit: OfflineBuffer
  private let usage = Locked(Usage())

  init(_ limit: OfflineBuffer) { self.limit = limit }

  /// Events that have their room.
  var events: Int { usage.withLock { $0.events } }

  /// How often a caller was told that there is no room.
  var refused: Int { usage.withLock { $0.refused } }

  /// Whether an event of so many bytes could have room at all.
  func couldHold(_ bytes: Int) -> Bool { limit.maxEvents > 0 && bytes <= limit.maxBytes }

  /// - Returns: Whether there is room for an event.
  func take(_ bytes: Int) -> Bool { usage.withLock { take(bytes, from: &$0) } }

  /// As ``take(_:)``, for a caller who is told.
  func takeOrRefuse(_ bytes: Int) -> Bool {
    usage.withLock { usage in
      if take(bytes, from: &usage) { return true }
      usage.refused += 1
      return false
    }
  }

  func giveBack(_ bytes: Int) {
    usage.withLock {
      $0.events -= 1
      $0.bytes -= bytes
    }
  }

  private func take(_ bytes: Int, from usage: inout Usage) -> Bool {
    guard usage.events < limit.maxEvents, bytes <= limit.maxBytes - usage.bytes else { return false }
    usage.events += 1
    usage.bytes += bytes
    return true
  }
}
