import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// The ways to connect.
enum Route: String, CaseIterable, Sendable {
  case polling, websocket, upgrade

  var transports: [TransportName] {
    switch self {
    case .polling: [.polling]
    case .websocket: [.websocket]
    case .upgrade: [.polling, .websocket]
    }
  }
}

/// The basic functions of a client, against different server implementations and over every transport.
@Suite("Basic functions", .timeLimit(.minutes(2)))
struct StoryTests {
  struct Message: Codable, Equatable {
    var user: String
    var text: String
    var picture: Data
    var tags: [String]
  }

  /// Connects and, if the route has one, waits for the upgrade.
  private func connect(_ url: String, _ route: Route) async throws -> Socket {
    let socket = try makeSocket(url) { $0.transports = route.transports }
    let upgrades = Recorder<TransportName>()
    socket.io.on(.upgrade) { upgrades.record($0) }
    let connection = try await socket.connected()
    #expect(route.transports.contains(connection.transport))
    if route == .upgrade { #expect(try await upgrades.first("upgrade") == .websocket) }
    #expect(socket.io.transport == (route == .polling ? .polling : .websocket))
    #expect(socket.connected && socket.active && socket.id == connection.id)
    return socket
  }

  @Test("acknowledges, sends binary and receives events in order", arguments: Server.allCases, Route.allCases)
  func story(_ kind: Server, _ route: Route) async throws {
    let server = try kind.start()
    let socket = try await connect(server.url, route)

    let echo = try await socket.emitWithAck(
      "echo", ["null": nil, "text": "€ 👋 ", "numbers": [1, -2.5, 9_007_199_254_740_993], "yes": true] as SocketValue)
    #expect(echo == ["null": nil, "text": "€ 👋 ", "numbers": [1, -2.5, 9_007_199_254_740_993], "yes": true])

    let message = Message(user: "alice", text: "hi", picture: Data((0...255).map { $0 }), tags: ["a", ""])
    #expect(try await socket.emitWithAck("echo", message, as: Message.self, timeout: .seconds(20)) == message)

    socket.on("question") { try $0.ack?($0.args[0], Data([7, 8, 9])) }
    let answers = socket.recordEvents("answer")
    try socket.emit("ask", "how many?", Data([1]))
    #expect(try await answers.first("answer") == ["how many?", .binary(Data([7, 8, 9]))])

    let burst = socket.recordEvents("burst")
    try socket.emit("burst", 500)
    let numbers = try await burst.wait("burst of 500") { $0.count == 500 }
    #expect(numbers == (0..<500).map { [.int($0)] })

    let blobs = socket.recordEvents("binary")
    try socket.emit("binary", 300_000)
    #expect(try await blobs.first("binary")[0].dataValue == Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0) }))

    let disconnects = socket.recordDisconnects()
    socket.disconnect()
    #expect(try await disconnects.first("disconnect").reason == .ioClientDisconnect)
    #expect(socket.disconnected && !socket.active && socket.id == nil)
  }

  @Test(
    "is refused without credentials and accepted with them, on one connection", arguments: Server.allCases,
    Route.allCases
  )
  func authentication(_ kind: Server, _ route: Route) async throws {
    let server = try kind.start()
    let main = try await connect(server.url, route)
    let admin = main.io.socket("/admin", auth: ["token": "wrong"])
    let error = await #expect(throws: SocketIOError.self) { try await admin.connected() }
    #expect(error?.code == .refused && error?.message == "invalid credentials" && error?.data != nil)
    #expect(!admin.active)

    admin.auth = .provider { ["token": "abcd"] }
    let connection = try await admin.connected()
    #expect(connection.id != main.id)
    #expect(try await admin.emitWithAck("echo", 1) == 1)
    #expect(try await main.emitWithAck("echo", 2) == 2)
    admin.disconnect()
    #expect(try await main.emitWithAck("echo", 3) == 3)
    main.disconnect()
  }

  @Test(
    "reports a disconnection by the server, and reconnects only when asked to", arguments: Server.allCases,
    Route.allCases
  )
  func serverDisconnects(_ kind: Server, _ route: Route) async throws {
    let server = try kind.start()
    let socket = try await connect(server.url, route)
    let disconnects = socket.recordDisconnects()
    try socket.emit("disconnect-me")
    #expect(try await disconnects.first("disconnect").reason == .ioServerDisconnect)
    #expect(!socket.active)
    _ = try await socket.connected()
    #expect(try await socket.emitWithAck("echo", "again") == "again")
    socket.disconnect()
  }

  /// On a WebSocket python-socketio sends an Engine.IO close packet, which means nothing there, and leaves the
  /// connection open.
  @Test(
    "reconnects when the server closes the connection, keeping events emitted meanwhile",
    arguments: [(Server.python, Route.polling)] + Route.allCases.map { (Server.testServer, $0) })
  func reconnects(_ kind: Server, _ route: Route) async throws {
    let server = try kind.start()
    let socket = try await connect(server.url, route)
    let disconnects = socket.recordDisconnects()
    let connects = Recorder<SocketConnection>()
    socket.on(.connect) { connects.record($0) }
    socket.on(.disconnect) { try socket.emit("message", "emitted while offline") }
    let messages = socket.recordEvents("message-back")
    try socket.emit("close-me")
    #expect(try await disconnects.first("disconnect").reason == .transportClose)
    _ = try await connects.first("reconnection")
    #expect(try await messages.first("message") == ["emitted while offline"])
    socket.disconnect()
  }

  @Test(
    "completes an acknowledgement that never comes: by timeout, by disconnection, by cancellation",
    arguments: Server.allCases)
  func unansweredAcks(_ kind: Server) async throws {
    let server = try kind.start()
    let socket = try await connect(server.url, .websocket)
    let timeout = await #expect(throws: SocketIOError.self) {
      try await socket.emitWithAck("never-ack", timeout: .milliseconds(50))
    }
    #expect(timeout?.code == .timeout)

    let task = Task { try await socket.emitWithAck("never-ack") }
    _ = try await socket.emitWithAck("echo")
    task.cancel()
    let cancelled = await #expect(throws: SocketIOError.self) { try await task.value }
    #expect(cancelled?.code == .cancelled)

    let lost = Recorder<SocketIOError?>()
    try socket.emit(
      "never-ack",
      ack: { result in
        if case .failure(let error) = result { lost.record(error) } else { lost.record(nil) }
      })
    socket.disconnect()
    #expect(try await lost.first("ack")?.code == .disconnected)
  }

  @Test("loses none of the events that many tasks emit at the same time", arguments: Server.allCases)
  func manyTasks(_ kind: Server) async throws {
    let server = try kind.start()
    let socket = try await connect(server.url, .upgrade)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for task in 0..<32 {
        group.addTask {
          var answered = 0
          for number in 0..<50 {
            let value = task * 1_000 + number
            if try await socket.emitWithAck("echo", value, as: Int.self) == value { answered += 1 }
          }
          return answered
        }
      }
      for try await answered in group { #expect(answered == 50) }
    }
    socket.disconnect()
  }

  @Test("sends and receives a message of 16 MiB in one piece")
  func largeMessage() async throws {
    let server = try Server.testServer.start("--max-payload", "\(64 << 20)")
    let socket = try await connect(server.url, .websocket)
    let pattern = (0..<(64 << 10)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var blob = Data()
    for _ in 0..<256 { blob.append(contentsOf: pattern) }
    #expect(try await socket.emitWithAck("echo", blob) == .binary(blob))
    let text = String(repeating: "0123456789abcdef", count: 1 << 20)
    #expect(try await socket.emitWithAck("echo", text) == .string(text))
    socket.disconnect()
  }
}
