import Dispatch
import SocketIO
import SocketIOTesting
import Testing

@Suite("The server in memory: faults", .timeLimit(.minutes(2)))
struct TestServerFaultTests {
  private let server = TestServer()
  private let log = Log()

  private func connected(_ configure: (inout SocketIOOptions) -> Void = { _ in }) async throws -> Socket {
    var options = server.options
    configure(&options)
    let socket = try server.socket(options: options)
    let log = log
    socket.on(.connect) { log.add("connect") }
    socket.on(.disconnect) { log.add("disconnect: \($0.reason)") }
    socket.on(.connectError) { log.add("connect_error: \($0.code)") }
    socket.on("news") { log.add("news \($0.args)") }
    await server.settle()
    #expect(log.take() == ["connect"])
    return socket
  }

  // MARK: Losing connections

  @Test("A lost connection comes back exactly after the delay")
  func loss() async throws {
    let socket = try await connected()
    server.loseConnections()
    await server.settle()
    #expect(log.take() == ["disconnect: transport error"])
    await server.advance(by: .milliseconds(999))
    #expect(!socket.connected)
    await server.advance(by: .milliseconds(1))
    #expect(log.take() == ["connect"])
    #expect(socket.connected)
  }

  @Test("The server closes connections")
  func close() async throws {
    _ = try await connected()
    server.closeConnections()
    await server.advance(by: .seconds(1))
    #expect(log.take() == ["disconnect: transport close", "connect"])
  }

  @Test("One client's connection is lost or closed; the others stay")
  func oneConnection() async throws {
    let first = try await connected()
    let second = try await connected()
    let (one, two) = (try await server.nextClient(), try await server.nextClient())
    one.loseConnection()
    await server.settle()
    #expect(!first.connected && second.connected && !one.isConnected && two.isConnected)
    two.closeConnection()
    await server.settle()
    #expect(!second.connected)
  }

  @Test("The server disconnects a client, which does not rejoin by itself")
  func expelled() async throws {
    let socket = try await connected()
    try await server.nextClient().disconnect()
    await server.advance(by: .seconds(60))
    #expect(log.take() == ["disconnect: io server disconnect"])
    socket.connect()
    await server.settle()
    #expect(log.take() == ["connect"])
  }

  @Test("What was sent just before a loss is lost, every time")
  func lostUnderWay() async throws {
    let socket = try await connected()
    for round in 0..<50 {
      try socket.emit("lost", .int(round)) { [log] in log.add("\($0)") }
      server.loseConnections()
      await server.settle()
      #expect(log.take().contains("failure(socket has been disconnected)"))
      await server.advance(by: .seconds(1))
      #expect(socket.connected)
    }
    #expect(server.received.isEmpty)
  }

  @Test("Events wait for the connection, and arrive in order")
  func offlineBuffer() async throws {
    let socket = try await connected()
    server.loseConnections()
    await server.settle()
    for number in 1...3 { try socket.emit("order", .int(number)) }
    await server.settle()
    #expect(server.received.isEmpty)
    await server.advance(by: .seconds(1))
    #expect(server.received.map(\.args) == [[1], [2], [3]])
  }

  // MARK: Refusing connections

  @Test("Connections are refused a number of times")
  func refusals() async throws {
    server.refuseConnections(2)
    let socket = try server.socket { $0.transports = [.websocket] }
    let log = log
    socket.on(.connect) { log.add("connect") }
    socket.on(.connectError) { log.add("\($0.code)") }
    socket.io.on(.reconnectAttempt) { log.add("attempt \($0)") }
    await server.settle()
    #expect(log.take() == ["connect_failed"])
    await server.advance(by: .seconds(1))
    #expect(log.take() == ["attempt 1", "connect_failed"])
    await server.advance(by: .seconds(2))
    #expect(log.take() == ["attempt 2", "connect"])
  }

  @Test("Options that are changed to unusable values fail the next attempt, as over a network")
  func unusableOptions() async throws {
    let socket = try await connected()
    socket.io.opts.timestampParam = "sid"
    server.loseConnections()
    await server.advance(by: .seconds(1))
    #expect(log.take() == ["disconnect: transport error", "connect_error: invalid_option"])
    socket.io.opts.timestampParam = "t"
    await server.advance(by: .seconds(2))
    #expect(log.take() == ["connect"])
  }

  @Test("Connections are refused until they are accepted")
  func refusalsUntilAccepted() async throws {
    let socket = try await connected()
    server.refuseConnections()
    server.loseConnections()
    await server.advance(by: .seconds(300))
    #expect(!socket.connected)
    #expect(log.take().filter { $0 == "connect_error: connect_failed" }.count > 50)
    server.acceptConnections()
    await server.advance(by: .seconds(5))
    #expect(socket.connected)
  }

  // MARK: Silence and delay

  @Test("A stalled connection ends when a heartbeat is missing")
  func stall() async throws {
    let socket = try await connected()
    server.stall()
    await server.advance(by: .milliseconds(44_999))
    #expect(socket.connected)
    await server.advance(by: .milliseconds(1))
    #expect(log.take() == ["disconnect: ping timeout"])
    // Attempts to connect are not answered either.
    await server.advance(by: .seconds(21))
    #expect(log.take() == ["connect_error: timeout"])
    server.resume()
    await server.advance(by: .seconds(5))
    #expect(log.take() == ["connect"])
    #expect(server.problems == [])
  }

  @Test("After a short stall everything arrives, in order")
  func shortStall() async throws {
    let socket = try await connected()
    server.stall()
    try socket.emit("a")
    try socket.emit("b")
    server.emit("news", 1)
    server.emit("news", 2)
    await server.advance(by: .seconds(10))
    #expect(log.take() == [] && server.received.isEmpty)
    server.resume()
    await server.settle()
    #expect(log.take() == ["news [1]", "news [2]"])
    #expect(server.received.map(\.name) == ["a", "b"])
  }

  @Test("Everything takes the latency, in each direction")
  func latency() async throws {
    let socket = try await connected()
    server.on("echo") { (number: Int) in number }
    server.setLatency(.milliseconds(50))
    try socket.emit("echo", 1) { [log] in log.add("\($0)") }
    await server.advance(by: .milliseconds(49))
    #expect(server.received.isEmpty)
    await server.advance(by: .milliseconds(1))
    #expect(server.received.count == 1)
    await server.advance(by: .milliseconds(49))
    #expect(log.take() == [])
    await server.advance(by: .milliseconds(1))
    #expect(log.take() == ["success([1])"])
  }

  @Test("What is sent over a faster network does not overtake")
  func fasterLatency() async throws {
    let socket = try await connected()
    server.setLatency(.seconds(1))
    try socket.emit("first")
    await server.settle()
    server.setLatency(.zero)
    try socket.emit("second")
    await server.advance(by: .milliseconds(999))
    #expect(server.received.isEmpty)
    await server.advance(by: .milliseconds(1))
    #expect(server.received.map(\.name) == ["first", "second"])
  }

  // MARK: Messages

  @Test("Acknowledgements are dropped: some, or until told")
  func droppedAcknowledgements() async throws {
    let log = log
    let socket = try await connected { $0.ackTimeout = .seconds(5) }
    server.on("save") { () in true }
    server.dropAcknowledgements(1)
    for _ in 1...2 { try socket.emit("save") { log.add("\($0)") } }
    await server.advance(by: .seconds(5))
    #expect(log.take() == ["success([true])", "failure(operation has timed out)"])
    server.dropAcknowledgements()
    try socket.emit("save") { log.add("\($0)") }
    await server.advance(by: .seconds(5))
    #expect(log.take() == ["failure(operation has timed out)"])
    server.sendAcknowledgements()
    try socket.emit("save") { log.add("\($0)") }
    await server.settle()
    #expect(log.take() == ["success([true])"])
  }

  @Test("An event with retries is sent again when its acknowledgement is dropped")
  func retries() async throws {
    let log = log
    let socket = try await connected {
      $0.ackTimeout = .seconds(5)
      $0.retries = 3
    }
    server.on("save") { (text: String) in text }
    server.dropAcknowledgements(2)
    try socket.emit("save", "draft") { log.add("\($0)") }
    await server.advance(by: .seconds(9))
    #expect(server.received.count == 2 && log.take() == [])
    await server.advance(by: .seconds(1))
    #expect(server.received.map(\.args) == [["draft"], ["draft"], ["draft"]])
    #expect(log.take() == [#"success(["draft"])"#])
  }

  @Test("A malformed packet ends the connection", arguments: ["2[broken", "9", #"2["news""#])
  func malformed(_ text: String) async throws {
    _ = try await connected()
    server.sendRaw(text)
    await server.advance(by: .seconds(1))
    #expect(log.take() == ["disconnect: parse error", "connect"])
  }

  @Test("A well-formed raw packet is an event")
  func wellFormed() async throws {
    _ = try await connected()
    server.sendRaw(#"2["news",7]"#)
    await server.settle()
    #expect(log.take() == ["news [7]"])
  }

  @Test("The server sends nothing to a client that does not read")
  func readingPaused() async throws {
    let queue = DispatchQueue(label: "slow")
    let socket = try await connected {
      $0.inboundBuffer = 1
      $0.delivery = .queue(queue)
    }
    queue.suspend()
    server.emit("news", 1)
    // Goes on until the handlers have run.
    let settled = Task { [server] in await server.settle() }
    while await socket.io.statistics().readingPauses == 0 {}
    func received() async -> Int? { await socket.io.statistics().traffic[.websocket]?.packetsReceived }
    let before = try #require(await received())
    server.emit("news", 2)
    server.emit("news", 3)
    // What the first question finds under way has arrived when the second one is asked.
    _ = await received()
    #expect(await received() == before)
    queue.resume()
    await settled.value
    await server.settle()
    #expect(log.take() == ["news [1]", "news [2]", "news [3]"])
  }
}
