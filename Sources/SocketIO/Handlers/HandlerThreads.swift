import Dispatch

/// The threads of the default delivery, which all Managers share.
///
/// A running thread takes the work of all Managers in turn, since waking a thread costs more than most handlers take.
/// Handlers may block, so whenever work is left waiting while one begins, another thread is started.
final class HandlerThreads: Sendable {
  static let shared = HandlerThreads()

  /// Work as a value of its own. A closure that goes through a generic queue is wrapped each time, in one more function
  /// that calls the one before.
  private struct Work: Sendable {
    let run: HandlerQueue.Slice
  }

  private struct State {
    var waiting = PositionedQueue<Work>()
    /// The queues without a thread, the most recently used one last.
    var idle: [DispatchQueue]
    /// A queue was woken and has not started yet.
    var isCalled = false

    /// A queue to wake, if work waits and no other is starting.
    mutating func call() -> DispatchQueue? {
      guard !waiting.isEmpty, !isCalled, let queue = idle.popLast() else { return nil }
      isCalled = true
      return queue
    }
  }

  private let state: Locked<State>

  /// - Parameter limit: How many Managers' handlers may block at once before those of others wait. Dispatch itself
  ///   would start up to 255 threads.
  init(limit: Int = 32) {
    let queues = (0..<limit).map { DispatchQueue(label: "socketio.handlers.\($0)") }
    state = Locked(State(idle: queues.reversed()))
  }

  /// Runs work as soon as possible, in order of arrival, and again behind all waiting work as long as it has more to
  /// do.
  func start(_ slice: @escaping HandlerQueue.Slice) {
    let queue = state.withLock { state in
      state.waiting.append(Work(run: slice))
      return state.call()
    }
    if let queue { wake(queue) }
  }

  private func wake(_ queue: DispatchQueue) {
    queue.async { [self] in
      state.withLock { $0.isCalled = false }
      var unfinished: Work?
      while let work = takeNext(on: queue, putBack: unfinished) { unfinished = work.run() ? work : nil }
    }
  }

  private func takeNext(on queue: DispatchQueue, putBack unfinished: Work?) -> Work? {
    let (work, next) = state.withLock { state in
      if let unfinished { state.waiting.append(unfinished) }
      let work = state.waiting.removeFirst()
      if work == nil { state.idle.append(queue) }
      return (work, state.call())
    }
    if let next { wake(next) }
    return work
  }
}
