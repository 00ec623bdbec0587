import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Sequences, answers by return value and catch-all handlers, against different server implementations and over every
/// transport.
@Suite("Events", .timeLimit(.minutes(2)))
struct EventTests {
  @Test(
    "a sequence continues across a loss and misses nothing while it is not read", arguments: Server.allCases,
    Route.allCases
  )
  func sequence(_ kind: Server, _ route: Route) async throws {
    let server = try kind.start()
    let socket = try makeSocket(server.url) { $0.transports = route.transports }
    let (numbers, changes) = (socket.events("burst", as: Int.self), socket.changes())
    var (number, change) = (numbers.makeAsyncIterator(), changes.makeAsyncIterator())
    socket.connect()
    for round in 0..<2 {
      guard case .connect? = await change.next() else {
        Issue.record("not connected")
        return
      }
      try socket.emit("burst", 100)
      for expected in 0..<100 { #expect(await number.next() == expected) }
      guard round == 0 else { break }
      socket.io.engine.close()
      guard case .disconnect(let disconnection)? = await change.next() else {
        Issue.record("not disconnected")
        return
      }
      #expect(disconnection.reason == .forcedClose)
    }
    #expect(numbers.droppedCount == 0)
    await socket.io.close()
    socket.off("burst")
    #expect(await number.next() == nil)
  }

  @Test(
    "handlers answer with their return value, and catch-all handlers get every event in both directions",
    arguments: Server.allCases,
    Route.allCases)
  func answers(_ kind: Server, _ route: Route) async throws {
    let server = try kind.start()
    let (told, answers) = (Recorder<String>(), Recorder<[SocketValue]>())
    let socket = try io(server.url) {
      $0.forceNew = true
      $0.autoConnect = false
      $0.transports = route.transports
    } handlers: { socket in
      socket.on(.connect) { told.record("connect") }
      socket.on(.handlerError) { told.record("failed \($0.event)") }
      socket.onAny { told.record("in \($0.name)") }
      socket.onAnyOutgoing { told.record("out \($0.name)") }
      socket.on("answer") { answers.record($0.args) }
      socket.respond(to: "question") { (text: String, data: Data) async throws -> [String: Data] in [text: data] }
    }
    try socket.emit("ask", "bytes", Data([1, 2, 3]))
    socket.connect()
    #expect(try await answers.first("answer") == [["bytes": .binary(Data([1, 2, 3]))]])
    try socket.emit("ask", 7)
    _ = try await told.wait("failure") { $0.last == "failed question" }
    #expect(
      told.values == ["out ask", "connect", "in question", "in answer", "out ask", "in question", "failed question"])
    let (first, second) = try await socket.emitWithAck("echo", 1, ["two", nil], as: Int.self, [String?].self)
    #expect((first, second) == (1, ["two", nil]))
    await socket.io.close()
  }

  @Test("A scope is entered connected, and left when the server has what was emitted", arguments: Server.allCases)
  func scope(_ kind: Server) async throws {
    let server = try kind.start()
    let socket = try await withSocket(server.url) { socket in
      #expect(socket.connected)
      let answer = try await socket.emitWithAck("echo", 1, timeout: .seconds(30))
      #expect(answer == 1)
      return socket
    }
    #expect(!socket.active && !socket.io.isOpen)
    let error = await #expect(throws: SocketIOError.self) {
      try await withSocket(server.url + "/elsewhere") { _ in Issue.record("entered") }
    }
    #expect(error?.code == .refused)
  }
}
