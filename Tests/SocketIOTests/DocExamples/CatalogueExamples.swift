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

  static func handlersFirst() throws {
    let socket = try io("https://example.com") {
      $0.auth = ["token": "abcd"]
    } handlers: { socket in
      socket.on(.connectError) { error in print("not connected:", error.message) }
      socket.on("news") { (title: String) in print(title) }
    }
    _ = socket
  }

  static func typed(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    socket.on("move") { (x: Int, y: Int) in print(x + y) }
    socket.respond(to: "add") { (x: Int, y: Int) in x + y }
  }

  static func receiving(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    socket.on("news") { event in
      print(event.name, event.args)
    }

    socket.on("move") { (x: Int, y: Int) in print(x, y) }

    struct Price: Codable {
      var symbol: String
      var value: Double
    }
    socket.on("price") { (price: Price) in
      print(price.symbol, price.value)
    }

    socket.once("ready") { print("ready") }
  }

  static func waiting() async throws {
    let socket = try io("https://example.com")
    try await socket.joined(timeout: .seconds(10))
  }

  static func scopeWithHandlers(print: @escaping GuideEvents.Printing) async throws {
    try await withSocket(
      "https://example.com",
      handlers: { socket in
        socket.on("welcome") { event in print(event.args) }
      }
    ) { socket in
      let answer = try await socket.emitWithAck("ask", "why?", timeout: .seconds(5))
      print(answer)
    }
  }

  static func scope(print: @escaping GuideEvents.Printing) async throws {
    let answer = try await withSocket("https://example.com") { socket in
      try await socket.emitWithAck("ask", "why?", timeout: .seconds(5))
    }
    print(answer)
  }

  static func failures(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    socket.on(.handlerError) { failure in print(failure.event, failure.error) }
  }

  static func sequence(_ socket: Socket, print: @escaping GuideEvents.Printing) async throws {
    let moves = socket.events("move", as: Int.self, Int.self, buffering: .newest(10))
    try socket.emit("subscribe", "moves")
    for await (x, y) in moves {
      print(x, y)
    }
  }

  static func changes(_ socket: Socket, print: @escaping GuideEvents.Printing) async {
    for await change in socket.changes() {
      switch change {
      case .connect(let connection): print("connected as", connection.id)
      case .disconnect(let disconnection): print("disconnected:", disconnection.reason)
      case .connectError(let error): print("not connected:", error.message)
      }
    }
  }

  static func responding(_ socket: Socket, quote: @escaping @Sendable (String) async throws -> Double) {
    socket.respond(to: "add") { (x: Int, y: Int) in x + y }
    socket.respond(to: "quote") { (symbol: String) in try await quote(symbol) }
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

  static func offlineBuffer() throws {
    let socket = try io("https://example.com") {
      $0.offlineBuffer = OfflineBuffer(maxEvents: 1_000, overflow: .dropOldest)
    }
    _ = socket
  }

  static func backpressure(_ socket: Socket, _ chunks: [Data]) async throws {
    for chunk in chunks {
      try await socket.emitWhenWritable("chunk", chunk)
    }
  }

  static func inboundBuffer(_ socket: Socket) async {
    let statistics = await socket.io.statistics()
    print("waiting:", statistics.inboundBytes, "bytes, reading was paused", statistics.readingPauses, "times")
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
  import UnixSignals

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
