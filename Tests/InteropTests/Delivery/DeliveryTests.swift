import Foundation
import SocketIO
import Testing

/// How events leave: in order, whatever happens to the connection, and not faster than it carries them.
@Suite("Delivery", .timeLimit(.minutes(5)))
struct DeliveryTests {
  static let each: [TransportName] = [.polling, .websocket]

  @Test("compress(false) sends an event as it is, where others are compressed")
  func compress() async throws {
    let recording = Recording()
    let server = try Server.testServer.start("--record", recording.path, "--deflate")
    let socket = try makeSocket(server.url) {
      $0.transports = [.websocket]
      $0.perMessageDeflate = PerMessageDeflate()
    }
    _ = try await socket.connected()
    let large = String(repeating: "compress me ", count: 1_000)
    let data = Data(large.utf8)
    for emitter in [Emitter(socket), socket.compress(false), socket.compress(true)] {
      #expect(try await emitter.emitWithAck("echo", with: [.string(large)]) == [.string(large)])
    }
    #expect(try await socket.compress(false).emitWithAck("echo", with: [.binary(data)]) == [.binary(data)])
    await socket.io.close()
    let messages = try recording.messages
    let texts = messages.filter { $0["data"]?.stringValue?.contains("compress me") == true }
    #expect(texts.map { $0["compressed"] } == [true, false, true])
    #expect(messages.last { $0["binary"] == true || $0["type"] == "message" }?["compressed"] == false)
  }

  @Test("emitWhenWritable holds a producer up while the server does not read, and loses nothing", arguments: each)
  func backpressure(_ transport: TransportName) async throws {
    let server = try Server.testServer.start("--max-payload", "10000000")
    let proxy = try NetworkProxy(to: server)
    let mark = 100_000
    let socket = try makeSocket(proxy.url) {
      $0.transports = [transport]
      $0.highWaterMark = mark
    }
    let echoes = socket.recordEvents("echo")
    _ = try await socket.connected()
    try proxy.tell("pause")
    let count = 400
    let chunk = Data(count: 64 << 10)
    let producer = Task {
      for number in 0..<count { try await socket.emitWhenWritable("echo", number, chunk) }
    }
    // Buffers of the kernel and of the proxy fill first. Until then the producer waits only for moments.
    let statistics = try await poll("waiting producer") {
      await socket.io.statistics()
    } until: {
      $0.events.waiting == 1 && $0.queuedBytes > mark
    }
    // The mark, the one event that crossed it, and what base64 adds to it on polling.
    #expect(statistics.queuedBytes < mark + 2 * chunk.count)
    #expect(statistics.events.sent < count)
    try proxy.tell("resume")
    try await producer.value
    let received = try await echoes.wait("all echoes", within: .seconds(120)) { $0.count == count }
    #expect(received.map { $0.first?.intValue } == (0..<count).map { $0 })
    #expect(await socket.statistics().drops.total == 0)
    await socket.io.close()
  }

  @Test("A producer that waits is ended by name when the connection is lost")
  func backpressureLoss() async throws {
    let server = try Server.testServer.start()
    let proxy = try NetworkProxy(to: server)
    let socket = try makeSocket(proxy.url) {
      $0.transports = [.websocket]
      $0.highWaterMark = 100_000
    }
    _ = try await socket.connected()
    try proxy.tell("pause")
    let producer = Task { while true { try await socket.emitWhenWritable("echo", Data(count: 64 << 10)) } }
    _ = try await poll("waiting producer") {
      await socket.statistics()
    } until: {
      $0.waiting == 1
    }
    try proxy.tell("reset")
    let error = await #expect(throws: SocketIOError.self) { try await producer.value }
    #expect(error?.code == .disconnected)
    socket.disconnect()
  }

  @Test("What was emitted while the server was away arrives in its order", arguments: Server.allCases, Route.allCases)
  func buffer(_ kind: Server, _ route: Route) async throws {
    let first = try kind.start()
    let socket = try makeSocket(first.url) { $0.transports = route.transports }
    let disconnects = socket.recordDisconnects()
    _ = try await socket.connected()
    first.kill()
    _ = try await disconnects.first("disconnect")
    let answers = Recorder<Int>()
    for number in 0..<2_000 {
      try socket.emit("echo", number) { answers.record((try? $0.get().first?.intValue) ?? -1) }
    }
    #expect(socket.bufferedEvents == 2_000)
    let second = try kind.start("--port", "\(first.port)")
    let received = try await answers.wait("2,000 answers", within: .seconds(100)) { $0.count == 2_000 }
    #expect(received == Array(0..<2_000))
    #expect(socket.bufferedEvents == 0)
    await socket.io.close()
    second.kill()
  }

  @Test(
    "Leaving a namespace and joining it again in one go, on a connection that others use", arguments: Server.allCases,
    Route.allCases)
  func rejoining(_ kind: Server, _ route: Route) async throws {
    let server = try kind.start()
    let main = try makeSocket(server.url) { $0.transports = route.transports }
    _ = try await main.connected()
    let mainLosses = main.recordDisconnects()
    let socket = main.io.socket("/echo")
    let connects = Recorder<Connection>()
    socket.on(.connect) { connects.record($0) }
    _ = try await socket.connected()
    var ids: Set<String> = []
    for round in 1...20 {
      let known = connects.values.count
      socket.disconnect().connect()
      let all = try await connects.wait("connection \(round)") { $0.count > known }
      #expect(ids.insert(all[known].id).inserted)
      #expect(try await socket.emitWithAck("echo", round) == .int(round))
    }
    #expect(mainLosses.values.isEmpty)
    #expect(try await main.emitWithAck("echo", "still here") == "still here")
    await main.io.close()
  }
}
