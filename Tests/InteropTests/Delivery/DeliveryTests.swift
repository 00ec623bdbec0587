import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Events are sent in order, whatever happens to the connection, and no faster than it can send them.
@Suite("Delivery", .timeLimit(.minutes(5)))
struct DeliveryTests {
  static let each: [TransportName] = [.polling, .websocket]

  @Test("compress(false) sends an event uncompressed among compressed ones")
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
    for emitter in [socket.modified, socket.compress(false), socket.compress(true)] {
      #expect(try await emitter.emitWithAck("echo", with: [.string(large)]) == [.string(large)])
    }
    #expect(try await socket.compress(false).emitWithAck("echo", with: [.binary(data)]) == [.binary(data)])
    await socket.io.close()
    let messages = try recording.messages
    let texts = messages.filter { $0["data"]?.stringValue?.contains("compress me") == true }
    #expect(texts.map { $0["compressed"] } == [true, false, true])
    #expect(messages.last { $0["binary"] == true || $0["type"] == "message" }?["compressed"] == false)
  }

  @Test("emitWhenWritable slows a producer down while the server does not read, and loses nothing", arguments: each)
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
    let chunk = Data(count: 64 << 10)
    // A POST waits for its response, while a WebSocket fills the buffers of the kernel and the proxy first.
    let count = transport == .polling ? 40 : 400
    let producer = Task {
      for number in 0..<count { try await socket.emitWhenWritable("echo", number, chunk) }
    }
    // Below the mark, too: a producer that has begun to wait goes on when the transport has handed over everything.
    var sent: Int?
    let statistics = try await poll("producer that stays waiting") {
      await socket.io.statistics()
    } until: { statistics in
      defer { sent = statistics.events.sent }
      return statistics.events.waiting == 1 && statistics.queuedBytes > 0 && statistics.events.sent == sent
    }
    // The mark, the event that crossed it, and the overhead of base64 on polling.
    #expect(statistics.queuedBytes < mark + 2 * chunk.count)
    #expect(statistics.events.sent < count)
    try proxy.tell("resume")
    try await producer.value
    let received = try await echoes.wait("all echoes", within: .seconds(120)) { $0.count == count }
    #expect(received.map { $0.first?.intValue } == (0..<count).map { $0 })
    #expect(await socket.statistics().drops.total == 0)
    await socket.io.close()
  }

  @Test("A waiting producer gets disconnected when the connection is lost")
  func backpressureLoss() async throws {
    let server = try Server.testServer.start()
    let proxy = try NetworkProxy(to: server)
    let socket = try makeSocket(proxy.url) {
      $0.transports = [.websocket]
      $0.highWaterMark = 100_000
    }
    _ = try await socket.connected()
    let losses = socket.recordDisconnects()
    let ends = Recorder<SocketIOError>()
    let producer = Task {
      do throws(SocketIOError) {
        while true { try await socket.emitWhenWritable("echo", Data(count: 64 << 10)) }
      } catch {
        ends.record(error)
      }
    }
    // A busy proxy may read on just before it resets. Then nobody waits at the loss, and the next one decides.
    for count in 1...20 where ends.values.isEmpty {
      try proxy.tell("pause")
      _ = try await poll("waiting producer") {
        await socket.statistics()
      } until: {
        $0.waiting == 1
      }
      try proxy.tell("reset")
      _ = try await losses.wait("loss") { $0.count == count }
      try proxy.tell("resume")
      _ = try await poll("end, or a connection") {
        (ends.values, socket.connected)
      } until: {
        !$0.isEmpty || $1
      }
    }
    #expect(ends.values.map(\.code) == [.disconnected])
    producer.cancel()
    await producer.value
    socket.disconnect()
  }

  @Test("Events emitted while the server was away arrive in order", arguments: Server.allCases, Route.allCases)
  func buffer(_ kind: Server, _ route: Route) async throws {
    let first = try kind.start()
    let socket = try makeSocket(first.url) { $0.transports = route.transports }
    let disconnects = socket.recordDisconnects()
    _ = try await socket.connected()
    first.kill()
    _ = try await disconnects.first("disconnect")
    let answers = Recorder<Int>()
    for number in 0..<2_000 {
      try socket.emit("echo", number) { answers.record((try? $0.get().decode(Int.self)) ?? -1) }
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
    "Leaving and rejoining a namespace at once, on a shared connection", arguments: Server.allCases,
    Route.allCases)
  func rejoining(_ kind: Server, _ route: Route) async throws {
    let server = try kind.start()
    let main = try makeSocket(server.url) { $0.transports = route.transports }
    _ = try await main.connected()
    let mainLosses = main.recordDisconnects()
    let socket = main.io.socket("/echo")
    let connects = Recorder<SocketConnection>()
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
