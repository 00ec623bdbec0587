import AllocationCounter
import Foundation
import SocketIO
import Synchronization

/// Measures what received events cost, with and without a look at their arguments, and how much memory those take that
/// wait for a slow handler.
enum Receiving {
  private static let count = 100_000
  /// Of an event as the echo server pushes it.
  private static let textBytes = 110

  /// Connects to the benchmarks' echo server, which sends as many events as are asked for.
  ///
  /// - Parameter figure: The only one to measure, as for a profile; nil for all.
  /// - Returns: Nanoseconds of CPU for each event of 110 bytes whose arguments are not read, and are read; the same of
  ///   ten times as many bytes; the bytes that a waiting event takes besides its text, or null if they cannot be
  ///   counted.
  static func measure(_ url: String, only figure: String?) async throws -> SocketValue {
    let figures: KeyValuePairs<String, (String) async throws -> (String, SocketValue)> = [
      "unread": { ("unread_ns", .double(try await cost($0, "text") { _ in })) },
      "read": { ("read_ns", .double(try await cost($0, "text") { event in keep(event.args) })) },
      "long-unread": { ("long_unread_ns", .double(try await cost($0, "long") { _ in })) },
      "long-read": { ("long_read_ns", .double(try await cost($0, "long") { event in keep(event.args) })) },
      "waiting": { ("waiting_bytes", try await waitingBytes($0).map { .double($0) } ?? .null) },
    ]
    var result = SocketObject()
    for (name, measure) in figures where figure == nil || figure == name {
      let (key, value) = try await measure(url)
      result[key] = value
    }
    return .object(result)
  }

  /// - Parameter kind: What the echo server is asked for.
  private static func cost(
    _ url: String, _ kind: SocketValue, _ handler: @escaping @Sendable (SocketEvent) -> Void
  ) async throws -> Double {
    let socket = try io(url) {
      $0.transports = [.websocket]
      $0.delivery = .eventLoop
    }
    let (rounds, feed) = AsyncStream.makeStream(of: Void.self)
    let left = Mutex(0)
    socket.on("push") { event in
      handler(event)
      let isLast = left.withLock { left in
        left -= 1
        return left == 0
      }
      if isLast { feed.yield() }
    }
    var least = Double.infinity
    var finished = rounds.makeAsyncIterator()
    for _ in 0..<6 {
      left.withLock { $0 = count }
      let start = cpuNanoseconds()
      try socket.emit("push", kind, .int(count))
      await finished.next()
      least = min(least, (cpuNanoseconds() - start) / Double(count))
    }
    await socket.io.close()
    return least.rounded()
  }

  private static func waitingBytes(_ url: String) async throws -> Double? {
    guard allocation_count_works() else { return nil }
    let socket = try io(url) {
      $0.transports = [.websocket]
      $0.inboundBuffer = 1 << 30
    }
    let gate = DispatchSemaphore(value: 0)
    _ = try await socket.emitWithAck("echo", 1)
    let before = allocated_bytes()
    socket.once("push") { _ in gate.wait() }
    try socket.emit("push", "text", count)
    while await socket.statistics().received < count { await Task.yield() }
    let bytes = Double(allocated_bytes() - before) / Double(count) - Double(textBytes)
    gate.signal()
    await socket.io.close()
    return bytes.rounded()
  }
}
