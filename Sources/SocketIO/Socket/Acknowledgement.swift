import Synchronization

/// Answers one event, from any thread, now or later, at most once.
///
/// The answer is sent on the connection that brought the event. If that is gone, the answer is dropped, since the
/// server no longer waits for it.
public final class Acknowledgement: Sendable {
  private let dispatcher: EventDispatcher
  private let session: UInt32
  private let id: Int
  private let isUsed = Atomic(false)

  init(_ dispatcher: EventDispatcher, session: UInt32, id: Int) {
    self.dispatcher = dispatcher
    self.session = session
    self.id = id
  }

  /// Sends the answer: any mix of values, `Data` and `Encodable`.
  ///
  /// - Returns: Whether this was the first call; later ones do nothing.
  /// - Throws: ``SocketIOError`` with `.encoding` for an argument that cannot be encoded; the answer can then still be
  ///   sent.
  @discardableResult
  @_disfavoredOverload
  public func callAsFunction<each Argument: Encodable & Sendable>(
    _ arguments: repeat each Argument
  ) throws(SocketIOError) -> Bool {
    try answer(repeat each arguments, of: "an acknowledgement")
  }

  /// Sends an answer of literals, also of mixed types.
  ///
  /// - Returns: Whether this was the first call; later ones do nothing.
  /// - Throws: ``SocketIOError`` with `.encoding` for an argument that is nested too deep; the answer can then still be
  ///   sent.
  @discardableResult
  public func callAsFunction(_ arguments: SocketValue...) throws(SocketIOError) -> Bool {
    reply(try dispatcher.encoder.answer(id, arguments, of: "an acknowledgement"))
  }

  /// Sends the answer. If it cannot be encoded, because it is nested too deep, the handlers of
  /// ``LifecycleEvent/handlerError`` get the error.
  ///
  /// - Returns: Whether this was the first call; later ones do nothing.
  @discardableResult
  public func send(_ arguments: [SocketValue]) -> Bool {
    do {
      return reply(try dispatcher.encoder.answer(id, arguments, of: "an acknowledgement"))
    } catch {
      guard use() else { return false }
      let (key, id) = (dispatcher.key, id)
      dispatcher.mailbox.submit { $0.replyFailed(key, id: id, error) }
      return true
    }
  }

  /// - Parameter source: What error messages call the answer.
  @discardableResult
  func answer<each Argument: Encodable & Sendable>(
    _ arguments: repeat each Argument, of source: @autoclosure () -> String
  ) throws(SocketIOError) -> Bool {
    reply(try dispatcher.encoder.answer(id, encoding: repeat each arguments, of: source()))
  }

  private func reply(_ payload: consuming OutgoingPayload) -> Bool {
    guard use() else { return false }
    if let text = payload.shortText {
      let reply = OutgoingTextReply(session: session, idPosition: UInt32(text.idPosition), id: id)
      dispatcher.mailbox.reply(reply, text, from: dispatcher.key)
    } else {
      dispatcher.mailbox.reply(OutgoingReply(session: session, id: id, payload: payload), from: dispatcher.key)
    }
    return true
  }

  private func use() -> Bool { !isUsed.exchange(true, ordering: .relaxed) }
}

extension Acknowledgement: CustomReflectable {
  /// Shows nothing of what it needs.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
