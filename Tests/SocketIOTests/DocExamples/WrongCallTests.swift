import Foundation
import Testing

/// Compiles wrong calls, and reads what the compiler says: an error should name the mistake.
@Suite("Wrong calls")
struct WrongCallTests {
  private struct Call {
    let code: String
    let message: String

    init(_ code: String, _ message: String) { (self.code, self.message) = (code, message) }
  }

  private static let declarations = """
    struct Opaque: Sendable {}
    enum Chat {
      static let message = TypedEvent("message", String.self, Int.self)
      static let history = TypedRequest("history", Int.self, answer: [String].self)
      static let read = TypedRequest("read", Int.self, answer: Void.self)
    }
    @MainActor final class Model { var count = 0 }

    """

  private static let expectedHandler = "'TypedEvent<String, Int>.ExpectedHandler' (aka '(String, Int) throws -> ()')"

  private static let calls = [
    Call("try socket.emit(\"e\", Opaque())", "requires that 'Opaque' conform to 'Encodable'"),
    Call("try socket.emit(\"e\", 1, data, Opaque())", "requires that 'Opaque' conform to 'Encodable'"),
    Call("try socket.volatile.emit(\"e\", [1: Opaque()])", "requires that 'Opaque' conform to 'Encodable'"),
    Call("try socket.emit(\"e\", Opaque()) { _ in }", "requires that 'Opaque' conform to 'Encodable'"),
    Call(
      "_ = try await socket.emitWithAck(\"e\", Opaque(), as: Int.self)", "requires that 'Opaque' conform to 'Encodable'"
    ),
    Call("try await socket.emitWhenWritable(\"e\", Opaque())", "requires that 'Opaque' conform to 'Encodable'"),
    Call("socket.on(\"e\") { (opaque: Opaque) in print(opaque) }", "requires that 'Opaque' conform to 'Decodable'"),
    Call("socket.on(.reconnect) { attempts in print(attempts) }", "this is an event of the Manager"),
    Call("socket.once(.open) { print(1) }", "this is an event of the Manager"),
    Call(
      "socket.on(.reconnect) { attempts in await Task.yield(); print(attempts) }", "this is an event of the Manager"),
    Call(
      "socket.on(.connectError) { (text: String) in await Task.yield(); print(text) }", ".connectError a SocketIOError"),
    Call("socket.on(.disconnect) { (reason: String) in print(reason) }", ".disconnect a Disconnection"),
    Call("socket.on(.connect) { (id: Int) in print(id) }", ".connect has a SocketConnection"),
    Call(
      "try socket.emit(Chat.message, 1, 1)", "cannot convert value of type 'Int' to expected argument type 'String'"),
    Call("try socket.emit(Chat.message, \"hi\")", "missing argument for parameter #2 in call"),
    Call("try socket.emit(Chat.message, \"hi\", 1, 2)", "extra argument in call"),
    Call("socket.on(Chat.message) { (text: String, room: String) in print(text, room) }", expectedHandler),
    Call("socket.once(Chat.message) { (text: String, room: Double) in print(text, room) }", expectedHandler),
    Call("socket.on(Chat.message) { text in print(text) }", expectedHandler),
    Call("socket.on(Chat.message) { print(1) }", expectedHandler),
    Call("socket.on(Chat.message) { (id: Int) in try await Task.sleep(for: .seconds(id)) }", expectedHandler),
    Call("socket.on(Chat.history) { (count: Int) in print(count) }", "answer it with respond(to:)"),
    Call("socket.on(Chat.message) { @MainActor (text: String) in model.count += text.count }", expectedHandler),
    Call(
      "socket.respond(to: Chat.history) { count in \"none\" }",
      "cannot convert value of type 'String' to closure result type '[String]'"),
    Call(
      "socket.respond(to: Chat.history) { (text: String) in [text] }",
      "'TypedRequest<[String], Int>.ExpectedHandler'"),
    Call(
      "let answer: Int = try await socket.emitWithAck(Chat.history, 1); print(answer)",
      "cannot convert value of type '[String]' to specified type 'Int'"),
    Call("try socket.emit(Chat.history, 1)", "this is a request: emit it with emitWithAck"),
    Call("try socket.volatile.emit(Chat.read, 1) { _ in }", "this is a request: emit it with emitWithAck"),
    Call(
      "print(try await socket.emitWithAck(Chat.message, \"hi\", 1))", "declared without an answer: emit it with emit"),
    Call("for await _ in socket.events(Chat.history) {}", "answer it with respond(to:)"),
    Call(
      "socket.respond(to: Chat.message) { (text: String, room: Int) in print(text, room) }",
      "declared without an answer: register the handler with on"),
    Call("socket.respond(to: Chat.message) { text, room in text }", "declared without an answer"),
    Call("socket.on(Chat.read) { (line: Int) in print(line) }", "answer it with respond(to:)"),
    Call(
      "socket.respond(to: Chat.read) { (line: String) in print(line) }", "'TypedRequest<Void, Int>.ExpectedHandler'"),
    Call("socket.on(\"e\") { _ in model.count += 1 }", "main actor-isolated property 'count' can not be mutated"),
  ]

  /// Compiles functions, one a line.
  ///
  /// - Returns: The errors of each line.
  private static func errors(_ functions: [String]) async throws -> [[String]] {
    let head = "import Foundation\nimport SocketIO\n" + declarations
    let firstLine = head.split(separator: "\n", omittingEmptySubsequences: false).count
    var errors = Array(repeating: [String](), count: functions.count)
    try await TopLevelTests.withFolder { folder in
      try (head + functions.joined(separator: "\n") + "\n").write(
        to: folder.appendingPathComponent("calls.swift"), atomically: true, encoding: .utf8)
      let output =
        try await TopLevelTests.compile(["-typecheck", "-parse-as-library", "calls.swift"], in: folder) ?? ""
      for match in output.matches(of: /(?m)^\S*calls\.swift:(\d+):\d+: (?:error|warning): (.*)$/) {
        let line = try #require(Int(match.1))
        try #require(errors.indices.contains(line - firstLine), "\(match.0)")
        errors[line - firstLine].append(String(match.2))
      }
    }
    return errors
  }

  private static func function(_ index: Int, _ code: String) -> String {
    "func call\(index)(_ socket: Socket, _ model: Model, _ data: Data) async throws { \(code) }"
  }

  @Test("The compiler says what is wrong")
  func wrong() async throws {
    let errors = try await Self.errors(Self.calls.enumerated().map { Self.function($0.offset, $0.element.code) })
    for (call, messages) in zip(Self.calls, errors) {
      #expect(messages.contains { $0.contains(call.message) }, "\(call.code): \(messages)")
    }
  }

  @Test("Right calls compile with the same declarations")
  func right() async throws {
    let calls = [
      "try socket.emit(\"e\", 1, \"two\", [\"a\": 1, \"b\": [true, nil]]); try socket.emit(\"e\", 1, data)",
      "try socket.emit(Chat.message, \"hi\", 1)",
      "socket.on(Chat.message) { text, room in print(text.count, room + 1) }",
      "socket.on(\"e\") { @MainActor event in model.count += event.args.count }",
      "socket.on(Chat.message) { @MainActor _, room in model.count += room }",
      "socket.on(.connect) { @MainActor in model.count += 1 }",
      "socket.on(\"e\") { event in try await Task.sleep(for: .seconds(event.args.count)) }",
      "socket.on(.disconnect) { disconnection in print(disconnection.reason) }",
      "socket.io.on(.reconnect) { attempts in print(attempts + 1) }",
      "socket.respond(to: Chat.history) { count in (0..<count).map(String.init) }",
      "print(try await socket.emitWithAck(Chat.history, 1).joined())",
      "try await socket.emitWithAck(Chat.read, 1, timeout: .seconds(5))",
      "socket.respond(to: Chat.read) { line in print(line + 1) }",
      "socket.respond(to: Chat.read) { @MainActor line in model.count = line }",
      "socket.respond(to: Chat.read) { line in try await Task.sleep(for: .seconds(line)) }",
      "socket.on(.connect) { try await Task.sleep(for: .seconds(1)) }",
      "socket.on(.connect) { connection in await Task.yield(); print(connection.id) }",
      "socket.on(.connect) { @MainActor connection in await Task.yield(); model.count += connection.id.count }",
      "socket.once(.disconnect) { disconnection in await Task.yield(); print(disconnection.reason) }",
      "socket.io.on(.reconnect) { attempts in await Task.yield(); print(attempts + 1) }",
      "socket.io.once(.open) { await Task.yield() }",
      "socket.onAny { event in await Task.yield(); print(event.name) }",
      "socket.once(\"e\") { event in await Task.yield(); print(event.name) }",
      "socket.once(Chat.message) { text, room in await Task.yield(); print(text.count + room) }",
      "let ack: @Sendable (Result<SocketAnswer, SocketIOError>) -> Void = { print($0) }; try socket.emit(\"e\", ack: ack)",
      // The errors of `io` stay typed, with each of its closures.
      "do { try io(\"x\") { $0.retries = 1 } } catch { print(error.code) }",
      "do { try io(\"x\") { $0.retries = 1 } handlers: { $0.on(\"e\") { print($0) } } } catch { print(error.code) }",
      "do { try io(\"x\", options: SocketIOOptions()) { $0.on(\"e\") { print($0) } } } catch { print(error.code) }",
      "do { try io(\"x\") { $0.retries = 1 } handlers: { socket throws(SocketIOError) in try socket.emit(\"e\") } } "
        + "catch { print(error.code) }",
      "do { try io(\"x\") } catch { print(error.code) }",
    ]
    let errors = try await Self.errors(calls.enumerated().map { Self.function($0.offset, $0.element) })
    #expect(errors.flatMap { $0 } == [])
  }
}
