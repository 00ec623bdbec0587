import Synchronization

/// One namespace of a server: events go out with ``emit(_:_:ack:)-(_,EncodableSendable...,_)``, and come in to handlers registered with ``on(_:_:)-(String,_)``.
///
/// A Socket is made by ``io(_:options:)`` or ``Manager/socket(_:auth:ackTimeout:retries:)``. While it is active, that is from ``connect()`` to ``disconnect()``, it keeps
/// itself alive and follows its Manager through losses and reconnections; it need not be held. It can be used from any thread, and
/// calls made in order by one thread take effect in that order.
public final class Socket: Sendable {
  private static let nextKey = Atomic<Int>(0)

  /// The Manager that carries the connection.
  public let io: Manager

  /// The namespace, "/" for the main one.
  public let namespace: String

  let key: Int
  let mirror = SocketMirror()
  let gauge: BufferGauge
  let handlers = HandlerRegistry()
  let anyHandlers = HandlerRegistry()
  let ackTimeout: Duration?
  let retries: Int
  private let credentials: Locked<Auth?>
  /// Made with `autoConnect` off, and neither connected nor disconnected since: `Manager.open` connects it.
  private let isUntouched: Atomic<Bool>

  init(
    manager: Manager, namespace: String, auth: Auth?, ackTimeout: Duration?, retries: Int, offlineBuffer: OfflineBuffer
  ) {
    io = manager
    gauge = BufferGauge(offlineBuffer)
    self.namespace = namespace
    credentials = Locked(auth)
    self.ackTimeout = ackTimeout
    self.retries = retries
    isUntouched = Atomic(!manager.autoConnect)
    key = Self.nextKey.add(1, ordering: .relaxed).newValue
  }

  deinit {
    let key = key
    io.mailbox.submit { $0.remove(key) }
  }

  // MARK: State

  /// Whether the namespace is joined.
  public var connected: Bool { id != nil }

  /// The opposite of ``connected``.
  public var disconnected: Bool { !connected }

  /// Whether the Socket connects, reconnects or is connected: it follows its Manager.
  public var active: Bool { mirror.state.isActive }

  /// The id of the Socket on the server; nil while it is not connected. Every connection has another, unless it is recovered.
  public var id: String? { mirror.state.id }

  /// Whether the last connection recovered the session before it.
  public var recovered: Bool { mirror.state.isRecovered }

  /// The credentials that are sent when the namespace is joined the next time.
  public var auth: Auth? {
    get { credentials.withLock { $0 } }
    set { credentials.withLock { $0 = newValue } }
  }

  // MARK: Connecting

  /// Joins the namespace, opening the connection if need be. Does nothing on an active Socket.
  @discardableResult
  public func connect() -> Socket {
    isUntouched.store(false, ordering: .relaxed)
    mirror.willConnect()
    io.mailbox.submit { core in
      core.connect(self.key)
      self.mirror.didCarryOut()
    }
    return self
  }

  /// Leaves the namespace, and closes the connection if no other Socket of the Manager is active. What was emitted before is sent
  /// first. Once it returns, nothing is delivered any more but the `disconnect` event, unless the Socket connects again.
  @discardableResult
  public func disconnect() -> Socket {
    isUntouched.store(false, ordering: .relaxed)
    let isLast = mirror.willDisconnect() && io.willRelease()
    io.mailbox.submit { core in
      core.disconnect(self.key)
      self.mirror.didCarryOut()
      if isLast { self.io.didRelease() }
    }
    return self
  }

  /// Joins the namespace along with `Manager.open`, whose callback already stands for the outcome.
  func connectWithOpen(_ core: isolated ManagerCore) {
    core.connect(key)
    mirror.didCarryOut()
  }

  /// Whether `Manager.open` is to connect the Socket; from now on it counts as connecting.
  func claimForOpen() -> Bool {
    guard isUntouched.exchange(false, ordering: .relaxed) else { return false }
    mirror.willConnect()
    return true
  }

  // MARK: From the core

  func dispatch(_ delivered: SocketStateMachine.Delivered, epoch: Int, transport: TransportName?) {
    switch delivered {
    case .connect(let id, let recovered):
      guard mirror.shouldDeliverConnect(epoch) else { return }
      handlers.dispatch(
        LifecycleEvent<Socket, Connection>.connect.name, Connection(id: id, recovered: recovered, transport: transport))
    case .connectError(let error):
      guard mirror.isCurrent(epoch) else { return }
      handlers.dispatch(LifecycleEvent<Socket, SocketIOError>.connectError.name, error)
    case .disconnect(let reason, let error):
      guard mirror.shouldDeliverDisconnect() else { return }
      handlers.dispatch(
        LifecycleEvent<Socket, Disconnection>.disconnect.name, Disconnection(reason: reason, error: error))
    case .event(let arguments, let session, let id):
      guard mirror.isCurrent(epoch) else { return }
      let ack = id.map { Acknowledgement(socket: self, session: session, id: $0) }
      let event = SocketEvent(arguments, ack: ack)
      anyHandlers.dispatch("", event)
      handlers.dispatch(event.name, event)
    }
  }
}
