import Foundation
import SocketIO
import SocketIOTesting
import Testing

@Suite("The server in memory: events", .timeLimit(.minutes(2)))
struct TestServerHandlerTests {
  private let server = TestServer()

  // MARK: To the server

  @Test("A handler's value acknowledges the event")
  func answers() async throws {
    server.on("add") { (a: Int, b: Int) in a + b }
    let socket = try server.socket()
    let sum = try await server.run { try await socket.emitWithAck("add", 1, 2, as: Int.self) }
    #expect(sum == 3)
    #expect(server.problems == [])
  }

  private enum Chat {
    static let message = TypedEvent("message", String.self, Int.self)
    static let history = TypedRequest("history", Int.self, answer: [String].self)
    static let typing = TypedRequest("typing", String.self, answer: Bool.self)
    static let read = TypedRequest("read", Int.self, answer: Void.self)
  }

  @Test("Events that were declared once are used on both sides")
  func declared() async throws {
    let log = Log()
    server.on(Chat.message) { text, room in log.add("\(text) \(room)") }
    server.respond(to: Chat.history) { count in Array(repeating: "line", count: count) }
    let socket = try server.socket()
    socket.on(Chat.message) { text, room in log.add("\(room) \(text)") }
    socket.respond(to: Chat.typing) { name in name == "ann" }
    try socket.emit(Chat.message, "hi", 7)
    #expect(try await server.run { try await socket.emitWithAck(Chat.history, 2) } == ["line", "line"])
    let client = try await server.nextClient()
    try server.emit(Chat.message, "all", 1)
    try client.emit(Chat.message, "one", 2)
    #expect(try await client.emitWithAck(Chat.typing, "ann"))
    #expect(log.take() == ["hi 7", "1 all", "2 one"])
    #expect(server.problems == [])
  }

  @Test("A request may be declared without an answer")
  func declaredWithoutAnswer() async throws {
    let log = Log()
    server.respond(to: Chat.read) { number in log.add("server \(number)") }
    let socket = try server.socket()
    socket.respond(to: Chat.read) { number in log.add("plain \(number)") }
    try await server.run { try await socket.emitWithAck(Chat.read, 1, timeout: .seconds(5)) }
    #expect(try await server.next(Chat.read).args == [1])
    let client = try await server.nextClient()
    try await client.emitWithAck(Chat.read, 2)
    socket.off(Chat.read)
    socket.respond(to: Chat.read, maxConcurrent: 1) { number in
      await Task.yield()
      log.add("asynchronous \(number)")
    }
    try await client.emitWithAck(Chat.read, 3)
    #expect(try await client.emitWithAck("read", 4) == [])
    #expect(log.take() == ["server 1", "plain 2", "asynchronous 3", "asynchronous 4"])
    #expect(server.problems == [])
  }

  @Test("An answer of another type than declared is an error")
  func wrongAnswer() async throws {
    let socket = try server.socket()
    socket.respond(to: "typing") { (name: String) in name }
    let client = try await server.nextClient()
    let error = await #expect(throws: SocketIOError.self) { try await client.emitWithAck(Chat.typing, "ann") }
    #expect(error?.code == .decoding)
  }

  @Test("A request to a client that has left ends at once")
  func askedAfterLeaving() async throws {
    let socket = try server.socket()
    let client = try await server.nextClient()
    socket.disconnect()
    await server.settle()
    let error = await #expect(throws: TestServerError.self) {
      try await client.emitWithAck("why", within: .seconds(30))
    }
    #expect(error?.message == "the client left /")
  }

  @Test("A handler without a value gets the arguments and acknowledges nothing")
  func takesArguments() async throws {
    let log = Log()
    server.on("move") { (x: Int, y: Int?) in log.add("\(x) \(y.map(String.init) ?? "nil")") }
    let socket = try server.socket()
    try socket.emit("move", 1, 2)
    try socket.timeout(.seconds(5)).emit("move", 3) { log.add("\($0)") }
    await server.advance(by: .seconds(5))
    #expect(log.take() == ["1 2", "3 nil", "failure(operation has timed out)"])
  }

  @Test("A handler can get the event itself, and acknowledge it later")
  func rawHandler() async throws {
    let log = Log()
    server.on("ask") { event in
      log.add("\(event.name) \(event.args) \(event.wantsAcknowledgement) \(event.client.namespace)")
      event.acknowledge("yes", 7, after: .seconds(3))
    }
    let socket = try server.socket()
    try socket.emit("ask", "why?") { log.add("\($0)") }
    await server.advance(by: .milliseconds(2_999))
    #expect(log.take() == [#"ask ["why?"] true /"#])
    await server.advance(by: .milliseconds(1))
    #expect(log.take() == [#"success(["yes", 7])"#])
  }

  @Test("All handlers of an event run, in order")
  func severalHandlers() async throws {
    let log = Log()
    server.on("news") { _ in log.add("first") }
    server.on("news") { (text: String) in log.add("second \(text)") }
    try server.socket().emit("news", "a")
    await server.settle()
    #expect(log.take() == ["first", "second a"])
  }

  @Test("What handlers throw and cannot decode is a problem, and not acknowledged")
  func problems() async throws {
    struct Failure: Error {}
    let log = Log()
    server.on("add") { (a: Int) in a }
    server.on("fail") { _ in throw Failure() }
    let socket = try server.socket()
    try socket.timeout(.seconds(1)).emit("add", "one") { log.add("\($0)") }
    try socket.emit("fail")
    await server.advance(by: .seconds(1))
    #expect(log.take() == ["failure(operation has timed out)"])
    #expect(server.problems.count == 2)
    #expect(server.problems.first?.hasPrefix(#"a handler of "add" threw: argument 1 of "add" cannot be"#) == true)
    #expect(server.problems.last == #"a handler of "fail" threw: Failure()"#)
  }

  @Test("Binary data arrives as it was sent, in both directions")
  func binary() async throws {
    server.on("reverse") { (data: Data) in Data(data.reversed()) }
    let socket = try server.socket()
    let answer = try await server.run { try await socket.emitWithAck("reverse", Data([1, 2, 3]), as: Data.self) }
    #expect(answer == Data([3, 2, 1]))
    let chunks = Log()
    socket.on("chunk") { (number: Int, data: Data) in chunks.add("\(number) \(Array(data))") }
    try server.emit("chunk", 1, Data([7, 8]))
    await server.settle()
    #expect(chunks.take() == ["1 [7, 8]"])
  }

  @Test("Received events are listed and awaited, with or without a handler")
  func received() async throws {
    let socket = try server.socket()
    try socket.emit("a", 1)
    try socket.emit("b", 2)
    try socket.emit("a", 3)
    let (first, second) = (try await server.next("a"), try await server.next("a"))
    #expect([try first.decode(Int.self), try second.decode(Int.self)] == [1, 3])
    #expect(server.received.map(\.name) == ["a", "b", "a"])
    let missing = await #expect(throws: TestServerError.self) { try await server.next("a", within: .zero) }
    let message = try #require(missing?.message)
    #expect(message.hasPrefix(#""a" did not arrive in /; these have arrived: "a", "b", "a""#))
  }

  @Test("An awaited event can be decoded as several types, and be acknowledged by the test")
  func acknowledgedByTest() async throws {
    let log = Log()
    let socket = try server.socket()
    try socket.emit("order", "apples", 3) { log.add("\($0)") }
    let order = try await server.next("order")
    let (item, count) = try order.decode(String.self, Int.self)
    #expect(item == "apples" && count == 3)
    struct Receipt: Encodable { var number: Int }
    try order.acknowledge(Receipt(number: 9))
    await server.settle()
    #expect(log.take() == [#"success([{"number":9}])"#])
  }

  // MARK: To the clients

  @Test("The server emits to all clients, or to one")
  func emits() async throws {
    let log = Log()
    let sockets = try [server.socket(), server.socket()]
    for (index, socket) in sockets.enumerated() { socket.on("news") { log.add("\(index) \($0.args)") } }
    let first = try await server.nextClient()
    let second = try await server.nextClient()
    #expect(server.clients.map(\.id) == [first.id, second.id])
    server.emit("news", "all", 1)
    second.emit("news", "one")
    struct Price: Encodable { var value: Double }
    try first.emit("news", Price(value: 1.5))
    await server.settle()
    let told = log.take()
    #expect(told.filter { $0.hasPrefix("0") } == [#"0 ["all", 1]"#, #"0 [{"value":1.5}]"#])
    #expect(told.filter { $0.hasPrefix("1") } == [#"1 ["all", 1]"#, #"1 ["one"]"#])
  }

  @Test("A client acknowledges what the server emits")
  func asks() async throws {
    let socket = try server.socket()
    socket.respond(to: "add") { (a: Int, b: Int) in a + b }
    let client = try await server.nextClient()
    #expect(try await client.emitWithAck("add", 2, 3) == [5])
    await #expect(throws: TestServerError.self) { try await client.emitWithAck("unknown", within: .zero) }
  }

  @Test("A client that leaves before it acknowledges fails the question")
  func asksLeaver() async throws {
    let socket = try server.socket()
    socket.on("bye") { [weak socket] in socket?.disconnect() }
    let client = try await server.nextClient()
    let error = await #expect(throws: TestServerError.self) { try await client.emitWithAck("bye") }
    #expect(error?.message == "the client left /")
    #expect(!client.isConnected)
    #expect(server.clients.isEmpty)
  }

  @Test("New clients are greeted, each time that they connect")
  func greets() async throws {
    let log = Log()
    server.onConnect { client in client.emit("welcome", .string(client.id)) }
    let socket = try server.socket()
    socket.on("welcome") { log.add("welcome \($0.args[0].stringValue == socket.id)") }
    await server.settle()
    server.loseConnections()
    await server.advance(by: .seconds(1))
    #expect(log.take() == ["welcome true", "welcome true"])
  }

  // MARK: Namespaces and credentials

  @Test("Credentials are seen, and let in or refused")
  func authorizes() async throws {
    let log = Log()
    server.authorize { auth in
      guard auth?["token"] == "abcd" else { throw TestServer.Refusal("invalid credentials", data: ["code": 7]) }
    }
    let refused = try server.socket { $0.auth = ["token": "efgh"] }
    refused.on(.connectError) { log.add("\($0.code) \($0.message) \($0.data ?? .null)") }
    let welcome = try server.socket { $0.auth = ["token": "abcd"] }
    await server.settle()
    #expect(log.take() == [#"refused invalid credentials {"code":7}"#])
    #expect(!refused.connected && welcome.connected)
    #expect(server.clients.map(\.auth) == [["token": "abcd"]])
  }

  @Test("Any error refuses, with its text")
  func refusesWithAnyError() async throws {
    struct Closed: Error, CustomStringConvertible { let description = "we are closed" }
    let log = Log()
    server.authorize { _ in throw Closed() }
    let socket = try server.socket()
    socket.on(.connectError) { log.add($0.message) }
    await server.settle()
    #expect(log.take() == ["we are closed"])
  }

  @Test("Namespaces share a connection and have their own handlers; unknown ones are refused")
  func namespaces() async throws {
    let log = Log()
    let chat = server.of("chat")
    server.on("whoami") { _ in log.add("main") }
    chat.on("whoami") { _ in log.add("chat") }
    let manager = try server.manager()
    let (main, other) = (manager.socket(), manager.socket("/chat"))
    manager.socket("/nowhere").on(.connectError) { log.add($0.message) }
    await server.settle()
    #expect(log.take() == ["Invalid namespace"])
    try main.emit("whoami")
    try other.emit("whoami")
    await server.settle()
    #expect(log.take() == ["main", "chat"])
    #expect(chat.clients.count == 1 && chat.received.count == 1 && chat.namespace == "/chat")
    #expect(await server.statistics(of: manager).connections == 1)
  }

  @Test("Other parsers work")
  func messagePack() async throws {
    server.on("echo") { (text: String, data: Data) in data + Data(text.utf8) }
    let socket = try server.socket { $0.parser = MessagePackParser() }
    let answer = try await server.run { try await socket.emitWithAck("echo", "a", Data([1]), as: Data.self) }
    #expect(answer == Data([1, 97]))
  }
}

extension TestServer {
  func statistics(of manager: Manager) async -> ManagerStatistics {
    (try? await run { await manager.statistics() }) ?? ManagerStatistics()
  }
}
