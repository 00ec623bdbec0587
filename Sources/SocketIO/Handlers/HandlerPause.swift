import Synchronization

/// What a ``HandlerQueue`` keeps while a handler finishes on an actor.
///
/// Only the thread that handles a run uses it, so the lock is never contended.
final class HandlerPause: Sendable {
  private struct State {
    var call: (@Sendable () async -> Void)?
    var work: [HandlerQueue.Work] = []
  }

  private let on = Atomic(false)
  private let state = Locked(State())

  var isOn: Bool { on.load(ordering: .relaxed) }

  /// - Parameters:
  ///   - call: The call to wait for.
  ///   - next: Runs after it, with the error that it threw.
  func begin(_ call: @escaping UnfinishedCall, _ next: @escaping @Sendable ((any Error)?) -> Void) {
    on.store(true, ordering: .relaxed)
    let call: @Sendable () async -> Void = {
      let failure: (any Error)?
      do {
        try await call()
        failure = nil
      } catch {
        failure = error
      }
      self.state.withLock { $0.work.insert({ next(failure) }, at: 0) }
    }
    state.withLock { $0.call = call }
  }

  func add(_ work: @escaping HandlerQueue.Work) { state.withLock { $0.work.append(work) } }

  /// - Returns: The call to wait for, to be begun once.
  func takeCall() -> (@Sendable () async -> Void)? { state.withLock { $0.call.take() } }

  /// Ends the pause and runs the work that has waited.
  ///
  /// - Returns: False if one of them began another pause; the rest of the work then waits for that.
  func runWaitingWork() -> Bool {
    guard isOn else { return true }
    on.store(false, ordering: .relaxed)
    let waiting = state.withLock { state in
      defer { state.work = [] }
      return state.work
    }
    for (index, work) in waiting.enumerated() {
      work()
      guard isOn else { continue }
      state.withLock { $0.work += waiting[(index + 1)...] }
      return false
    }
    return true
  }
}
