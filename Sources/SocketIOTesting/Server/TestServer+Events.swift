public import SocketIO

extension TestServer {
  // MARK: Out

  /// Emits an event to every client of the namespace.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - arguments: Any mix of `SocketValue`, `Data` and `Encodable`.
  /// - Throws: `SocketIOError` with `.encoding`.
  @_disfavoredOverload  // For literals alone the sibling keeps the order.
  public func emit<each Argument: Encodable & Sendable>(
    _ event: String, _ arguments: repeat each Argument
  ) throws(SocketIOError) {
    core.broadcast(event, try SocketValue.arguments(repeat each arguments, of: "\"\(event)\""), in: namespace)
  }

  /// Emits an event, whose arguments are literals, to every client of the namespace.
  public func emit(_ event: String, _ arguments: SocketValue...) {
    core.broadcast(event, arguments, in: namespace)
  }

  // MARK: In

  /// The clients that have joined the namespace, in the order in which they did.
  public var clients: [TestClient] { core.clients(in: namespace) }

  /// The next client that joins the namespace: the first that this function has not returned yet. Waits for it; the
  /// clock stands still.
  ///
  /// - Parameter limit: How long to wait in real time. Only a test that fails needs it.
  /// - Throws: ``TestServerError`` if none joins in time, and `CancellationError`.
  public func nextClient(within limit: Duration = .seconds(60)) async throws -> TestClient {
    try await clock.wait(within: limit, "no client joined \(namespace)") { core.takeClient(in: namespace) }
  }

  /// All events of the namespace that have arrived, in order, whether or not they have a handler.
  public var received: [TestEvent] { core.received(in: namespace) }

  /// The next event of a name: the first that this function has not returned yet. Waits for it; the clock stands still.
  ///
  /// After it, the test knows that the program has sent the event, and may move the clock, break the connection, or
  /// acknowledge the event.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - limit: How long to wait in real time. Only a test that fails needs it.
  /// - Throws: ``TestServerError`` if it does not arrive in time, and `CancellationError`.
  public func next(_ event: String, within limit: Duration = .seconds(60)) async throws -> TestEvent {
    try await clock.wait(within: limit, missing(event)) { core.takeEvent(event, in: namespace) }
  }

  private func missing(_ event: String) -> String {
    let names = received.map { "\"\($0.name)\"" }
    let arrived = names.isEmpty ? "no event has arrived" : "these have arrived: \(names.joined(separator: ", "))"
    return "\"\(event)\" did not arrive in \(namespace); \(arrived)"
  }
}
