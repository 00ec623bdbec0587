import Dispatch

/// The threads of the default delivery, which all Managers share.
///
/// A thread that is awake runs what has been handed in one after the other, since waking one costs more than most handlers take. Whenever
/// something is left to wait for a handler that begins, another thread is called, for the handler may block.
final class HandlerThreads: Sendable {
  static let shared = HandlerThreads()

  private struct State {
    var waiting = SparseQueue<Delivery.Stretch>()
    /// Those without a thread, the one that had one last at the end.
    var idle: [DispatchQueue]
    /// One has been called and has not come yet.
    var isCalled = false

    /// A queue to call where something waits, and nobody is on the way.
    mutating func call() -> DispatchQueue? {
      guard !waiting.isEmpty, !isCalled, let queue = idle.popLast() else { return nil }
      isCalled = true
      return queue
    }
  }

  private let state: Locked<State>

  /// - Parameter limit: A handler that blocks delays those of no other Manager until so many block at once. Dispatch itself would go up
  ///   to 255 threads.
  init(limit: Int = 32) {
    let queues = (0..<limit).map { DispatchQueue(label: "socketio.handlers.\($0)") }
    state = Locked(State(idle: queues.reversed()))
  }

  /// Runs something soon, and behind all that wait for as long as it has more to do. What is handed in first begins first.
  func start(_ stretch: @escaping Delivery.Stretch) {
    let queue = state.withLock { state in
      state.waiting.append(stretch)
      return state.call()
    }
    if let queue { wake(queue) }
  }

  private func wake(_ queue: DispatchQueue) {
    queue.async { [self] in
      state.withLock { $0.isCalled = false }
      var unfinished: Delivery.Stretch?
      while let stretch = takeNext(on: queue, putBack: unfinished) { unfinished = stretch() ? stretch : nil }
    }
  }

  private func takeNext(on queue: DispatchQueue, putBack unfinished: Delivery.Stretch?) -> Delivery.Stretch? {
    let (stretch, next) = state.withLock { state in
      if let unfinished { state.waiting.append(unfinished) }
      let stretch = state.waiting.removeFirst()
      if stretch == nil { state.idle.append(queue) }
      return (stretch, state.call())
    }
    if let next { wake(next) }
    return stretch
  }
}
