import Foundation
import SocketIO
import Testing

/// Sequences, answers by return value and handlers of every event, against servers of different makers and over every transport.
@Suite("Events", .timeLimit(.minutes(2)))
struct EventTests {
  @Test(
    "a sequence goes on over a loss and misses nothing while it is not read", arguments: Server.allCases, Route.allCases
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
    "handlers answer by what they return, and every event is told in both directions", arguments: Server.allCases,
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
}
