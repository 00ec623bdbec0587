import Logging
import Synchronization

/// One namespace of a server. `emit` sends events, and handlers registered with `on` receive them.
///
/// ``io(_:options:)`` and ``Manager/socket(_:auth:ackTimeout:retries:)`` make Sockets. While a Socket is active, from
/// ``connect()`` to ``disconnect()``, it keeps itself alive and follows its Manager through losses and reconnections;
/// you need not hold it. It can be used from any thread, and the calls of one thread take effect in order.
public final class Socket: Sendable {
  private static let nextKey = Atomic<Int>(0)

  /// The Manager that carries the connection.
  public let io: Manager

  /// The namespace, "/" for the main one.
  public var namespace: String { dispatcher.namespace }

  let dispatcher: EventDispatcher
  let budget: OfflineBudget
  let ackTimeout: Duration?
  let retries: Int
  private let credentials: Locked<SocketAuth?>
  /// Whether the Socket was made with `autoConnect` off, and neither connected nor disconnected since. If so,
  /// `Manager.open` connects it.
  private let isUntouched: Atomic<Bool>

  init(
    manager: Manager, namespace: String, auth: SocketAuth?, ackTimeout: Duration?, retries: Int,
    offlineBuffer: OfflineBuffer
  ) {
    io = manager
    dispatcher = EventDispatcher(
      manager, key: Self.nextKey.add(1, ordering: .relaxed).newValue,
      OutgoingEncoder(parser: manager.core.parser as? JSONParser, namespace: namespace))
    budget = OfflineBudget(offlineBuffer)
    credentials = Locked(auth)
    self.ackTimeout = ackTimeout
    self.retries = retries
    isUntouched = Atomic(!manager.autoConnect)
  }

  deinit {
    io.sockets.forget(namespace, key: key)
    io.mailbox.submit { [key] in $0.remove(key) }
    // Subscriptions hold the registry, and sequences wait for it.
    handlers.removeAll()
  }

  var key: Int { dispatcher.key }
  var handlers: HandlerRegistry { dispatcher.handlers }
  var encoder: OutgoingEncoder { dispatcher.encoder }
  var publishedState: PublishedSocketState { dispatcher.publishedState }

  // MARK: State

  /// Whether the namespace is joined.
  public var connected: Bool { id != nil }

  /// The opposite of ``connected``.
  public var disconnected: Bool { !connected }

  /// Whether the Socket is connected, connecting or reconnecting.
  public var active: Bool { publishedState.value.isActive }

  /// The id of the Socket on the server; nil while it is not connected. Each connection has a new one, unless it is
  /// recovered.
  public var id: String? { publishedState.value.id }

  /// Whether the last connection recovered the session before it.
  public var recovered: Bool { publishedState.value.isRecovered }

  /// The credentials to send when the namespace is joined the next time.
  public var auth: SocketAuth? {
    get { credentials.withLock { $0 } }
    set { credentials.withLock { $0 = newValue } }
  }

  // MARK: Connecting

  /// Joins the namespace, opening the connection if need be. Does nothing on an active Socket.
  @discardableResult
  public func connect() -> Socket {
    isUntouched.store(false, ordering: .relaxed)
    publishedState.willConnect()
    io.mailbox.submit { core in
      core.connect(self.key)
      self.publishedState.didCarryOut()
    }
    return self
  }

  /// Leaves the namespace, and closes the connection if no other Socket of the Manager is active. Events emitted before
  /// are sent first, and the server learns that the Socket leaves only when it has read them, so that its handlers run.
  /// A process must not exit before that: ``Manager/close(within:)`` waits for it.
  ///
  /// Once it returns, no handler begins for an earlier event from the server, `connect` or `connectError`: not one behind
  /// a handler that is running, nor one that waits for its actor or for its turn in a task. What still comes is
  /// `disconnect`, if the Socket was connected. Pending acknowledgements complete with `.disconnected`, or with the
  /// answer if that had already arrived, and handlers of ``onAnyOutgoing(_:)`` get the events that are still sent. A
  /// handler that is already running finishes.
  @discardableResult
  public func disconnect() -> Socket {
    isUntouched.store(false, ordering: .relaxed)
    let isLast = publishedState.willDisconnect() && io.willRelease()
    io.mailbox.submit { core in
      core.disconnect(self.key)
      self.publishedState.didCarryOut()
      if isLast { self.io.didRelease() }
    }
    return self
  }

  /// Connects, unless `autoConnect` is off.
  func connectAutomatically() {
    if io.autoConnect, !active { connect() }
  }

  /// Joins the namespace as part of `Manager.open`, whose callback reports the outcome.
  func connectWithOpen(_ core: isolated ManagerCore) {
    core.connect(key)
    publishedState.didCarryOut()
  }

  /// Whether `Manager.open` is to connect the Socket. It counts as connecting from now on.
  func claimForOpen() -> Bool {
    guard isUntouched.exchange(false, ordering: .relaxed) else { return false }
    publishedState.willConnect()
    return true
  }

  // MARK: From the core

  func dispatch(_ notification: SocketStateMachine.Notification, epoch: UInt32, transport: TransportName) {
    dispatcher.dispatch(notification, epoch: epoch, transport: transport)
    stayUntilHandlersRan()
  }

  /// An event was sent.
  func dispatchOutgoing(_ packet: SocketPacket?) {
    dispatcher.dispatchOutgoing(packet)
    stayUntilHandlersRan()
  }

  /// Keeps a Socket that nobody else holds, and with it its handlers, while a handler runs elsewhere and others wait
  /// for it.
  private func stayUntilHandlersRan() {
    if io.handlerQueue.isPaused { io.handlerQueue.afterPause { withExtendedLifetime(self) {} } }
  }
}
