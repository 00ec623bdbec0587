import Foundation
import Logging
import SocketIO

/// The examples of the DocC articles that the guide does not have, word for word: `DocExamplesTests` compares them.
enum CatalogueExamples {
  static func whatTheLibraryKnows() throws {
    let socket = try io("https://example.com") {
      $0.logger = Logger(label: "socketio")
      $0.logger.logLevel = .debug
      $0.autoConnect = false
    }
    socket.on(.connectError) { error in print("not connected:", error.code, error.message, error.httpStatus ?? 0) }
    socket.on(.disconnect) { print("disconnected:", $0.reason, $0.error?.message ?? "") }
    socket.connect()
  }

  static func lifecycle(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    socket.on(.connect) { connection in
      print(connection.recovered ? "back, nothing was missed" : "connected as \(connection.id)")
    }
    socket.on(.disconnect) { disconnection in print("disconnected:", disconnection.reason) }

    socket.io.on(.reconnectAttempt) { attempt in print("attempt", attempt) }
    socket.io.on(.reconnect) { attempts in print("back after", attempts) }
  }

  static func statistics(_ socket: Socket, print: @escaping GuideEvents.Printing) async {
    let statistics = await socket.io.statistics()
    print("reconnections:", statistics.reconnections)
    print("waiting:", statistics.events.buffered, "events of", statistics.events.bufferedBytes, "bytes")
    if let mean = statistics.events.ackRoundTrips.mean { print("round trip:", mean) }
  }

  static func subscribingUnlessRecovered(_ socket: Socket) {
    socket.on(.connect) { [weak socket] connection in
      guard !connection.recovered else { return }
      try socket?.emit("subscribe", "news")
    }
  }
}

#if Metrics
  extension CatalogueExamples {
    static func metrics(_ socket: Socket) {
      let reporter = MetricsReporter(socket.io, interval: .seconds(30), dimensions: [("server", "feed")])
      let publishing = Task { await reporter.run() }
      _ = publishing
    }
  }
#endif

#if ServiceLifecycle
  import ServiceLifecycle

  extension CatalogueExamples {
    static func service() async throws {
      let socket = try io("https://example.com") { $0.autoConnect = false }
      socket.on("news") { event in print(event.args) }

      let group = ServiceGroup(
        services: [SocketIOService(socket)], gracefulShutdownSignals: [.sigterm, .sigint],
        logger: Logger(label: "chat"))
      try await group.run()
    }
  }
#endif
