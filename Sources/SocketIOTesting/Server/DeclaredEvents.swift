public import SocketIO

/// Events that were declared once, from the server's side.
extension TestServer {
  /// Handles an event that was declared once, without acknowledging it: `server.on(Chat.message) { text, room in … }`.
  public func on<each Argument: Decodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>, _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
  ) {
    on(event.name, handler)
  }

  /// Answers a request that was declared once: `server.respond(to: Chat.history) { count in … }`.
  ///
  /// If an argument cannot be decoded or the handler throws, the request is not answered, and the error is added to
  /// ``problems``.
  public func respond<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
    to request: TypedRequest<Answer, repeat each Argument>,
    _ handler: @escaping @Sendable (repeat each Argument) throws -> Answer
  ) {
    on(request.name, handler)
  }

  /// Answers a request that was declared once without an answer, `answer: Void.self`, when the handler returns.
  public func respond<each Argument: Decodable & Sendable>(
    to request: TypedRequest<Void, repeat each Argument>,
    _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
  ) {
    core.handle(request.name, in: namespace) { event in
      var arguments = ArgumentDecoder(event.content)
      try handler(repeat arguments.next((each Argument).self))
      event.acknowledge()
    }
  }

  /// The next event or request of a declaration, as ``next(_:within:)`` with its name.
  ///
  /// - Throws: ``TestServerError`` if it does not arrive in time, and `CancellationError`.
  public func next(_ event: some EventDeclaration, within limit: Duration = .seconds(60)) async throws -> TestEvent {
    try await next(event.name, within: limit)
  }

  /// Emits an event that was declared once to every client of the namespace.
  ///
  /// - Throws: `SocketIOError` with `.encoding`.
  public func emit<each Argument: Encodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>, _ arguments: repeat each Argument
  ) throws(SocketIOError) {
    try emit(event.name, repeat each arguments)
  }
}

extension TestClient {
  /// Emits an event that was declared once to this client.
  ///
  /// - Throws: `SocketIOError` with `.encoding`.
  public func emit<each Argument: Encodable & Sendable>(
    _ event: TypedEvent<repeat each Argument>, _ arguments: repeat each Argument
  ) throws(SocketIOError) {
    try emit(event.name, repeat each arguments)
  }

  /// Makes a request that was declared once, and runs everything until the client has answered it. The clock stands
  /// still.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - arguments: Its arguments.
  ///   - limit: How long to wait in real time. Only a test that fails needs it.
  /// - Returns: The answer.
  /// - Throws: ``TestServerError`` if the client leaves before it answers, or does not answer in time; `SocketIOError`
  ///   with `.encoding`, or with `.decoding` for an answer of another type; and `CancellationError`.
  public func emitWithAck<each Argument: Encodable & Sendable, Answer: Decodable & Sendable>(
    _ request: TypedRequest<Answer, repeat each Argument>, _ arguments: repeat each Argument,
    within limit: Duration = .seconds(60)
  ) async throws -> Answer {
    let arguments = try SocketValue.arguments(repeat each arguments, of: "\"\(request.name)\"")
    let answer = try await emitWithAck(request.name, with: arguments, within: limit)
    return try SocketEvent(name: request.name, args: answer, ack: nil).decode(Answer.self)
  }

  /// Makes a request that was declared once without an answer, and runs everything until the client has acknowledged it.
  ///
  /// - Throws: ``TestServerError`` if the client leaves before it answers, or does not answer in time; `SocketIOError`
  ///   with `.encoding`; and `CancellationError`.
  public func emitWithAck<each Argument: Encodable & Sendable>(
    _ request: TypedRequest<Void, repeat each Argument>, _ arguments: repeat each Argument,
    within limit: Duration = .seconds(60)
  ) async throws {
    let arguments = try SocketValue.arguments(repeat each arguments, of: "\"\(request.name)\"")
    _ = try await emitWithAck(request.name, with: arguments, within: limit)
  }
}
