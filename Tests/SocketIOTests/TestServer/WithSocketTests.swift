import SocketIO
import SocketIOTesting
import Testing

@Suite("A scope with a Socket, as programs use it", .timeLimit(.minutes(1)))
struct WithSocketTests {
  private struct Oops: Error {}

  private let server = TestServer()
  private let log = Log()

  @Test("The body's value is returned, and what it emitted has arrived")
  func value() async throws {
    server.on("add") { (a: Int, b: Int) in a + b }
    let options = server.options
    let sum = try await server.run {
      try await withSocket("https://example.com", options: options) { socket in
        try socket.emit("last")
        return try await socket.emitWithAck("add", 1, 2, as: Int.self)
      }
    }
    #expect(sum == 3)
    #expect(server.received.map(\.name) == ["last", "add"] && server.clients.isEmpty)
  }

  @Test("Handlers that are registered before the connection miss nothing")
  func handlers() async throws {
    server.onConnect { $0.emit("welcome", "you") }
    let (options, welcome) = (server.options, AsyncStream.makeStream(of: Void.self))
    try await server.run { [log] in
      try await withSocket(
        "https://example.com", options: options,
        handlers: { socket in
          socket.on(.connect) { log.add("connect") }
          socket.on("welcome") { (name: String) in
            log.add("welcome \(name)")
            welcome.continuation.finish()
          }
        }
      ) { _ in for await _ in welcome.stream {} }
    }
    #expect(log.take() == ["connect", "welcome you"])
  }

  @Test("If the handlers cannot be registered, nothing is connected")
  func failingHandlers() async throws {
    let options = server.options
    await #expect(throws: Oops.self) {
      try await withSocket("https://example.com", options: options, handlers: { _ in throw Oops() }) { _ in
        _ = Issue.record("the body ran")
      }
    }
    await server.advance(by: .seconds(60))
    #expect(server.clients.isEmpty)
  }

  /// Moves the clock until a scope that cannot connect has ended.
  ///
  /// - Returns: The code of its error.
  private func failure(of scope: Task<Void, any Error>) async throws -> SocketIOError.Code? {
    let code = Locked<SocketIOError.Code??>(nil)
    let watcher = Task {
      let error = await #expect(throws: SocketIOError.self) { try await scope.value }
      code.withLock { $0 = .some(error?.code) }
    }
    while code.withLock({ $0 == nil }) {
      await server.advance(by: .seconds(1))
      await Task.yield()
    }
    await watcher.value
    return code.withLock { $0 } ?? nil
  }

  @Test("Connecting takes no longer than it may, or than its task", arguments: [true, false])
  func notConnected(isCancelled: Bool) async throws {
    server.stall()
    let options = server.options
    let scope = Task {
      try await withSocket("https://example.com", options: options, timeout: .seconds(3)) { _ in
        _ = Issue.record("the body ran")
      }
    }
    if isCancelled {
      await server.settle()
      scope.cancel()
    }
    #expect(try await failure(of: scope) == (isCancelled ? .cancelled : .timeout))
    #expect(server.clients.isEmpty)
  }

  @MainActor
  private final class Model {
    var lines: [String] = []
  }

  @MainActor
  private static func use(_ options: SocketIOOptions, _ model: Model) async throws -> Int {
    try await withSocket(
      "https://example.com", options: options, handlers: { socket in model.lines.append("handlers \(socket.active)") }
    ) { socket in
      MainActor.preconditionIsolated()
      model.lines.append("before")
      let answer = try await socket.emitWithAck("add", 1, 2, as: Int.self)
      model.lines.append("after")
      return answer
    }
  }

  @MainActor
  @Test("On the main actor, handlers are registered there, and the body runs there")
  func onMainActor() async throws {
    server.on("add") { (a: Int, b: Int) in a + b }
    let (options, model) = (server.options, Model())
    #expect(try await server.run { try await Self.use(options, model) } == 3)
    #expect(model.lines == ["handlers false", "before", "after"])
  }
}
