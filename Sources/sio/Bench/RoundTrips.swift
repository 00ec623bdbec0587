import Foundation
import SocketIO
import Synchronization

/// Emits an event again and again, so many at a time, each answered by an acknowledgement.
final class RoundTrips: Sendable {
  private struct State {
    var emitted = 0
    var acknowledged = 0
    var limit = 0
    var finished: CheckedContinuation<Result<Void, SocketIOError>, Never>?
  }

  private let socket: Socket
  private let arguments: [SocketValue]
  private let state = Mutex(State())

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
    try await trips.run(max(count / 10, 1), inFlight: workload.inFlight)
    let start = Usage.now()
    try await trips.run(count, inFlight: workload.inFlight)
    let end = Usage.now()
    await closeAll([socket.io], within: .seconds(5))
    return Measurement(start: start, end: end)
  }

  private func run(_ count: Int, inFlight: Int) async throws {
    let result = await withCheckedContinuation { finished in
      state.withLock { $0 = State(limit: count, finished: finished) }
      for _ in 0..<min(inFlight, count) { emit() }
    }
    try result.get()
  }

  private func emit() {
    let isWanted = state.withLock { state in
      guard state.emitted < state.limit else { return false }
      state.emitted += 1
      return true
    }
    guard isWanted else { return }
    do {
      try socket.emit("echo", with: arguments) { self.acknowledged($0) }
    } catch {
      finish(.failure(error))
    }
  }

  private func acknowledged(_ result: Result<[SocketValue], SocketIOError>) {
    switch result {
    case .success:
      let isLast = state.withLock { state in
        state.acknowledged += 1
        return state.acknowledged == state.limit
      }
      if isLast { finish(.success(())) } else { emit() }
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
  /// Connects, and returns when the server has let the Socket in.
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
