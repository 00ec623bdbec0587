import SocketIO
import SocketIOTesting
import Testing

@Suite("The server in memory: clock and connections", .timeLimit(.minutes(2)))
struct TestServerClockTests {
  private let server = TestServer()
  private let log = Log()

  @Test("An acknowledgement's time limit passes without waiting")
  func timeout() async throws {
    let socket = try server.socket()
    let answer = Task { try await socket.emitWithAck("slow", timeout: .seconds(60)) }
    _ = try await server.next("slow")
    await server.advance(by: .seconds(60))
    let error = await #expect(throws: SocketIOError.self) { try await answer.value }
    #expect(error?.code == .timeout)
    #expect(server.clock.elapsed == .seconds(60))
  }

  @Test("Heartbeats keep a connection for ten minutes")
  func heartbeats() async throws {
    let socket = try server.socket()
    socket.io.on(.ping) { [log] in log.add("ping") }
    await server.advance(by: .seconds(600))
    #expect(socket.connected)
    #expect(log.take().count == 600 / 25)
    #expect(server.problems == [])
  }

  @Test("Other intervals of the heartbeat")
  func otherHeartbeat() async throws {
    let server = TestServer(pingInterval: .seconds(2), pingTimeout: .seconds(1))
    let socket = try server.socket()
    await server.settle()
    server.stall()
    await server.advance(by: .milliseconds(2_999))
    #expect(socket.connected)
    await server.advance(by: .milliseconds(1))
    #expect(!socket.connected)
  }

  @Test("The server ends the session of a client that does not answer its heartbeat")
  func silentClient() async throws {
    let socket = try server.socket()
    let client = try await server.nextClient()
    server.stall()
    await server.advance(by: .milliseconds(44_999))
    #expect(client.isConnected)
    await server.advance(by: .milliseconds(1))
    #expect(!client.isConnected && !socket.connected)
  }

  @Test("Attempts take place during an advance, with the handlers in between")
  func handlersDuringAdvance() async throws {
    server.refuseConnections()
    let socket = try server.socket { $0.transports = [.websocket] }
    let (clock, log) = (server.clock, log)
    socket.io.on(.reconnectAttempt) { log.add("\($0) at \(clock.elapsed / .seconds(1))") }
    await server.advance(by: .seconds(13))
    #expect(log.take() == ["1 at 1.0", "2 at 3.0", "3 at 7.0", "4 at 12.0"])
  }

  @Test("A program that is only awaited goes on by itself")
  func awaitedOnly() async throws {
    let server = TestServer(clock: TestClock(patience: 1))
    server.on("add") { (a: Int, b: Int) in a + b }
    let socket = try server.socket()
    #expect(try await socket.emitWithAck("add", 1, 2, as: Int.self) == 3)
  }

  @Test("Handlers that are registered at once miss nothing")
  func registeredAtOnce() async throws {
    for _ in 0..<20 {
      let socket = try server.socket()
      await Task.yield()
      socket.on(.connect) { [log] in log.add("connect") }
      await server.settle()
      #expect(log.take() == ["connect"])
    }
  }

  @Test("The work of a task is awaited")
  func settleUntil() async throws {
    let socket = try server.socket()
    let news = socket.events("news", as: Int.self)
    let reader = Task { [log] in for await number in news { log.add("\(number)") } }
    await server.settle()
    server.emit("news", 1)
    try await server.settle { log.entries == ["1"] }
    socket.off("news")
    await reader.value
    await #expect(throws: TestServerError.self) { try await server.settle(within: .zero) { false } }
  }

  @Test("A call that waits for time to pass does not return by itself")
  func runWithoutTime() async throws {
    let socket = try server.socket()
    let error = await #expect(throws: TestServerError.self) {
      try await server.run(within: .zero) { try await socket.emitWithAck("slow", timeout: .seconds(5)) }
    }
    #expect(error?.message.contains("advance the clock") == true)
  }

  @Test("Waiting ends when its task is cancelled")
  func cancellation() async throws {
    let waiting = Task { [server] in try await server.next("never", within: .seconds(3_600)) }
    await server.settle()
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
  }

  @Test("Two servers share a clock")
  func sharedClock() async throws {
    let other = TestServer(clock: server.clock)
    let sockets = [try server.socket(), try other.socket()]
    await server.settle()
    #expect(sockets.map(\.connected) == [true, true])
    server.loseConnections()
    other.loseConnections()
    await other.advance(by: .seconds(1))
    #expect(sockets.map(\.connected) == [true, true])
    #expect(server.clients.count == 1 && other.clients.count == 1)
  }

  // MARK: Tasks

  private static func doze() async { for _ in 0..<50 { await Task.yield() } }

  @Test("Settling waits for credentials that a closure provides", arguments: 0..<20)
  func provider(_: Int) async throws {
    let socket = try server.socket {
      $0.auth = .provider {
        await Self.doze()
        return ["token": "abcd"]
      }
    }
    await server.settle()
    #expect(socket.connected)
    #expect(server.clients.first?.auth == ["token": "abcd"])
  }

  @Test("Settling waits for asynchronous handlers, and for their answers", arguments: 0..<20)
  func asynchronousHandlers(_: Int) async throws {
    let socket = try server.socket()
    socket.on("news") { [log] (number: Int) in
      await Self.doze()
      log.add("\(number)")
    }
    socket.on("news") { @MainActor [log] (number: Int) in
      log.add("main \(number)")
      await Self.doze()
      await Task.yield()
      log.add("main again \(number)")
    }
    await server.settle()
    for number in 1...3 { server.emit("news", .int(number)) }
    await server.settle()
    #expect(log.entries.filter { !$0.hasPrefix("main") } == ["1", "2", "3"])
    #expect(
      log.take().filter { $0.hasPrefix("main") } == (1...3).flatMap { ["main \($0)", "main again \($0)"] })
  }

  @Test("It does not wait for what waits for time or for the test itself")
  func suspendedHandlers() async throws {
    let socket = try server.socket { $0.auth = nil }
    let gate = AsyncStream.makeStream(of: Void.self)
    socket.on("ask") { [log, weak socket] _ in
      do { _ = try await socket?.emitWithAck("slow", timeout: .seconds(5)) } catch { log.add("\(error)") }
    }
    socket.on("gate") { [log] _ in
      for await _ in gate.stream {}
      log.add("opened")
    }
    await server.settle()
    server.emit("ask")
    server.emit("gate")
    await server.settle()
    #expect(log.entries == [])
    await server.advance(by: .seconds(5))
    #expect(log.entries.count == 1)
    gate.continuation.finish()
    await server.settle()
    #expect(log.entries.last == "opened")
  }

  @Test("Several tasks may run one clock")
  func severalTasks() async throws {
    server.on("add") { (a: Int, b: Int) in a + b }
    let socket = try server.socket()
    for number in 0..<300 {
      async let sum = server.run(within: .seconds(10)) { try await socket.emitWithAck("add", 1, number, as: Int.self) }
      async let other = server.run(within: .seconds(10)) {
        try await socket.emitWithAck("add", 2, number, as: Int.self)
      }
      await server.advance(by: .milliseconds(1))
      #expect(try await (sum, other) == (1 + number, 2 + number))
    }
  }

  @Test("What another task has run meanwhile is not missed")
  func runByAnother() async throws {
    let clock = server.clock
    var looks = 0
    // At the end of the limit it would look again, so that comes after the test's own.
    let answer = try await clock.wait(within: .seconds(3_600), "nothing happened") { () -> String? in
      looks += 1
      let line = log.entries.first
      if looks == 1 {
        // Another task runs the loop after this one has looked.
        clock.loop.post { [log] in log.add("done") }
        clock.loop.run()
      }
      return line
    }
    #expect(answer == "done")
    #expect(looks == 2)
  }

  @MainActor
  private final class Model {
    var isReady = false
  }

  @MainActor
  @Test("A test on the main actor settles until something of its own holds")
  func onMainActor() async throws {
    let socket = try server.socket()
    let model = Model()
    socket.on("ready") { @MainActor in model.isReady = true }
    server.onConnect { $0.emit("ready") }
    try await server.settle { model.isReady }
    #expect(model.isReady)
    try await server.clock.settle { socket.connected && model.isReady }
  }

  @Test("A server whose clients have left is freed", .timeLimit(.minutes(1)))
  func freed() async throws {
    weak var clock: TestClock?
    do {
      let server = TestServer()
      clock = server.clock
      do {
        let socket = try server.socket()
        let client = try await server.nextClient()
        try socket.emit("hello")
        _ = try await server.next("hello")
        let manager = socket.io
        try await server.run { await manager.close() }
        #expect(!client.isConnected)
      }
      await server.settle()
    }
    // Tasks that have just finished may hold it a moment longer.
    while clock != nil, !Task.isCancelled { await Task.yield() }
    #expect(clock == nil)
  }

  // MARK: Connections

  @Test("io() with the option goes to the server, and shares Managers for each server")
  func injection() async throws {
    let other = TestServer()
    let main = try io("https://example.com", options: server.options)
    let chat = try io("https://example.com/chat") { $0.testServer = server }
    let again = try io("https://example.com", options: server.options)
    let elsewhere = try io("https://example.com/chat", options: other.options)
    #expect(main.io === chat.io && main.io !== again.io && elsewhere.io !== main.io)
    await server.settle()
    #expect(server.clients.count == 2 && other.clients.isEmpty)
    #expect(server.options.testServer?.namespace == "/" && SocketIOOptions().testServer == nil)
  }

  @Test("Unusable options are refused, and reported when they come later")
  func options() async throws {
    let error = #expect(throws: SocketIOError.self) { try server.socket { $0.retries = -1 } }
    #expect(error?.code == .invalidOption)
    let manager = try server.manager()
    manager.opts.maxMessageSize = -1
    manager.socket().on(.connectError) { [log] in log.add("\($0.code)") }
    await server.settle()
    #expect(log.take() == ["invalid_option"])
  }

  @Test("A connection changes to WebSocket, and loses nothing on the way", arguments: [0, 50])
  func upgrade(latency: Int) async throws {
    server.setLatency(.milliseconds(latency))
    server.onConnect { client in for number in 1...5 { client.emit("news", .int(number)) } }
    let socket = try server.socket()
    socket.io.on(.upgrade) { [log] in log.add("\($0)") }
    socket.on("news") { [log] (number: Int) in log.add("\(number)") }
    try socket.emit("early")
    for step in 0..<10 {
      await server.advance(by: .milliseconds(latency / 2))
      try socket.emit("step", .int(step))
      server.emit("news", .int(6 + step))
    }
    await server.advance(by: .milliseconds(10 * latency))
    #expect(socket.io.transport == .websocket)
    let told = log.take()
    #expect(told.contains("websocket"))
    let numbers = told.compactMap(Int.init)
    #expect(numbers == numbers.sorted() && Set(numbers).isSuperset(of: 1...5) && numbers.last == 15)
    #expect(server.received.map(\.name) == ["early"] + Array(repeating: "step", count: 10))
    #expect(server.problems == [])
  }

  @Test("A connection stays on polling where upgrades are not allowed, or are refused")
  func noUpgrade() async throws {
    let polling = TestServer(allowsUpgrades: false)
    let socket = try polling.socket()
    await polling.settle()
    #expect(socket.connected && socket.io.transport == .polling)
    // The WebSocket arrives later than the handler runs.
    server.setLatency(.milliseconds(10))
    let other = try server.socket()
    other.io.on(.open) { [server] in server.refuseConnections(1) }
    await server.advance(by: .seconds(1))
    #expect(other.connected && other.io.transport == .polling)
    try other.emit("still there")
    await server.advance(by: .seconds(1))
    #expect(server.received.map(\.name) == ["still there"])
  }

  @Test("A client that leaves is gone, and its Manager's close() returns")
  func leaving() async throws {
    let socket = try server.socket()
    await server.settle()
    try socket.emit("goodbye")
    let manager = socket.io
    try await server.run { await manager.close() }
    #expect(server.received.map(\.name) == ["goodbye"])
    #expect(server.clients.isEmpty && !manager.isOpen)
  }
}
