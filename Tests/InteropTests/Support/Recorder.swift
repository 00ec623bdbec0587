import SocketIO

/// Records the reports of handlers in order, and waits for more.
final class Recorder<Value: Sendable>: Sendable {
  private struct Waiter {
    let condition: @Sendable ([Value]) -> Bool
    let continuation: CheckedContinuation<[Value]?, Never>
  }

  private struct State {
    var values: [Value] = []
    var waiters: [Int: Waiter] = [:]
    var nextWaiter = 0
  }

  private let state = Locked(State())

  var values: [Value] { state.withLock { $0.values } }

  func record(_ value: Value) {
    let (values, ready) = state.withLock { state in
      state.values.append(value)
      let ready = state.waiters.filter { $0.value.condition(state.values) }
      for key in ready.keys { state.waiters[key] = nil }
      return (state.values, ready.values.map(\.continuation))
    }
    for continuation in ready { continuation.resume(returning: values) }
  }

  /// Waits until the condition holds. The limit only matters for failing tests.
  func wait(
    _ what: String, within limit: Duration = .seconds(30), until condition: @escaping @Sendable ([Value]) -> Bool
  ) async throws -> [Value] {
    let key = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let timeout = Task {
      try await Task.sleep(for: limit)
      state.withLock { $0.waiters.removeValue(forKey: key) }?.continuation.resume(returning: nil)
    }
    defer { timeout.cancel() }
    let values = await withCheckedContinuation { continuation in
      let ready = state.withLock { state in
        guard !condition(state.values) else { return true }
        state.waiters[key] = Waiter(condition: condition, continuation: continuation)
        return false
      }
      if ready { continuation.resume(returning: self.values) }
    }
    guard let values else { throw TestFailure("no \(what) within \(limit); there was \(self.values)") }
    return values
  }

  /// Waits for the first value.
  func first(_ what: String) async throws -> Value {
    let values = try await wait(what) { !$0.isEmpty }
    return values[0]
  }
}

extension Socket {
  /// Connects and waits for the outcome.
  func connected() async throws -> SocketConnection {
    let outcome = Recorder<Result<SocketConnection, SocketIOError>>()
    let subscriptions = [
      on(.connect) { outcome.record(.success($0)) }, on(.connectError) { outcome.record(.failure($0)) },
    ]
    defer { for subscription in subscriptions { subscription.cancel() } }
    connect()
    return try await outcome.first("connect or connect_error").get()
  }

  func recordEvents(_ name: String) -> Recorder<[SocketValue]> {
    let recorder = Recorder<[SocketValue]>()
    on(name) { recorder.record($0.args) }
    return recorder
  }

  func recordDisconnects() -> Recorder<Disconnection> {
    let recorder = Recorder<Disconnection>()
    on(.disconnect) { recorder.record($0) }
    return recorder
  }

  func recordErrors() -> Recorder<SocketIOError> {
    let recorder = Recorder<SocketIOError>()
    on(.connectError) { recorder.record($0) }
    return recorder
  }
}

/// A Socket with its own Manager, not connected yet.
func makeSocket(_ url: String, _ configure: (inout SocketIOOptions) -> Void = { _ in }) throws -> Socket {
  try io(url) {
    $0.forceNew = true
    $0.autoConnect = false
    $0.reconnectionDelay = .milliseconds(50)
    $0.randomizationFactor = 0
    configure(&$0)
  }
}
