import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Closing cannot hang, whatever the other side does.
@Suite("Closing", .timeLimit(.minutes(2)))
struct EndingTests {
  static let each: [TransportName] = [.polling, .websocket]

  enum Fault: String, CaseIterable, Sendable { case pause, drop }

  @Test(
    "disconnect() and close() return while the server does not read, or has vanished", arguments: each,
    Fault.allCases)
  func stalled(_ transport: TransportName, _ fault: Fault) async throws {
    // A POST uses a new connection, which may reach the server and must not be refused there.
    let server = try Server.testServer.start("--max-payload", "100000000")
    let proxy = try NetworkProxy(to: server)
    let socket = try makeSocket(proxy.url) { $0.transports = [transport] }
    let disconnects = socket.recordDisconnects()
    _ = try await socket.connected()
    try proxy.tell(fault.rawValue)
    // Far more than kernels and the proxy buffer.
    for _ in 0..<64 { try socket.emit("echo", Data(count: 1 << 20)) }
    let acks = Recorder<SocketIOError.Code>()
    try socket.emit("echo") { if case .failure(let error) = $0 { acks.record(error.code) } }
    await socket.io.close()
    #expect(!socket.active && !socket.io.isOpen && socket.io.transport == nil)
    #expect(disconnects.values.map(\.reason) == [.ioClientDisconnect])
    #expect(acks.values == [.disconnected])
    #expect(await socket.io.statistics().queuedBytes == 0)
  }

  @Test("close() returns while the connection is being made", arguments: each)
  func connecting(_ transport: TransportName) async throws {
    let server = try RawServer(answering: nil)
    defer { server.stop() }
    let socket = try makeSocket(server.url) { $0.transports = [transport] }
    let errors = socket.recordErrors()
    socket.connect()
    _ = try await poll("attempt") {
      await socket.io.statistics().attempts
    } until: {
      $0 == 1
    }
    await socket.io.close()
    #expect(!socket.active && errors.values.isEmpty)
  }

  @Test("close() returns while the namespace is being joined")
  func joining() async throws {
    let server = try Server.testServer.start("--stall-connect", "60000")
    let socket = try makeSocket(server.url) { $0.transports = [.websocket] }
    socket.connect()
    _ = try await poll("connection") {
      await socket.io.statistics().connections
    } until: {
      $0 == 1
    }
    await socket.io.close()
    #expect(!socket.active)
  }

  // MARK: Sleep

  @Test("A suspended process notices on resume that its connection is dead, and buffers events emitted then")
  func suspended() async throws {
    let server = try Server.testServer.start("--ping-interval", "300", "--ping-timeout", "3000")
    let proxy = try NetworkProxy(to: server)
    let script = try ScriptProcess(proxy.url, "--options", #"{"transports":["websocket"],"reconnectionDelay":10}"#)
    _ = try await script.next("connect")
    await script.suspend()
    // So that the client does not see the server close: only the clock may tell it.
    try proxy.tell("drop")
    try await script.send(#"{"do":"emit","event":"echo","args":["after sleep"],"ack":true,"tag":1}"#)
    // Another client's heartbeats measure the time: twelve intervals are longer than interval and timeout together.
    let clock = try makeSocket(server.url) { $0.transports = [.websocket] }
    let pings = Recorder<Bool>()
    clock.io.on(.ping) { pings.record(true) }
    _ = try await clock.connected()
    _ = try await pings.wait("twelve pings") { $0.count >= 12 }
    await clock.io.close()
    await script.resume()
    #expect(try await script.next("disconnect")["reason"] == "ping timeout")
    _ = try await script.next("connect")
    #expect(try await script.next("ack", ["tag": 1])["args"] == ["after sleep"])
    try await script.send(#"{"do":"quit"}"#)
    #expect(try await script.ended().status == 0)
  }
}
