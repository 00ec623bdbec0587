/// The connection to one server: opens it, reopens it when it is lost, and carries any number of ``Socket``s, one per
/// namespace.
///
/// Most programs get theirs through ``io(_:options:)``. A Manager lives as long as the program holds it or one of its
/// Sockets is active. It can be used from any thread.
public final class Manager: Sendable {
  private static let processLocation = Locked<String?>(nil)

  /// What `io()` and `io("/namespace")` resolve against, as a browser does with the address of its page. nil by
  /// default.
  public static var location: String? {
    get { processLocation.withLock { $0 } }
    set { processLocation.withLock { $0 = newValue } }
  }

  private let connector: any Connector
  let mailbox: Mailbox
  let handlerQueue: HandlerQueue
  let logger: SafeLogger
  /// Scheme, host and port; nil without a server.
  let server: String?
  let core: ManagerCore
  let handlers = HandlerRegistry()
  private let shown = Locked(Shown())
  /// Whether a ping waits to be reported.
  let pingWaits = Locked(false)
  let sockets = SocketDirectory()

  private struct Shown {
    var isOpen = false
    var transport: TransportName?
    /// Calls of `disconnect()` that end the connection and that the loop has not carried out yet.
    var pendingReleases = 0
  }

  /// Makes a Manager that ``io(_:options:)`` does not share.
  ///
  /// It connects when one of its Sockets does, or when ``connect()`` or ``open()`` is called.
  ///
  /// - Throws: ``SocketIOError`` for an unusable URL or option, and `.system` if memory, threads or file descriptors
  ///   ran out.
  public convenience init(_ url: String, options: SocketIOOptions = SocketIOOptions()) throws(SocketIOError) {
    try self.init(ServerURL(url, location: Manager.location), options)
  }

  /// - Parameter areValid: The options have been checked.
  convenience init(_ server: ServerURL, _ options: SocketIOOptions, areValid: Bool = false) throws(SocketIOError) {
    if let network = options.network {
      if !areValid { try options.validate() }
      self.init(
        loop: network.loop, connector: network.makeConnector(options), options: options, name: server.origin)
      return
    }
    let loop = if let loop = options.eventLoop { loop } else { try SocketEventLoop.sharedOrError() }
    let connector = try ServerConnector(loop: loop, server: server, options: options, areValid: areValid)
    self.init(loop: loop, connector: connector, options: options, name: server.origin)
  }

  /// - Parameter name: What log records call the server.
  init(loop: any Loop, connector: any Connector, options: SocketIOOptions, name: String? = nil) {
    server = name
    let logger = SafeLogger(options.logger, server: name)
    self.logger = logger
    self.connector = connector
    handlerQueue = HandlerQueue(options.delivery, loop: loop, inboundLimit: options.inboundBuffer)
    connector.attach(handlerQueue)
    core = ManagerCore(
      loop: loop, connector: connector, options: options, handlerQueue: handlerQueue, logger: logger)
    mailbox = Mailbox(core)
    autoConnect = options.autoConnect
    mailbox.submit { [weak self] core in
      if let self { core.attach(self) }
    }
  }

  deinit {
    mailbox.submit { $0.shutDown() }
    // Subscriptions hold the registry, and sequences wait for it.
    handlers.removeAll()
  }

  /// Whether Sockets connect when they are made.
  let autoConnect: Bool

  /// The options. Each option says when a change takes effect; most do with the next connection. An unusable value is
  /// reported as `connect_error` then; ``SocketIOOptions/validate()`` reports it at once.
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
  /// - Parameters: All but the name apply only to a Socket made by this call. They default to those of ``opts``; a
  ///   Manager made by ``io(_:options:)`` has none there, since they belong to the Socket of that call.
  ///   - namespace: Its name; the leading slash may be left out.
  ///   - auth: Credentials.
  ///   - ackTimeout: How long an emit waits for its acknowledgement unless it sets its own limit.
  ///   - retries: How often an event is resent until it is acknowledged; see ``SocketIOOptions/retries``.
  public func socket(
    _ namespace: String = "/", auth: SocketAuth? = nil, ackTimeout: Duration? = nil, retries: Int? = nil
  ) -> Socket {
    let (socket, _) = makeSocket(namespace, auth: auth, ackTimeout: ackTimeout, retries: retries)
    socket.connectAutomatically()
    return socket
  }

  /// The Socket of a namespace, with handlers registered before it connects, so that they miss nothing.
  ///
  /// - Parameters: All but the name apply only to a Socket made by this call, as without `handlers`.
  ///   - namespace: Its name; the leading slash may be left out.
  ///   - auth: Credentials.
  ///   - ackTimeout: How long an emit waits for its acknowledgement unless it sets its own limit.
  ///   - retries: How often an event is resent until it is acknowledged; see ``SocketIOOptions/retries``.
  ///   - handlers: Gets the Socket before it connects, to register handlers with it. Runs inside the call.
  /// - Throws: What `handlers` throws; the Socket is not connected then.
  @discardableResult
  public func socket<Failure>(
    _ namespace: String = "/", auth: SocketAuth? = nil, ackTimeout: Duration? = nil, retries: Int? = nil,
    handlers: (Socket) throws(Failure) -> Void
  ) throws(Failure) -> Socket {
    let (socket, isNew) = makeSocket(namespace, auth: auth, ackTimeout: ackTimeout, retries: retries)
    if isNew { try handlers(socket) }
    socket.connectAutomatically()
    return socket
  }

  /// The Socket of a namespace, without connecting it. Parameters that are nil are taken from ``opts``.
  func makeSocket(
    _ namespace: String, auth: SocketAuth?, ackTimeout: Duration?, retries: Int?
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

  /// Whether the connection to the server is open.
  public var isOpen: Bool { shown.withLock { $0.isOpen && $0.pendingReleases == 0 } }

  /// The transport in use; nil while there is no connection.
  public var transport: TransportName? { shown.withLock { $0.pendingReleases == 0 ? $0.transport : nil } }

  /// Opens the connection in the background, and connects the Sockets that were made with `autoConnect` off and have
  /// not been disconnected since. The Manager reconnects after a failure, as after a Socket's attempt.
  public func connect() { begin(nil) }

  /// Opens the connection, and connects the Sockets that were made with `autoConnect` off and have not been
  /// disconnected since.
  ///
  /// - Parameter callback: Gets nil when the connection is open, or the error. If this call began the attempt, the
  ///   caller handles the failure: no reconnection follows.
  public func open(_ callback: @escaping @Sendable (SocketIOError?) -> Void) { begin(callback) }

  /// Opens the connection, connects the Sockets that were made with `autoConnect` off and have not been disconnected
  /// since, and waits until the connection is open and these Sockets have joined their namespaces.
  ///
  /// - Throws: ``SocketIOError``: why the connection could not be opened (no reconnection follows, unless the attempt
  ///   was already under way); why one of these Sockets could not join; or `.cancelled` if the task was cancelled (the
  ///   attempt continues).
  public func open() async throws(SocketIOError) {
    guard !Task.isCancelled else { throw .cancelled }
    let (outcomes, feed) = AsyncStream.makeStream(of: SocketIOError?.self)
    var awaited = 1 + begin({ feed.yield($0) }, joined: { feed.yield($0) })
    for await failure in outcomes {
      if let failure { throw failure }
      awaited -= 1
      if awaited == 0 { return }
    }
    // The stream only ends when the task is cancelled.
    throw .cancelled
  }

  /// - Parameters:
  ///   - opened: Gets the outcome of opening the connection.
  ///   - joined: Gets the outcome of each Socket that this connects.
  /// - Returns: The number of these Sockets.
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

  /// Closes the connection gracefully: disconnects every Socket, and returns when the server has read what they had
  /// emitted, the connection is closed and the handlers have run. Call it before a program exits; otherwise its last
  /// events may be lost.
  ///
  /// It takes one round trip for what was emitted and one to close. It waits up to 5 seconds for unsent data, then for
  /// handlers. Sockets can connect again afterwards; one that another thread connects meanwhile stays connected.
  ///
  /// - Parameter limit: Caps the total time. Closing continues in the background after that, and also if the task is
  ///   cancelled.
  public func close(within limit: Duration = .seconds(10)) async {
    for socket in sockets.all { socket.disconnect() }
    let (end, feed) = AsyncStream.makeStream(of: Void.self)
    mailbox.submit { core in core.close(within: limit.milliseconds) { feed.finish() } }
    for await _ in end {}
  }

  /// The connection itself.
  public var engine: EngineHandle { EngineHandle(mailbox: mailbox) }

  /// Shows the connection as closed ahead of the loop, if no Socket is active any more.
  ///
  /// - Returns: Whether ``didRelease()`` must be called when the loop has caught up.
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

/// A Manager's current connection.
public struct EngineHandle: Sendable {
  let mailbox: Mailbox

  /// Closes the connection as if it had been lost: queued data is sent, then the Manager reconnects, unless that option
  /// is off.
  public func close() { mailbox.submit { $0.closeEngine() } }
}
