import Foundation
import SocketIO
import SocketIOTesting
import Testing

extension OptionsPageTests {
  // MARK: Manager

  @Test("Without reconnection, open() every two seconds reconnects")
  func manualReconnection() async throws {
    let page = try Page()
    let socket = try page.examples.manualReconnection()
    let attempts = Recorder<Int>()
    socket.io.on(.reconnectAttempt) { attempts.record($0) }
    _ = try await Self.handshake(of: socket)
    let first = try #require(socket.id)
    try socket.emit("drop-me")
    try await Self.eventually("connection after the loss") { socket.id.map { $0 != first } ?? false }
    #expect(attempts.values.isEmpty)
    let times = try page.handshakes.compactMap { $0["time"]?.doubleValue }
    #expect(times.count == 2 && times[1] - times[0] >= 2_000, "\(times)")
    // After disconnect() the Socket stays disconnected.
    await socket.io.close()
    #expect(!socket.active)
  }

  @Test("reconnectionAttempts: that many, then reconnect_failed")
  func attempts() async throws {
    let page = try Page("--fail-handshakes", "1000")
    let socket = try page.examples.reconnectionAttempts()
    let failures = Recorder<Void>()
    socket.io.on(.reconnectFailed) { failures.record(()) }
    _ = try await failures.first("reconnect_failed")
    #expect(try page.handshakes.count == 3)
    #expect(socket.active && !socket.connected)
    await socket.io.close()
  }

  /// Server and client measure whole milliseconds on different clocks, so a delay may seem slightly shorter.
  /// BackoffTests test the upper bound without a real clock.
  @Test("Delays grow from reconnectionDelay, each at least half of what it is without randomization")
  func growingDelays() async throws {
    let page = try Page("--fail-handshakes", "3")
    let socket = try page.examples.delays()
    try await Self.eventually("connected") { socket.connected }
    let times = try page.handshakes.compactMap { $0["time"]?.doubleValue }
    let delays = zip(times.dropFirst(), times).map { $0 - $1 }
    #expect(delays.count == 3)
    #expect(zip(delays, [500, 1_000, 2_000]).allSatisfy { $0 >= $1 - 20 }, "\(delays)")
    await socket.io.close()
  }

  @Test("timeout ends an attempt that takes too long")
  func attemptTimeout() async throws {
    let page = try Page("--stall-handshake", "60000")
    let socket = try page.examples.timeout()
    let errors = socket.recordErrors()
    #expect(try await errors.first("connect_error").code == .timeout)
    await socket.io.close()
  }

  @Test("Without autoConnect, connect() and the Manager's open() connect")
  func autoConnect() async throws {
    let page = try Page()
    let idle = try page.examples.io("https://example.com/echo") { $0.autoConnect = false }
    for socket in [try page.examples.autoConnect(), try page.examples.autoConnectByOpening()] {
      try await Self.eventually("connected") { socket.connected }
      await socket.io.close()
    }
    #expect(!idle.active)
  }

  @Test("parser: MessagePack, to a server that speaks it")
  func messagePack() async throws {
    let server = try Server.python.start("--msgpack")
    let socket = try OptionsPageExamples(server: server.url).parser()
    #expect(try await socket.emitWithAck("echo", Data([1, 2]), timeout: .seconds(30)) == .binary(Data([1, 2])))
    await socket.io.close()
  }

  @Test("parser: a custom parser")
  func ownParser() async throws {
    let page = try Page()
    let socket = try page.examples.ownParser()
    #expect(try await socket.emitWithAck("echo", Data([1, 2]), timeout: .seconds(30)) == .binary(Data([1, 2])))
    await socket.io.close()
  }

  // MARK: Socket

  @Test("auth: fixed, or provided by a closure")
  func auth() async throws {
    let page = try Page()
    let fixed = try page.examples.auth()
    #expect(try await Self.handshake(of: fixed)["auth"] == ["token": "abcd"])
    let asked = try page.examples.authProvider { "abcd" }
    #expect(try await Self.handshake(of: asked)["auth"] == ["token": "abcd"])
    await Self.close([fixed, asked])
  }

  @Test("auth: changed when the server refuses")
  func changingAuth() async throws {
    let page = try Page()
    let socket = try page.examples.changingAuth()
    #expect(try await Self.handshake(of: socket)["auth"] == ["token": "abcd"])
    await socket.io.close()
    let connects = try page.recording.lines.compactMap { $0["data"]?.stringValue }.filter { $0.hasPrefix("40") }
    #expect(connects == [#"40/admin,{"token":"expired"}"#, #"40/admin,{"token":"abcd"}"#])
  }

  @Test("auth: changed by leaving and rejoining")
  func otherAuth() async throws {
    let page = try Page()
    let socket = try page.examples.otherDomain()
    #expect(try await Self.handshake(of: socket)["auth"] == [:])
    page.examples.otherAuth(socket)
    #expect(try await Self.handshake(of: socket)["auth"] == ["token": "efgh"])
    await socket.io.close()
  }

  @Test("ackTimeout: an emit does not wait longer")
  func ackTimeout() async throws {
    let page = try Page()
    let socket = try page.examples.ackTimeout()
    let error = await #expect(throws: SocketIOError.self) { try await socket.emitWithAck("never-ack") }
    #expect(error?.code == .timeout)
    await socket.io.close()
  }

  @Test("retries: sent again until it is acknowledged, up to three times")
  func retries() async throws {
    let page = try Page()
    let socket = try page.examples.retries()
    let error = await #expect(throws: SocketIOError.self) { try await socket.emitWithAck("never-ack") }
    #expect(error?.code == .timeout)
    #expect(try await socket.emitWithAck("echo", "done") == "done")
    await socket.io.close()
    let sent = try page.recording.lines.filter { $0["data"]?.stringValue?.contains("never-ack") == true }
    #expect(sent.count == 4)
  }
}
