import Synchronization

/// Waits for something that a handler reports.
final class Waiter<Value: Sendable>: Sendable {
  private let stream: AsyncThrowingStream<Value, any Error>
  private let continuation: AsyncThrowingStream<Value, any Error>.Continuation

  init() { (stream, continuation) = AsyncThrowingStream.makeStream() }

  func fulfil(_ value: Value) { continuation.yield(value) }

  func fail(_ error: any Error) { continuation.finish(throwing: error) }

  func value(within limit: Duration) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask { [stream] in
        for try await value in stream { return value }
        throw Failure("nothing came")
      }
      group.addTask {
        try await Task.sleep(for: limit)
        throw Failure("nothing came within \(limit)")
      }
      defer { group.cancelAll() }
      guard let value = try await group.next() else { throw Failure("nothing came") }
      return value
    }
  }
}

/// The numbers that a handler receives, in order.
final class Collector: Sendable {
  private let numbers = Mutex<[Int]>([])

  /// Appends a number and returns all of them.
  func append(_ number: Int) -> [Int] {
    numbers.withLock {
      $0.append(number)
      return $0
    }
  }
}
