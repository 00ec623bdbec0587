/// The Socket for a URL: connects to the server, sharing the connection with other namespaces of the same server.
///
///     let socket = try io("https://example.com/admin") { $0.auth = ["token": "abcd"] }
///     socket.on("news") { event in print(event.args) }
///
/// With `autoConnect` off nothing but the caller holds the Socket until it connects: one that is dropped is freed at once.
///
/// - Parameters:
///   - url: `http`, `https`, `ws` or `wss`, then the server, and the namespace as its path. Without it, or with a path alone, it
///     resolves against ``Manager/location``.
///   - configure: Sets options.
/// - Throws: ``SocketIOError`` for a URL (`.invalidURL`) or an option (`.invalidOption`, `.tlsOption`) that cannot be used, and
///   whatever `configure` throws.
@discardableResult
public func io(
  _ url: String? = nil, _ configure: (inout SocketIOOptions) throws -> Void
) throws -> Socket {
  try io(url, configure) { _ in }
}

/// The Socket for a URL, with handlers that are there before the connection begins, so that they miss nothing, not even an attempt that
/// fails at once:
///
///     let socket = try io("https://example.com/admin") {
///       $0.auth = ["token": "abcd"]
///     } handlers: { socket in
///       socket.on(.connectError) { error in print(error) }
///     }
///
/// - Parameters:
///   - url: As without handlers.
///   - configure: Sets options.
///   - handlers: Gets the Socket before it connects, and registers handlers with it and its Manager, ``Socket/io``. Runs inside the call.
/// - Throws: ``SocketIOError`` for a URL or an option that cannot be used, and what the closures throw; then nothing is connected.
@discardableResult
public func io(
  _ url: String? = nil, _ configure: (inout SocketIOOptions) throws -> Void, handlers: (Socket) throws -> Void
) throws -> Socket {
  var options = SocketIOOptions()
  try configure(&options)
  return try io(url, options: options, handlers: handlers)
}

/// The Socket for a URL, with options that are made already, and with handlers that are there before the connection begins:
/// `io(url, options: SocketIOOptions()) { socket in … }`.
///
/// - Throws: ``SocketIOError`` for a URL or an option that cannot be used, and what `handlers` throws; then nothing is connected.
@discardableResult
public func io(
  _ url: String? = nil, options: SocketIOOptions, handlers: (Socket) throws -> Void
) throws -> Socket {
  let socket = try ManagerCache.shared.socket(ServerURL(url, location: Manager.location), options)
  try handlers(socket)
  socket.connectAutomatically()
  return socket
}

/// The Socket for a URL, with options that are made already.
///
/// A second Socket for the same namespace of a server gets a Manager, and so a connection, of its own while the first exists; other
/// namespaces share one, unless `forceNew` is set or `multiplex` is off. With `autoConnect` off nothing but the caller holds the Socket
/// until it connects: one that is dropped is freed at once.
///
/// - Parameters:
///   - url: As for ``io(_:_:)``.
///   - options: Where an existing Manager for the server is used, only `auth`, `ackTimeout` and `retries` among them have an effect.
/// - Throws: ``SocketIOError`` for a URL (`.invalidURL`) or an option (`.invalidOption`, `.tlsOption`) that cannot be used, and `.system`
///   where memory, threads or file descriptors ran out.
@discardableResult
public func io(_ url: String? = nil, options: SocketIOOptions = SocketIOOptions()) throws(SocketIOError) -> Socket {
  let socket = try ManagerCache.shared.socket(ServerURL(url, location: Manager.location), options)
  socket.connectAutomatically()
  return socket
}

/// The Managers that ``io(_:options:)`` shares, for as long as somebody uses them.
final class ManagerCache: Sendable {
  /// Gets options that were checked.
  typealias MakeManager = @Sendable (ServerURL, SocketIOOptions) throws(SocketIOError) -> Manager

  static let shared = ManagerCache { (server, options) throws(SocketIOError) in
    try Manager(server, options, areValid: true)
  }

  private struct WeakManager {
    weak var manager: Manager?
  }

  private struct Managers {
    var byServer: [String: WeakManager] = [:]
    /// With so many, those that are gone are looked for: seldom enough that it costs nothing for each new one.
    var limit = 16
  }

  private let makeManager: MakeManager
  private let managers = Locked(Managers())

  init(_ makeManager: @escaping MakeManager) { self.makeManager = makeManager }

  /// - Returns: A new Socket, which nobody has connected yet.
  func socket(_ server: ServerURL, _ options: SocketIOOptions) throws(SocketIOError) -> Socket {
    try options.validate()
    if options.forceNew || !options.multiplex {
      return try makeManager(server, options.ofManager).makeSocket(server.namespace, with: options)
    }
    let key = "\(server.origin)\(options.requestPath)"
    // The Managers that were looked at leave the lock with the result, since what one holds of the user's may end with it.
    let (joined, _) = managers.withLock { managers in
      let known = managers.byServer[key]?.manager
      return (Self.join(server, options, known), known)
    }
    if let joined { return joined }
    // Without the lock: certificates are read, and closures of the user's run, which may come back here.
    let manager = try makeManager(server, options.ofManager)
    let (socket, _) = managers.withLock { managers in
      // Another thread may have been faster.
      var alive: [Manager] = []
      if let known = managers.byServer[key]?.manager {
        alive = [known]
        if let socket = Self.join(server, options, known) { return (socket, alive) }
      } else {
        if managers.byServer.count >= managers.limit {
          alive = managers.byServer.values.compactMap(\.manager)
          managers.byServer = managers.byServer.filter { $0.value.manager != nil }
          managers.limit = max(16, 2 * managers.byServer.count)
        }
        managers.byServer[key] = WeakManager(manager: manager)
      }
      return (manager.makeSocket(server.namespace, with: options), alive)
    }
    return socket
  }

  /// Called with the lock held until the namespace is taken, or two threads could both get the same Socket as their own.
  ///
  /// - Returns: nil where there is no Manager, or it has a Socket of the namespace.
  private static func join(_ server: ServerURL, _ options: SocketIOOptions, _ manager: Manager?) -> Socket? {
    guard let manager, !manager.sockets.contains(server.namespace) else { return nil }
    return manager.makeSocket(server.namespace, with: options)
  }
}

extension Manager {
  /// The Socket of a namespace, with the options that belong to a Socket.
  func makeSocket(_ namespace: String, with options: SocketIOOptions) -> Socket {
    makeSocket(namespace, auth: options.auth, ackTimeout: options.ackTimeout, retries: options.retries).socket
  }
}
