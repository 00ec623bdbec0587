public import SocketIO

/// A Socket.IO server in memory, for tests of programs that use this library.
///
/// Its handlers are closures, its clock is moved by the test, and its faults happen when the test says so. Nothing of
/// it uses the network, another process or real time.
///
///     let server = TestServer()
///     server.on("add") { (a: Int, b: Int) in a + b }
///     let socket = try server.socket()
///     let sum = try await server.run { try await socket.emitWithAck("add", 1, 2, as: Int.self) }
///
/// A program that makes its own Sockets gets them from this server if the options say so:
/// `try io("https://example.com") { $0.testServer = server }`.
///
/// A TestServer stands for one namespace of the server, at first for the main one; ``of(_:)`` gives another. Clock and
/// faults are those of the whole server. It may be used from any thread. Its calls take effect in order, when the test
/// next awaits something of the server or its ``clock``. So do the calls of a Socket; await ``settle()`` between calls
/// of the two if their order matters.
public final class TestServer: Sendable {
  /// The namespace that the handlers, events and clients of this value belong to.
  public let namespace: String
  let core: ServerCore

  /// Starts a server.
  ///
  /// - Parameters:
  ///   - clock: Its clock.
  ///   - pingInterval: The time between two heartbeats of a connection.
  ///   - pingTimeout: How long a heartbeat may take, for the server as for its clients.
  ///   - allowsUpgrades: Whether connections may change from polling to WebSocket.
  public init(
    clock: TestClock = TestClock(), pingInterval: Duration = .seconds(25), pingTimeout: Duration = .seconds(20),
    allowsUpgrades: Bool = true
  ) {
    namespace = "/"
    core = ServerCore(
      clock: clock, pingInterval: pingInterval.milliseconds, pingTimeout: pingTimeout.milliseconds,
      allowsUpgrades: allowsUpgrades)
  }

  init(_ core: ServerCore, _ namespace: String) {
    self.core = core
    self.namespace = namespace
    core.add(namespace)
  }

  /// The same server for another namespace, which exists from then on. Clients that join a namespace which does not
  /// exist are refused.
  ///
  /// - Parameter namespace: Its name; the leading slash may be left out.
  public func of(_ namespace: String) -> TestServer {
    TestServer(core, namespace.hasPrefix("/") ? namespace : "/" + namespace)
  }

  // MARK: Its clients

  /// Options, otherwise the defaults, whose connections go to this server: for a program that takes options.
  public var options: SocketIOOptions {
    var options = SocketIOOptions()
    options.testServer = self
    return options
  }

  /// A Socket of this namespace. As `io` does, it connects, and shares a Manager with Sockets of other namespaces; a
  /// second Socket of the same namespace gets another connection.
  ///
  /// - Throws: `SocketIOError` for an unusable option.
  public func socket(options: SocketIOOptions = SocketIOOptions()) throws(SocketIOError) -> Socket {
    var options = options
    options.testServer = self
    return try io(Self.url + namespace, options: options)
  }

  /// A Socket of this namespace: `try server.socket { $0.auth = ["token": "abcd"] }`.
  ///
  /// - Parameter configure: Sets options.
  /// - Throws: `SocketIOError` for an unusable option, and what `configure` throws.
  public func socket(_ configure: (inout SocketIOOptions) throws(SocketIOError) -> Void) throws(SocketIOError) -> Socket
  {
    var options = self.options
    try configure(&options)
    return try socket(options: options)
  }

  /// A Socket of this namespace, with a closure that may throw any error.
  ///
  /// - Parameter configure: Sets options.
  /// - Throws: `SocketIOError` for an unusable option, and what `configure` throws.
  public func socket(_ configure: (inout SocketIOOptions) throws -> Void) throws -> Socket {
    var options = self.options
    try configure(&options)
    return try socket(options: options)
  }

  /// A Manager of its own, for a program that makes Sockets from it.
  ///
  /// - Throws: `SocketIOError` for an unusable option.
  public func manager(options: SocketIOOptions = SocketIOOptions()) throws(SocketIOError) -> Manager {
    var options = options
    options.testServer = self
    return try Manager(Self.url, options: options)
  }

  private static let url = "http://server.test"

  // MARK: Time

  /// The clock of the server and of its clients.
  public var clock: TestClock { core.clock }

  /// As ``TestClock/settle()``: runs everything until nothing is left to do at this moment.
  public func settle() async { await clock.settle() }

  /// As ``TestClock/settle(within:isolation:until:)``: runs everything until a condition holds.
  ///
  /// - Throws: ``TestServerError`` if the condition does not hold in time, and `CancellationError`.
  public func settle(
    within limit: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
    until condition: () async throws -> Bool
  ) async throws {
    try await clock.settle(within: limit, until: condition)
  }

  /// As ``TestClock/advance(by:)``: moves the clock, and runs everything that is due on the way.
  public func advance(by duration: Duration) async { await clock.advance(by: duration) }

  /// As ``TestClock/run(within:_:)``: runs an asynchronous call of the program, and everything else until it returns.
  ///
  /// - Throws: What the call throws; ``TestServerError`` if it does not return in time, and `CancellationError`.
  public func run<Success: Sendable>(
    within limit: Duration = .seconds(60), _ call: @escaping @Sendable () async throws -> Success
  ) async throws -> Success {
    try await clock.run(within: limit, call)
  }
}

extension SocketIOOptions {
  /// The server that connections go to instead of the network, whatever their URL: `try io(url) { $0.testServer =
  /// server }`. nil by default, for the network.
  ///
  /// Delays between reconnections are then exact: `randomizationFactor` counts as 0. The options that concern real
  /// connections, such as those of TLS, are checked and otherwise without effect.
  public var testServer: TestServer? {
    get { (network as? ServerCore).map { TestServer($0, "/") } }
    set { network = newValue?.core }
  }
}
