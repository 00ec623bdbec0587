import Synchronization

/// Who gets the arguments of an acknowledgement, or the reason why none came.
struct AckHandler: Sendable {
  let body: @Sendable (Result<[SocketValue], SocketIOError>) -> Void

  /// Whether `body` may run on the loop: it only resumes a task, which then runs elsewhere.
  let isInline: Bool

  /// By which a caller who does not want to wait any more names the acknowledgement.
  let token: AckToken?

  static func delivered(_ body: @escaping @Sendable (Result<[SocketValue], SocketIOError>) -> Void) -> AckHandler {
    AckHandler(body: body, isInline: false, token: nil)
  }

  static func continuation(
    _ continuation: CheckedContinuation<Result<[SocketValue], SocketIOError>, Never>, _ token: AckToken
  ) -> AckHandler {
    AckHandler(body: { continuation.resume(returning: $0) }, isInline: true, token: token)
  }
}

/// Names one acknowledgement for its cancellation, which may come before the emit itself.
final class AckToken: Sendable {
  private let cancelled = Atomic(false)
  private let queuePosition = Atomic(-1)

  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

  func cancel() { cancelled.store(true, ordering: .releasing) }

  /// Where what it names stands in its queue, so that nobody has to search. Only the loop knows and asks.
  var position: Int {
    get { queuePosition.load(ordering: .relaxed) }
    set { queuePosition.store(newValue, ordering: .relaxed) }
  }
}
