import Synchronization

/// Identifies one acknowledgement for cancellation, which may happen before the emit.
final class CancellationToken: Sendable {
  private let cancelled = Atomic(false)
  private let queuePosition = Atomic(-1)

  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

  func cancel() { cancelled.store(true, ordering: .releasing) }

  /// The event's place in its queue, so that it is found without a search. Only the loop uses it.
  var position: Int {
    get { queuePosition.load(ordering: .relaxed) }
    set { queuePosition.store(newValue, ordering: .relaxed) }
  }
}
