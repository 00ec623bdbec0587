import AllocationCounter
import SocketIO

/// Counts allocations of the whole process for each event, both ways, over a real connection.
enum Allocations {
  private static let count = 2_000

  /// Connects to a server with the events of socketio-test-server.
  ///
  /// - Returns: Allocations for each emit, each received event and each round trip with an acknowledgement; null where they cannot be counted.
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
      // Caches and pools fill first, and how many events share a turn of the loop varies: the least counts.
      var least = UInt64.max
      for _ in 0..<4 {
        let start = allocation_count()
        try await action()
        least = min(least, allocation_count() - start)
      }
      let each = Double(least) / Double(count)
      result[name] = allocation_count_works() ? .double((each * 10).rounded() / 10) : .null
    }
    await socket.io.close()
    return .object(result)
  }
}
