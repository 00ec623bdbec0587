import AllocationCounter
import SocketIO

/// Counts the process's allocations per event, in both directions, over a real connection.
enum Allocations {
  private static let count = 2_000

  /// Connects to a server that answers as socketio-test-server does.
  ///
  /// - Returns: Allocations for each emit, with values in an array and with arguments one by one, for each received
  ///   event and each acknowledged round trip; null, without measuring, if they cannot be counted.
  static func measure(_ url: String) async throws -> SocketValue {
    let socket = try io(url) {
      $0.transports = [.websocket]
      $0.delivery = .eventLoop
    }
    let figures: KeyValuePairs<String, () async throws -> Void> = [
      "emit": {
        for _ in 0..<count { try socket.emit("ignored", with: [Message.value]) }
        _ = try await socket.emitWithAck("echo", with: [])
      },
      "emit_arguments": {
        let (user, number) = ("alice", 42)
        for _ in 0..<count { try socket.emit("ignored", user, number) }
        _ = try await socket.emitWithAck("echo", with: [])
      },
      "receive": {
        let (last, feed) = AsyncStream.makeStream(of: Void.self)
        let subscription = socket.on("burst") { event in
          if event.args.first == .int(count - 1) { feed.finish() }
        }
        try socket.emit("burst", with: [.int(count)])
        for await _ in last {}
        subscription.cancel()
      },
      "round_trip": {
        for _ in 0..<count { _ = try await socket.emitWithAck("echo", with: [Message.value]) }
      },
    ]
    var result = SocketObject()
    for (name, action) in figures {
      guard allocation_count_works() else {
        result[name] = .null
        continue
      }
      // Caches and pools fill first, and the number of events per turn of the loop varies: the minimum counts.
      var least = UInt64.max
      for _ in 0..<4 {
        let start = allocation_count()
        try await action()
        least = min(least, allocation_count() - start)
      }
      let each = Double(least) / Double(count)
      result[name] = .double((each * 10).rounded() / 10)
    }
    await socket.io.close()
    return .object(result)
  }
}
