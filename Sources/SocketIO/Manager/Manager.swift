/// The connection to one server: opens it, opens it again when it is lost, and carries any number of ``Socket``s, one for each
/// namespace.
///
/// Most programs get theirs through ``io(_:options:)``. A Manager lives as long as somebody holds it or one of its
/// Sockets is active. It can be used from any thread.
public final class Manager: Sendable {
  private static let processLocation = Locked<String?>(nil)

  /// What `io()` and `io("/namespace")` resolve against: it stands for the address of the page that a browser has. nil unless set.
  public static var location: String? {
    get { processLocation.withLock { $0 } }
    set { processLocation.withLock { $0 = newValue } }
  }

  private let connector: any Connector
  let mailbox: Mailbox
  let delivery: Delivery
  let logger: SafeLogger
  /// Scheme, host and port; nil without a server.
  let server: String?
  let core: ManagerCore
  let handlers = HandlerRegistry()
  private let shown = Locked(Shown())
  /// Whether a ping waits to be dispatched.
  let pingWaits = Locked(false)
  let sockets = SocketDirectory()

  private struct Shown {
    var isOpen = false
    var transport: TransportName?
    /// Calls of `disconnect()` that let the connection go and that the loop has not carried out yet.
    var pendingReleases = 0
  }

  /// Makes a Manager that ``io(_:options:)`` does not know of.
  ///
  /// Nothing is connected before a Socket is, or ``connect()`` or ``open()`` is called.
  ///
  /// - Throws: ``SocketIOError`` for a URL or an option that cannot be used, and `.system` where memory, threads or file descriptors ran out.
  public convenience init(_ url: String, options: SocketIOOptions = SocketIOOptions()) throws(SocketIOError) {
    try self.init(ServerURL(url, location: Manager.location), options)
  }

  /// - Parameter areValid: The options were checked before.
  convenience init(_ server: ServerURL, _ options: SocketIOOptions, areValid: Bool = false) throws(SocketIOError) {
    let loop = if let loop = options.eventLoop { loop } else { try EventLoop.sharedOrError() }
    let connector = try ServerConnector(loop: loop, server: server, options: options, areValid: areValid)
    self.init(loop: loop, connector: connector, options: options, name: server.origin)
  }

  /// - Parameter name: What log records call the server.
  init(loop: any Loop, connector: any Connector, options: SocketIOOptions, name: String? = nil) {
    server = name
    let logger = SafeLogger(options.logger, server: name)
    self.logger = logger
    self.connector = connector
    delivery = Delivery(options.delivery, loop: loop, inboundLimit: options.inboundBuffer)
    core = ManagerCore(
      loop: loop, connector: connector, options: options, delivery: delivery, logger: logger)
    mailbox = Mailbox(core)
    autoConnect = options.autoConnect
    mailbox.submit { [weak self] core in
      if let self { core.attach(self) }
    }
  }

  deinit {
    mailbox.submit { $0.shutDown() }
    // Subscriptions hold the registry, sequences wait for it.
    handlers.removeAll()
  }

  /// Whether Sockets connect when they are made.
  let autoConnect: Bool

  /// The options. A change takes effect as each option says, most with the next connection; a value that cannot be used is reported
  /// by `connect_error` then (``SocketIOOptions/validate()`` tells at once).
  public var opts: SocketIOOptions {
    get { connector.options }
    set {
      connector.options = newValue
      mailbox.submit { $0.settingsChanged() }
    }
  }

  // MARK: Sockets

  /// The Socket of a namespace: always the same one while it exists.
  ///
  /// Unless `autoConnect` is off, it connects if it is not active yet.
  ///
  /// - Parameters: All but the name count for a Socket that is made by this call. What is left out is taken from ``opts``; there,
  ///   ``io(_:options:)`` has left out what it was given for its own Socket.
  ///   - namespace: Its name; the slash at the beginning may be left out.
  ///   - auth: Credentials.
  ///   - ackTimeout: How long each emit waits for its acknowledgement, where it does not say itself.
  ///   - retries: How often an event is sent again until it is acknowledged; see ``SocketIOOptions/retries``.
  public func socket(
    _ namespace: String = "/", auth: Auth? = nil, ackTimeout: Duration? = nil, retries: Int? = nil
  ) -> Socket {
    let (socket, _) = makeSocket(namespace, auth: auth, ackTimeout: ackTimeout, retries: retries)
    socket.connectAutomatically()
    return socket
  }

  /// The Socket of a namespace, with handlers that are there before it connects, so that they miss nothing.
  ///
  /// - Parameters: All but the name count for a Socket that is made by this call, as without `handlers`.
  ///   - namespace: Its name; the slash at the beginning may be left out.
  ///   - auth: Credentials.
  ///   - ackTimeout: How long each emit waits for its acknowledgement, where it does not say itself.
  ///   - retries: How often an event is sent again until it is acknowledged; see ``SocketIOOptions/retries``.
  ///   - handlers: Gets the Socket before it connects, to register handlers with it. Runs inside the call.
  /// - Throws: What `handlers` throws; the Socket is not connected then.
  @discardableResult
  public func socket(
    _ namespace: String = "/", auth: Auth? = nil, ackTimeout: Duration? = nil, retries: Int? = nil,
    handlers: (Socket) throws -> Void
  ) rethrows -> Socket {
    let (socket, isNew) = makeSocket(namespace, auth: auth, ackTimeout: ackTimeout, retries: retries)
    if isNew { try handlers(socket) }
    socket.connectAutomatically()
    return socket
  }

  /// The Socket of a namespace, which is not connected by this call. What is nil is taken from ``opts``.
  func makeSocket(
    _ namespace: String, auth: Auth?, ackTimeout: Duration?, retries: Int?
  ) -> (socket: Socket, isNew: Bool) {
    let name = namespace.hasPrefix("/") ? namespace : "/" + namespace
    let defaults = connector.socketDefaults
    return sockets.socket(name) {
      let socket = Socket(
        manager: self, namespace: name, auth: auth ?? defaults.auth, ackTimeout: ackTimeout ?? defaults.ackTimeout,
        retries: retries ?? defaults.retries, offlineBuffer: defaults.offlineBuffer)
      mailbox.submit { $0.add(socket) }
      return socket
    }
  }

  // MARK: Connection

  /// Whether the connection to the server stands.
  public var isOpen: Bool { shown.withLock { $0.isOpen && $0.pendingReleases == 0 } }

  /// The transport in use; nil while there is no connection.
  public var transport: TransportName? { shown.withLock { $0.pendingReleases == 0 ? $0.transport : nil } }

  /// Opens the connection in the background, and connects the Sockets that were made with `autoConnect` off and have not been
  /// disconnected since. A failure is followed by reconnection, as that of a Socket's attempt is.
  public func connect() { begin(nil) }

  /// Opens the connection, and connects the Sockets that were made with `autoConnect` off and have not been disconnected since.
  ///
  /// - Parameter callback: Gets nil when the connection stands, or the error. The failure of an attempt that begins with this call is
  ///   the caller's to deal with: no reconnection follows it.
  public func open(_ callback: @escaping @Sendable (SocketIOError?) -> Void) { begin(callback) }

  /// Opens the connection, connects the Sockets that were made with `autoConnect` off and have not been disconnected since, and waits
  /// until the connection stands and these Sockets have joined their namespaces.
  ///
  /// - Throws: ``SocketIOError``: why the connection could not be opened, and no reconnection follows, unless the attempt was under way
  ///   already; why one of these Sockets could not join; or `.cancelled` where the task was, and the attempt goes on without it.
  public func open() async throws(SocketIOError) {
    guard !Task.isCancelled else { throw .cancelled }
    let (outcomes, feed) = AsyncStream.makeStream(of: SocketIOError?.self)
    var awaited = 1 + begin({ feed.yield($0) }, joined: { feed.yield($0) })
    for await failure in outcomes {
      if let failure { throw failure }
      awaited -= 1
      if awaited == 0 { return }
    }
    // The stream ends with the task only.
    throw .cancelled
  }

  /// - Parameters:
  ///   - opened: Gets the outcome of the opening.
  ///   - joined: Gets that of each Socket which the opening connects.
  /// - Returns: How many Sockets these are.
  @discardableResult
  private func begin(
    _ opened: (@Sendable (SocketIOError?) -> Void)?, joined: (@Sendable (SocketIOError?) -> Void)? = nil
  ) -> Int {
    let waiting = sockets.all.filter { $0.claimForOpen() }
    mailbox.submit { core in
      core.open(opened)
      for socket in waiting {
        if let joined { core.awaitJoining(socket.key, joined) }
        socket.connectWithOpen(core)
      }
    }
    return waiting.count
  }

  /// Ends the connection in good order: disconnects every Socket, and returns when the server has read what they had
  /// emitted, the connection is closed and the handlers were told. A program that is about to exit waits for it, or its
  /// last events may not leave.
  ///
  /// It takes one round trip for what was emitted and one to close; or as long as the server does to take what is left,
  /// at most 5 seconds, and as handlers take that run. Sockets can connect again afterwards; one that is told to by
  /// another thread in between stays.
  ///
  /// - Parameter limit: How long it takes at most. What is not done by then goes on by itself, as it does where the task is cancelled.
  public func close(within limit: Duration = .seconds(10)) async {
    for socket in sockets.all { socket.disconnect() }
    let (end, feed) = AsyncStream.makeStream(of: Void.self)
    mailbox.submit { core in core.close(within: limit.milliseconds) { feed.finish() } }
    for await _ in end {}
  }

  /// The connection itself.
  public var engine: EngineHandle { EngineHandle(mailbox: mailbox) }

  /// Shows the end of the connection ahead of the loop, if no Socket is active any more.
  ///
  /// - Returns: Whether ``didRelease()`` has to be called when the loop has caught up.
  func willRelease() -> Bool {
    guard sockets.active.isZero else { return false }
    shown.withLock { $0.pendingReleases += 1 }
    return true
  }

  func didRelease() { shown.withLock { $0.pendingReleases -= 1 } }

  // MARK: From the core

  func publish(isOpen: Bool) { shown.withLock { $0.isOpen = isOpen } }

  func publish(transport: TransportName?) { shown.withLock { $0.transport = transport } }
}

/// The connection that a Manager has at the moment.
public struct EngineHandle: Sendable {
  let mailbox: Mailbox

  /// Closes the connection as if it had been lost: what is queued is sent, then the Manager reconnects, unless that option is off.
  public func close() { mailbox.submit { $0.closeEngine() } }
}
