public import SocketIO

extension TestServer {
  /// Handles an event with everything that is known about it. If several handlers are registered, all run, in order.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - handler: What it throws is added to ``problems``.
  public func on(_ event: String, _ handler: @escaping @Sendable (TestEvent) throws -> Void) {
    core.handle(event, in: namespace, handler)
  }

  /// Handles an event with its arguments decoded, as many as the handler takes, and acknowledges it with what the
  /// handler returns: `server.on("add") { (a: Int, b: Int) in a + b }`.
  ///
  /// If an argument cannot be decoded or the handler throws, the event is not acknowledged, and the error is added to
  /// ``problems``.
  public func on<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
    _ event: String, _ handler: @escaping @Sendable (repeat each Argument) throws -> Answer
  ) {
    core.handle(event, in: namespace) { event in
      var arguments = ArgumentDecoder(event.content)
      let answer = try handler(repeat arguments.next((each Argument).self))
      try event.acknowledge(answer)
    }
  }

  /// Handles an event with its arguments decoded, without acknowledging it.
  public func on<each Argument: Decodable & Sendable>(
    _ event: String, _ handler: @escaping @Sendable (repeat each Argument) throws -> Void
  ) {
    core.handle(event, in: namespace) { event in
      var arguments = ArgumentDecoder(event.content)
      try handler(repeat arguments.next((each Argument).self))
    }
  }

  /// Called with each client that has joined the namespace.
  public func onConnect(_ handler: @escaping @Sendable (TestClient) throws -> Void) {
    core.configure(namespace) { $0.connectHandlers.append(handler) }
  }

  /// Decides which clients may join the namespace. By default all may.
  ///
  /// - Parameter check: Gets the client's `auth`, and throws to refuse it: a ``Refusal``, or any error whose text is
  ///   then the message.
  public func authorize(_ check: @escaping @Sendable (_ auth: SocketValue?) throws -> Void) {
    core.configure(namespace) { $0.check = check }
  }

  /// Why a client may not join a namespace. The client gets it as a `connectError` with the code `.refused`.
  public struct Refusal: Error, Sendable {
    /// The message that the client gets.
    public var message: String
    /// Further data that the client gets.
    public var data: SocketValue?

    /// Makes a refusal.
    public init(_ message: String, data: SocketValue? = nil) {
      self.message = message
      self.data = data
    }
  }

  /// What went wrong in the server: errors that handlers threw, arguments that could not be decoded, and malformed
  /// packets. Tests end with `#expect(server.problems == [])`.
  public var problems: [String] { core.problems }
}
