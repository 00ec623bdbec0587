import Foundation
import SocketIO

/// The examples of docs/guide.md about buffering, statistics and compression, word for word: `DocExamplesTests`
/// compares them.
enum GuideDelivery {
  static func compress(_ socket: Socket, _ jpeg: Data) throws {
    try socket.compress(false).emit("photo", "sea.jpg", jpeg)
  }

  static func offlineBuffer() throws {
    let socket = try io("https://example.com") {
      $0.offlineBuffer = OfflineBuffer(maxEvents: 1_000, overflow: .dropOldest)
    }
    print(socket.bufferedEvents)
  }

  static func backpressure(_ socket: Socket, _ chunks: [Data]) async throws {
    for chunk in chunks {
      try await socket.emitWhenWritable("chunk", chunk)
    }
  }

  static func inboundBuffer() async throws {
    let socket = try io("https://example.com") { $0.inboundBuffer = 64 << 20 }
    let statistics = await socket.io.statistics()
    print("waiting:", statistics.inboundBytes, "bytes, reading was paused", statistics.readingPauses, "times")
    print("for", statistics.readingPaused)
  }

  static func statistics(_ socket: Socket) async {
    let statistics = await socket.io.statistics()
    print("sent over WebSockets:", statistics.traffic[.websocket]?.bytesSent ?? 0, "bytes")
    print("reconnections:", statistics.reconnections)
    print("acknowledged after", statistics.events.ackRoundTrips.mean ?? .zero, "on average")
    print("waiting:", statistics.events.buffered, "dropped:", statistics.events.drops.total)
  }
}
