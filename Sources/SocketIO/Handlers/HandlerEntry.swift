import Synchronization

/// What handlers get. Events from the server are frequent and have a case of their own, since a cast takes longer than
/// the call of a handler.
enum HandlerPayload: Sendable {
  case event(SocketEvent)
  indirect case other(any Sendable)

  func eventName(_ key: HandlerKey) -> String {
    if case .event(let event) = self { event.name } else { "\(key)" }
  }
}

/// A handler in a ``HandlerRegistry``.
final class HandlerEntry: Sendable {
  enum Function: Sendable {
    case ofEvents(RegisteredHandler<SocketEvent>)
    case ofOthers(RegisteredHandler<any Sendable>)
  }

  let id: UInt64
  let isOnce: Bool
  let function: Function
  private let isTaken = Atomic(false)

  init(id: UInt64, isOnce: Bool, function: Function) {
    self.id = id
    self.isOnce = isOnce
    self.function = function
  }

  /// If the handler is for one call only, marks it as taken, so that later events pass it by.
  ///
  /// - Returns: Whether it may be called: always, unless it is for one call only and was taken.
  func take() -> Bool { !isOnce || !isTaken.exchange(true, ordering: .relaxed) }

  /// Its call was dropped: the next event may take it.
  func putBack() { isTaken.store(false, ordering: .relaxed) }

  /// Ignores a payload of another kind. Handlers registered by name also get the Socket's own events, as a
  /// ``SocketEvent``.
  @inline(never)
  func call(
    _ payload: HandlerPayload, _ key: HandlerKey, if condition: HandlerCondition
  ) throws -> UnfinishedCall? {
    switch function {
    case .ofEvents(let function):
      switch payload {
      case .event(let event): return try function(event, condition)
      case .other(let value):
        guard let lifecycle = value as? any LifecyclePayload else { return nil }
        return try function(SocketEvent(name: "\(key)", args: lifecycle.eventArguments, ack: nil), condition)
      }
    case .ofOthers(let function):
      guard case .other(let value) = payload else { return nil }
      return try function(value, condition)
    }
  }
}
