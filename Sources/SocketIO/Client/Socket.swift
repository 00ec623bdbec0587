import Synchronization

/// One namespace of a server: events go out with ``emit(_:_:ack:)-(_,EncodableSendable...,_)``, and come in to handlers registered with `on`.
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
  let mirror: SocketMirror
  let gauge: BufferGauge
  let handlers = HandlerRegistry()
  let ackTimeout: Duration?
  let retries: Int
  private let credentials: Locked<Auth?>
  /// Made with `autoConnect` off, and neither connected nor disconnected since: `Manager.open` connects it.
  private let isUntouched: Atomic<Bool>

  init(
    manager: Manager, namespace: String, auth: Auth?, ackTimeout: Duration?, retries: Int, offlineBuffer: OfflineBuffer
  ) {
    io = manager
    mirror = SocketMirror(manager.sockets.active)
    gauge = BufferGauge(offlineBuffer)
    self.namespace = namespace
    credentials = Locked(auth)
    self.ackTimeout = ackTimeout
    self.retries = retries
    isUntouched = Atomic(!manager.autoConnect)
    key = Self.nextKey.add(1, ordering: .relaxed).newValue
  }

  deinit {
    io.sockets.forget(namespace, key: key)
    io.mailbox.submit { [key] in $0.remove(key) }
    // Subscriptions hold the registry, sequences wait for it.
    handlers.removeAll()
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

  /// Leaves the namespace, and closes the connection if no other Socket of the Manager is active. What was emitted
  /// before is sent first, and the server hears of the leaving when it has read that, so that the handlers of those
  /// events run. A process must not exit before: ``Manager/close(within:)`` waits.
  ///
  /// Once it returns, no handler is told of an event from the server, of `connect` or of `connectError` any more, unless the Socket
  /// connects again. What still comes is the `disconnect` event, where the Socket was connected, and the ends of what was under way:
  /// acknowledgements that are still awaited get `.disconnected`, or the answer if that had arrived before, and
  /// ``onAnyOutgoing(_:)`` tells of the events that are sent on the way out. A handler that is running runs to its end.
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

  /// Connects, unless `autoConnect` is off.
  func connectAutomatically() {
    if io.autoConnect, !active { connect() }
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
      let connection = Connection(id: id, recovered: recovered, transport: transport)
      tell(.connect, connection, .connect(connection))
    case .connectError(let error):
      guard mirror.isCurrent(epoch) else { return }
      tell(.connectError, error, .connectError(error))
    case .disconnect(let reason, let error):
      guard mirror.shouldDeliverDisconnect() else { return }
      let disconnection = Disconnection(reason: reason, error: error)
      tell(.disconnect, disconnection, .disconnect(disconnection))
    case .event(let arguments, let session, let id):
      guard mirror.isCurrent(epoch) else { return }
      let ack = id.map { Acknowledgement(socket: self, session: session, id: $0) }
      let event = SocketEvent(arguments, ack: ack)
      call(.any, event.name, event)
      call(.event(event.name), event.name, event)
    case .emitFailed(let event, let error): tell(HandlerFailure(event: event, error: error))
    }
  }

  /// An event was sent.
  func dispatchOutgoing(_ arguments: [SocketValue]) {
    let event = SocketEvent(arguments, ack: nil)
    call(.anyOutgoing, event.name, event)
  }

  private func tell<Payload>(_ event: LifecycleEvent<Socket, Payload>, _ payload: Payload, _ change: SocketChange) {
    call(event.key, "\(event.key)", payload)
    call(.changes, "\(event.key)", change)
  }

  private func call(_ key: HandlerKey, _ name: @autoclosure () -> String, _ payload: @autoclosure () -> some Sendable) {
    handlers.dispatch(key, payload()) { report(HandlerFailure(event: name(), error: $0)) }
  }

  /// Tells of an error of a handler. Called where handlers run.
  func report(_ failure: HandlerFailure) {
    log(failure)
    tell(failure)
  }

  private func tell(_ failure: HandlerFailure) {
    handlers.dispatch(.failures, failure) {
      log(HandlerFailure(event: "\(HandlerKey.failures)", error: $0))
    }
  }

  private func log(_ failure: HandlerFailure) {
    io.logger.record(
      .error, "a handler of \"\(failure.event)\" threw: \(failure.error)",
      [.namespace(namespace), .event(failure.event)])
  }
}
