/// The Managers that ``io(_:options:)`` shares, as long as they are in use.
final class ManagerCache: Sendable {
  /// Gets options that have been checked.
  typealias MakeManager = @Sendable (ServerURL, SocketIOOptions) throws(SocketIOError) -> Manager

  static let shared = ManagerCache { (server, options) throws(SocketIOError) in
    try Manager(server, options, areValid: true)
  }

  private struct WeakManager {
    weak var manager: Manager?
  }

  private struct Managers {
    var byServer: [String: WeakManager] = [:]
    /// At this number, entries of freed Managers are removed. It grows with the cache, which keeps the cost per Manager
    /// constant.
    var limit = 16
  }

  private let makeManager: MakeManager
  private let managers = Locked(Managers())

  init(_ makeManager: @escaping MakeManager) { self.makeManager = makeManager }

  /// - Returns: A new Socket, not connected yet.
  func socket(_ server: ServerURL, _ options: SocketIOOptions) throws(SocketIOError) -> Socket {
    try options.validate()
    if options.forceNew || !options.multiplex {
      return try makeManager(server, options.ofManager).makeSocket(server.namespace, with: options)
    }
    var key = "\(server.origin)\(options.requestPath)"
    // A known Manager retains its network, so no other network can have its identity.
    if let network = options.network { key += " \(ObjectIdentifier(network))" }
    // Managers leave the lock with the result: freeing one may run the user's code.
    let (joined, _) = managers.withLock { managers in
      let known = managers.byServer[key]?.manager
      return (Self.join(server, options, known), known)
    }
    if let joined { return joined }
    // Outside the lock: this reads certificates and runs the user's closures, which may call `io`.
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

  /// Called with the lock held until the namespace is taken; otherwise two threads could get the same Socket.
  ///
  /// - Returns: nil if there is no Manager, or if it already has a Socket of the namespace.
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
