import SocketIO

/// Emits an event repeatedly, with a fixed number of pending acknowledgements.
final class RoundTrips: Sendable {
  private struct State {
    var emitted = 0
    var acknowledged = 0
    var limit = 0
    var finished: CheckedContinuation<Result<Void, SocketIOError>, Never>?

    /// - Returns: Whether one more event is to be emitted.
    mutating func countEmit() -> Bool {
      guard emitted < limit else { return false }
      emitted += 1
      return true
    }
  }

  private let socket: Socket
  private let arguments: [SocketValue]
  private let state = Locked(State())

  private init(_ socket: Socket, _ payload: SocketValue) {
    self.socket = socket
    arguments = [payload]
  }

  static func run(
    _ url: String, _ options: SocketIOOptions, _ workload: Workload, count: Int
  ) async throws -> Measurement {
    let socket = try io(url, options: options)
    try await socket.join()
    let trips = RoundTrips(socket, workload.payload)
    let warmUp = max(count / 10, 1)
    try await trips.run(warmUp, inFlight: workload.inFlight, title: "\(workload.rawValue), warming up")
    let start = Usage.now()
    try await trips.run(count, inFlight: workload.inFlight, title: workload.rawValue)
    let end = Usage.now()
    await closeAll([socket.io], within: .seconds(5))
    return Measurement(start: start, end: end)
  }

  private func run(_ count: Int, inFlight: Int, title: String) async throws {
    let start = ContinuousClock.now
    let progress = { @Sendable in
      let done = self.state.withLock(\.acknowledged)
      return ProgressLine.text(title, done, of: count, after: .now - start)
    }
    let result = await ProgressLine.show(progress) {
      await withCheckedContinuation { finished in
        state.withLock { $0 = State(limit: count, finished: finished) }
        for _ in 0..<min(inFlight, count) {
          if state.withLock({ $0.countEmit() }) { emit() }
        }
      }
    }
    try result.get()
  }

  private func emit() {
    do {
      try socket.emit("echo", with: arguments) { self.acknowledged($0) }
    } catch {
      finish(.failure(error))
    }
  }

  private func acknowledged(_ result: Result<SocketAnswer, SocketIOError>) {
    switch result {
    case .success:
      let (isLast, goesOn) = state.withLock { state in
        state.acknowledged += 1
        return (state.acknowledged == state.limit, state.countEmit())
      }
      if goesOn { emit() }
      if isLast { finish(.success(())) }
    case .failure(let error): finish(.failure(error))
    }
  }

  private func finish(_ result: Result<Void, SocketIOError>) {
    let finished = state.withLock { state in
      state.limit = 0
      defer { state.finished = nil }
      return state.finished
    }
    finished?.resume(returning: result)
  }
}

extension Socket {
  /// Connects, and returns when the Socket has joined its namespace.
  func join() async throws {
    let (outcomes, feed) = AsyncStream.makeStream(of: Result<Void, SocketIOError>.self)
    let subscriptions = [
      once(.connect) { _ in feed.yield(.success(())) },
      on(.connectError) { feed.yield(.failure($0)) },
    ]
    connect()
    for await outcome in outcomes {
      subscriptions.forEach { $0.cancel() }
      return try outcome.get()
    }
    throw CancellationError()
  }
}
