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
  public let namespace: String

  let key: Int
  let publishedState: PublishedSocketState
  let budget: OfflineBudget
  let encoder: OutgoingEncoder
  let handlers = HandlerRegistry()
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
    publishedState = PublishedSocketState(manager.sockets.active)
    budget = OfflineBudget(offlineBuffer)
    encoder = OutgoingEncoder(parser: manager.core.parser as? JSONParser, namespace: namespace)
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
    // Subscriptions hold the registry, and sequences wait for it.
    handlers.removeAll()
  }

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
    switch notification {
    case .connect(let id, let recovered):
      guard publishedState.shouldDeliverConnect(epoch) else { return }
      let connection = SocketConnection(id: id, recovered: recovered, transport: transport)
      tell(.connect, connection, .connect(connection), if: HandlerCondition(publishedState, epoch: epoch))
    case .connectError(let error):
      guard publishedState.isCurrent(epoch) else { return }
      tell(.connectError, error, .connectError(error), if: HandlerCondition(publishedState, epoch: epoch))
    case .disconnect(let reason, let error):
      guard publishedState.shouldDeliverDisconnect() else { return }
      let disconnection = Disconnection(reason: reason, error: error)
      tell(.disconnect, disconnection, .disconnect(disconnection), if: .always)
    case .emitFailed(let event, let error): tell(HandlerFailure(event: event, error: error))
    }
  }

  func dispatch(_ received: ReceivedEvent, session: UInt32, epoch: UInt32) {
    let ack = received.ack.map { Acknowledgement(socket: self, session: session, id: $0) }
    let event = SocketEvent(received, ack: ack)
    let condition = HandlerCondition(publishedState, epoch: epoch)
    call(.any, event.name, .event(event), if: condition)
    call(.event(event.name), event.name, .event(event), if: condition)
  }

  /// An event was sent.
  func dispatchOutgoing(_ packet: SocketPacket?) {
    guard case .event(let name, let arguments)? = packet?.content else { return }
    let event = SocketEvent(name: name, args: arguments, ack: nil)
    call(.anyOutgoing, event.name, .event(event), if: .always)
  }

  private func tell<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ payload: Payload, _ change: SocketChange,
    if condition: HandlerCondition
  ) {
    call(event.key, "\(event.key)", .other(payload), if: condition)
    // Sequences get every change that handlers have begun to get, so that each `disconnect` has its `connect`.
    call(.changes, "\(event.key)", .other(change), if: .always)
  }

  private func call(
    _ key: HandlerKey, _ name: @autoclosure () -> String, _ payload: HandlerPayload, if condition: HandlerCondition
  ) {
    if io.handlerQueue.isPaused {
      let name = name()
      return io.handlerQueue.afterPause { self.call(key, name, payload, if: condition) }
    }
    let rest = handlers.dispatch(key, payload, if: condition) { report($0, of: name()) }
    if let rest { wait(for: rest, of: name()) }
  }

  /// Calls the rest of an event's handlers when the one that is running has finished.
  private func wait(for rest: HandlerRegistry.Rest, of name: String) {
    io.handlerQueue.wait(for: rest) { self.report($0, of: name) }
  }

  /// - Returns: Whether handlers have to wait for one that gets the error.
  private func report(_ error: any Error, of name: String) -> Bool {
    report(HandlerFailure(event: name, error: error))
    return io.handlerQueue.isPaused
  }

  /// Reports an error of a handler. Called where handlers run.
  func report(_ failure: HandlerFailure) {
    log(failure)
    tell(failure)
  }

  private func tell(_ failure: HandlerFailure) {
    if io.handlerQueue.isPaused { return io.handlerQueue.afterPause { self.tell(failure) } }
    let logFailure: @Sendable (any Error) -> Bool = {
      self.log(HandlerFailure(event: "\(HandlerKey.failures)", error: $0))
      return false
    }
    let rest = handlers.dispatch(.failures, .other(failure), onError: logFailure)
    if let rest { io.handlerQueue.wait(for: rest, onError: logFailure) }
  }

  func log(_ failure: HandlerFailure) {
    io.logger.record(
      .error, "a handler of \"\(failure.event)\" threw: \(failure.error)",
      [.namespace(namespace), .event(failure.event)])
  }
}
