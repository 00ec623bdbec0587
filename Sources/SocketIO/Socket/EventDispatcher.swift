import Logging

/// Calls the handlers of one Socket, and has what their answers need.
///
/// It is apart from the Socket, since there are weak references to that: counting references to such an object takes
/// several times as long, and what waits for handlers holds one for each event.
final class EventDispatcher: Sendable {
  let key: Int
  let handlers = HandlerRegistry()
  let publishedState: PublishedSocketState
  let encoder: OutgoingEncoder
  let mailbox: Mailbox
  private let handlerQueue: HandlerQueue
  private let logger: SafeLogger

  init(_ manager: Manager, key: Int, _ encoder: OutgoingEncoder) {
    self.key = key
    self.encoder = encoder
    publishedState = PublishedSocketState(manager.sockets.active)
    mailbox = manager.mailbox
    handlerQueue = manager.handlerQueue
    logger = manager.logger
  }

  var namespace: String { encoder.namespace }

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
    let ack = received.ack.map { Acknowledgement(self, session: session, id: $0) }
    let payload = HandlerPayload.event(SocketEvent(received, ack: ack))
    let condition = HandlerCondition(publishedState, epoch: epoch)
    if handlers.hasCatchAll { call(.any, payload, if: condition) }
    call(.event(received.name), payload, if: condition)
  }

  /// An event was sent.
  func dispatchOutgoing(_ packet: SocketPacket?) {
    guard case .event(let name, let arguments)? = packet?.content else { return }
    call(.anyOutgoing, .event(SocketEvent(name: name, args: arguments, ack: nil)), if: .always)
  }

  private func tell<Payload>(
    _ event: LifecycleEvent<Socket, Payload>, _ payload: Payload, _ change: SocketChange,
    if condition: HandlerCondition
  ) {
    call(event.key, .other(payload), if: condition)
    // Sequences get every change that handlers have begun to get, so that each `disconnect` has its `connect`.
    call(.changes, .other(change), of: "\(event.key)", if: .always)
  }

  /// Inlined, it would retain all its arguments for each event, even if nothing has to wait.
  ///
  /// - Parameter name: The name of the event, if it is neither the key nor in the payload.
  @inline(never)
  private func call(
    _ key: HandlerKey, _ payload: HandlerPayload, of name: String? = nil, if condition: HandlerCondition
  ) {
    if handlerQueue.isPaused {
      return handlerQueue.afterPause { self.call(key, payload, of: name, if: condition) }
    }
    guard let rest = handlers.dispatch(key, payload, if: condition) else { return }
    finish(rest, of: name ?? payload.eventName(key))
  }

  private func finish(_ rest: HandlerRegistry.Rest, of name: String) {
    handlerQueue.finish(rest) { error in
      self.report(HandlerFailure(event: name, error: error))
      return self.handlerQueue.isPaused
    }
  }

  /// Reports an error of a handler. Called where handlers run.
  func report(_ failure: HandlerFailure) {
    log(failure)
    tell(failure)
  }

  private func tell(_ failure: HandlerFailure) {
    if handlerQueue.isPaused { return handlerQueue.afterPause { self.tell(failure) } }
    guard let rest = handlers.dispatch(.failures, .other(failure)) else { return }
    handlerQueue.finish(rest) { error in
      self.log(HandlerFailure(event: "\(HandlerKey.failures)", error: error))
      return false
    }
  }

  func log(_ failure: HandlerFailure) {
    logger.record(
      .error, "a handler of \"\(failure.event)\" threw: \(failure.error)",
      [.namespace(namespace), .event(failure.event)])
  }
}
