public import SocketIO

/// A client of a ``TestServer`` in one namespace, as the server sees it: from joining the namespace to leaving it. A
/// client that reconnects is another one.
public final class TestClient: Sendable {
  /// Its id, which the client knows as `Socket.id`.
  public let id: String
  /// The namespace that it has joined.
  public let namespace: String
  /// The `auth` that it joined with.
  public let auth: SocketValue?
  /// The session of its connection.
  let session: String
  private let server: Server
  private let acknowledgements = Locked(Acknowledgements())

  /// The server holds its clients.
  private struct Server: Sendable {
    weak var core: ServerCore?
  }

  private var core: ServerCore? { server.core }

  private struct Acknowledgements: Sendable {
    var lastID = 0
    var pending: [Int: @Sendable (Result<[SocketValue], TestServerError>) -> Void] = [:]
  }

  init(id: String, namespace: String, auth: SocketValue?, session: String, core: ServerCore) {
    self.id = id
    self.namespace = namespace
    self.auth = auth
    self.session = session
    server = Server(core: core)
  }

  /// Whether it is still in the namespace, as far as the server knows.
  public var isConnected: Bool { core?.isConnected(self) ?? false }

  /// Emits an event to this client.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - arguments: Any mix of `SocketValue`, `Data` and `Encodable`.
  /// - Throws: `SocketIOError` with `.encoding`.
  @_disfavoredOverload  // For literals alone the sibling keeps the order.
  public func emit<each Argument: Encodable & Sendable>(
    _ event: String, _ arguments: repeat each Argument
  ) throws(SocketIOError) {
    let arguments = try SocketValue.arguments(repeat each arguments, of: "\"\(event)\"")
    core?.send(.event(name: event, arguments: arguments), to: self)
  }

  /// Emits an event, whose arguments are literals, to this client.
  public func emit(_ event: String, _ arguments: SocketValue...) {
    core?.send(.event(name: event, arguments: arguments), to: self)
  }

  /// Emits an event, and runs everything until the client has acknowledged it. The clock stands still.
  ///
  /// - Parameters:
  ///   - event: The event's name.
  ///   - arguments: The arguments.
  ///   - limit: How long to wait in real time. Only a test that fails needs it.
  /// - Returns: The arguments of the acknowledgement.
  /// - Throws: ``TestServerError`` if the client leaves before it answers, or does not answer in time, and
  ///   `CancellationError`.
  public func emitWithAck(
    _ event: String, _ arguments: SocketValue..., within limit: Duration = .seconds(60)
  ) async throws -> [SocketValue] {
    try await emitWithAck(event, with: arguments, within: limit)
  }

  func emitWithAck(
    _ event: String, with arguments: [SocketValue], within limit: Duration
  ) async throws -> [SocketValue] {
    guard let core else { throw TestServerError("the server of the client no longer exists") }
    let answer = Locked<Result<[SocketValue], TestServerError>?>(nil)
    let id = acknowledgements.withLock { acknowledgements in
      acknowledgements.lastID += 1
      acknowledgements.pending[acknowledgements.lastID] = { result in answer.withLock { $0 = result } }
      return acknowledgements.lastID
    }
    defer { acknowledgements.withLock { $0.pending[id] = nil } }
    core.send(.event(name: event, arguments: arguments), id: id, to: self)
    return try await core.clock.wait(within: limit, "the client did not acknowledge \"\(event)\"") {
      answer.withLock { $0 }
    }
    .get()
  }

  /// Disconnects the client from the namespace. Its connection stays, and it does not rejoin by itself.
  public func disconnect() { core?.expel(self) }

  /// Closes its connection, with all its namespaces. The client reconnects.
  public func closeConnection() { core?.endConnections(.closed, of: session) }

  /// Breaks its connection, as a network does that fails. The client reconnects.
  public func loseConnection() { core?.endConnections(.reset, of: session) }

  // MARK: For the server

  func acknowledge(_ id: Int?, _ arguments: [SocketValue], after delay: Duration) {
    guard let id else { return }
    core?.acknowledge(id, arguments, to: self, after: delay.milliseconds)
  }

  func acknowledged(_ id: Int, _ arguments: [SocketValue]) {
    acknowledgements.withLock { $0.pending.removeValue(forKey: id) }?(.success(arguments))
  }

  /// The client has left.
  func left() {
    let pending = acknowledgements.withLock { acknowledgements in
      defer { acknowledgements.pending = [:] }
      return acknowledgements.pending
    }
    for complete in pending.values { complete(.failure(TestServerError("the client left \(namespace)"))) }
  }
}
