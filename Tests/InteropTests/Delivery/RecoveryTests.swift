import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Connection state recovery with a server that supports it.
@Suite("Recovery", .timeLimit(.minutes(2)))
struct RecoveryTests {
  @Test(
    "After a loss the id is the same, and missed events come before connect, in order", arguments: Route.allCases)
  func recovered(_ route: Route) async throws {
    let server = try Server.testServer.start("--recovery", "600")
    let socket = try makeSocket(server.url) {
      $0.transports = route.transports
      // The test says when.
      $0.reconnection = false
    }
    let log = Recorder<String>()
    socket.on("broadcast") { log.record($0.args.first?.stringValue ?? "") }
    socket.on(.connect) { log.record("connect, recovered \($0.recovered)") }
    let disconnects = socket.recordDisconnects()
    let id = try await socket.connected().id

    let other = try makeSocket(server.url) { $0.transports = [.websocket] }
    _ = try await other.connected()
    try other.emit("broadcast", "before")
    _ = try await log.wait("first broadcast") { $0.contains("before") }

    try socket.emit("drop-me")
    _ = try await disconnects.first("disconnect")
    for number in 1...5 { try other.emit("broadcast", "missed \(number)") }
    // The server has handled all of them when it answers this.
    _ = try await other.emitWithAck("echo")
    socket.connect()
    let lines = try await log.wait("recovery") { $0.contains("connect, recovered true") }
    #expect(
      lines == ["connect, recovered false", "before"] + (1...5).map { "missed \($0)" } + ["connect, recovered true"])
    #expect(socket.recovered && socket.id == id)
    try other.emit("broadcast", "after")
    _ = try await log.wait("last broadcast") { $0.last == "after" }
    for socket in [socket, other] { await socket.io.close() }
  }

  @Test("A session that the server ended with DISCONNECT is not recovered")
  func notRecovered() async throws {
    let server = try Server.testServer.start("--recovery", "600")
    let socket = try makeSocket(server.url) { $0.transports = [.websocket] }
    let first = try await socket.connected()
    socket.disconnect()
    let second = try await socket.connected()
    #expect(first.id != second.id && !second.recovered && !socket.recovered)
    await socket.io.close()
  }
}
