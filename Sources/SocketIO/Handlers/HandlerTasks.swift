/// Runs the calls of one asynchronous handler in tasks, at most a number of them at a time, in the order of the events.
///
/// The registered handler holds it. When that is removed, running calls are cancelled and waiting ones dropped.
final class HandlerTasks: Sendable {
  /// One call: an event whose arguments have been decoded. The body asks whether the call still takes place.
  struct Call: Sendable {
    let body: UnfinishedCall
    /// Counts an event of the server as waiting until the call has finished.
    let hold: InboundHold?
    let onError: @Sendable (any Error) -> Void
  }

  /// The tasks hold this, not the owner.
  private final class Queue: Sendable {
    private struct State {
      var waiting = PositionedQueue<Call>()
      var running: [Int: Task<Void, Never>] = [:]
      var nextTask = 0
      var isCancelled = false
    }

    private let limit: Int
    private let loop: any Loop
    private let state = Locked(State())

    init(limit: Int, loop: any Loop) { (self.limit, self.loop) = (limit, loop) }

    func add(_ call: Call) {
      state.withLock { state in
        if state.isCancelled { return }
        if state.running.count < limit { start(call, &state) } else { state.waiting.append(call) }
      }
    }

    /// The task cannot finish before it is in `running`, since it needs the lock.
    private func start(_ call: Call, _ state: inout State) {
      let id = state.nextTask
      state.nextTask += 1
      state.running[id] = loop.startTask {
        do {
          try await call.body()
        } catch {
          if !(error is CancellationError && Task.isCancelled) { call.onError(error) }
        }
        self.finished(id)
      }
    }

    private func finished(_ id: Int) {
      state.withLock { state in
        state.running[id] = nil
        if !state.isCancelled, let next = state.waiting.removeFirst() { start(next, &state) }
      }
    }

    func cancel() {
      let (running, waiting) = state.withLock { state in
        defer {
          state.waiting = PositionedQueue()
          state.isCancelled = true
        }
        return (state.running.values.map { $0 }, state.waiting)
      }
      for task in running { task.cancel() }
      withExtendedLifetime(waiting) {}
    }
  }

  private let queue: Queue

  /// - Parameter limit: How many calls may run at a time, at least 1.
  init(limit: Int, loop: any Loop) { queue = Queue(limit: max(limit, 1), loop: loop) }

  deinit { queue.cancel() }

  func add(_ call: Call) { queue.add(call) }
}

/// - Returns: A handler that leaves its calls to tasks.
/// - Parameters:
///   - prepare: Runs where handlers run, and returns the call.
///   - keepsTasks: Whether a call that has begun goes on when the handler is removed, as one for a single event is
///     before its only call.
///   - hold: Counts the event.
///   - onError: Gets what a call throws.
func asyncHandler<Payload: Sendable>(
  _ tasks: HandlerTasks, keepsTasks: Bool, hold: @escaping @Sendable (Payload) -> InboundHold?,
  onError: @escaping @Sendable (any Error, Payload) -> Void,
  _ prepare: @escaping AsyncHandler<Payload>
) -> RegisteredHandler<Payload> {
  { payload, condition in
    let call = try prepare(payload, condition)
    let kept = keepsTasks ? tasks : nil
    tasks.add(
      HandlerTasks.Call(
        body: {
          defer { withExtendedLifetime(kept) {} }
          try await call()
        }, hold: hold(payload), onError: { onError($0, payload) }))
    return nil
  }
}

/// Counts an event as waiting for handlers as long as it exists. Beyond the limit the connection is not read.
final class InboundHold: Sendable {
  private let queue: HandlerQueue
  private let bytes: Int

  init(_ queue: HandlerQueue, _ event: SocketEvent) {
    self.queue = queue
    bytes = InboundGauge.overhead + event.arguments.size
    queue.take(bytes)
  }

  deinit { queue.giveBack(bytes) }
}
