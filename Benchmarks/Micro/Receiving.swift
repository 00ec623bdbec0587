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

  private static let rounds = 8

  /// Connects to the benchmarks' echo server, which sends as many events as are asked for.
  ///
  /// - Parameter only: The name of the only figure to measure, as for a profile; nil for all.
  /// - Returns: Nanoseconds of CPU for each event of 110 bytes whose arguments are not read, and are read; the same of
  ///   ten times as many bytes; the bytes that a waiting event takes besides its text, or null if they cannot be
  ///   counted.
  static func measure(_ url: String, only: String?) async throws -> SocketValue {
    let unread: Handler = { _ in }
    let read: Handler = { event in keep(event.args) }
    let kinds: [(name: String, text: SocketValue, handler: Handler)] = [
      ("unread", "text", unread), ("read", "text", read), ("long-unread", "long", unread), ("long-read", "long", read),
    ]
    var figures: [(key: String, receiver: Receiver, least: Double)] = []
    for kind in kinds where only == nil || only == kind.name {
      let key = kind.name.replacingOccurrences(of: "-", with: "_") + "_ns"
      figures.append((key, try Receiver(url, kind.text, kind.handler), .infinity))
    }
    // The rounds of all figures alternate, since the speed of a machine changes from one second to the next.
    for _ in 0..<rounds {
      for index in figures.indices {
        figures[index].least = min(figures[index].least, try await figures[index].receiver.receive(count))
      }
    }
    var result = SocketObject()
    for figure in figures {
      result[figure.key] = .double(figure.least.rounded())
      await figure.receiver.close()
    }
    if only == nil || only == "waiting" {
      result["waiting_bytes"] = try await waitingBytes(url).map { .double($0) } ?? .null
    }
    return .object(result)
  }

  private typealias Handler = @Sendable (SocketEvent) -> Void

  /// A connection whose events all have the same handler.
  private final class Receiver {
    private let socket: Socket
    private let text: SocketValue
    private let left = Countdown()
    private var finished: AsyncStream<Void>.AsyncIterator

    /// - Parameter text: What the echo server is asked for.
    init(_ url: String, _ text: SocketValue, _ handler: @escaping Handler) throws {
      self.text = text
      socket = try io(url) {
        $0.transports = [.websocket]
        $0.delivery = .eventLoop
        $0.forceNew = true
      }
      let (rounds, feed) = AsyncStream.makeStream(of: Void.self)
      finished = rounds.makeAsyncIterator()
      socket.on("push") { [left] event in
        handler(event)
        if left.decrease() { feed.yield() }
      }
    }

    /// - Returns: Nanoseconds of CPU for each event.
    func receive(_ count: Int) async throws -> Double {
      left.start(from: count)
      let start = cpuNanoseconds()
      try socket.emit("push", text, .int(count))
      await finished.next()
      return (cpuNanoseconds() - start) / Double(count)
    }

    func close() async { await socket.io.close() }
  }

  private final class Countdown: Sendable {
    private let left = Atomic(0)

    func start(from count: Int) { left.store(count, ordering: .relaxed) }

    /// - Returns: Whether it has come to zero.
    func decrease() -> Bool { left.subtract(1, ordering: .relaxed).newValue == 0 }
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
