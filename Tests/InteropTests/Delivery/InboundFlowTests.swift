import Dispatch
import SocketIO
import SocketIOTesting
import Testing

/// A server that sends faster than handlers run.
@Suite("Flow control of incoming events", .timeLimit(.minutes(5)))
struct InboundFlowTests {
  @Test(
    "While a handler is behind, no more waits than the limit allows; then everything is delivered in order",
    arguments: Route.allCases)
  func flood(_ route: Route) async throws {
    let server = try Server.testServer.start()
    let limit = 100_000
    let count = repetitions(20_000, sanitized: 10_000)
    let socket = try makeSocket(server.url) {
      $0.transports = route.transports
      $0.inboundBuffer = limit
    }
    let gate = DispatchSemaphore(value: 0)
    let numbers = Recorder<Int>()
    socket.on("burst") { (number: Int) in
      if number == 0 { gate.wait() }
      numbers.record(number)
    }
    _ = try await socket.connected()
    try socket.emit("burst", count)
    let statistics = try await poll("a pause") {
      await socket.io.statistics()
    } until: {
      $0.readingPauses > 0
    }
    #expect(statistics.inboundBytes > limit)
    // Polling receives the whole response that it had requested.
    if route == .websocket { #expect(statistics.inboundBytes < limit + 1_000) }
    gate.signal()
    let received = try await numbers.wait("all events", within: .seconds(120)) { $0.count == count }
    #expect(received == Array(0..<count))
    _ = try await poll("nothing that waits") {
      await socket.io.statistics()
    } until: {
      $0.inboundBytes == 0
    }
    #expect(try await socket.emitWithAck("echo", "still here") == "still here")
    await socket.io.close()
  }
}
