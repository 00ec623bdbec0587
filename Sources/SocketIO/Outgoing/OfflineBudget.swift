/// How full the offline buffer of a Socket is.
///
/// Callers of `emit` and the loop share it. With the policy `.refuse`, an event that is emitted while the Socket is not
/// connected takes its room in the call of `emit`, so that `emit` can throw. The room is given back when the event is
/// sent or dropped.
final class OfflineBudget: Sendable {
  private struct Usage {
    var events = 0
    var bytes = 0
    var refused = 0
  }

  let limit: OfflineBuffer
  private let usage = Locked(Usage())

  init(_ limit: OfflineBuffer) { self.limit = limit }

  /// The number of events that hold room.
  var events: Int { usage.withLock { $0.events } }

  /// How many events were refused to their callers.
  var refused: Int { usage.withLock { $0.refused } }

  /// Whether an event of this size fits into an empty buffer.
  func couldHold(_ bytes: Int) -> Bool { limit.maxEvents > 0 && bytes <= limit.maxBytes }

  /// - Returns: Whether there is room for an event.
  func take(_ bytes: Int) -> Bool { usage.withLock { take(bytes, from: &$0) } }

  /// As ``take(_:)``, for callers who learn of a refusal.
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
