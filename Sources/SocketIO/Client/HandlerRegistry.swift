/// A handler that was registered; ``cancel()`` takes it off.
///
/// Letting go of the token does not: a handler stays until it is taken off or its Socket or Manager is gone.
public struct Subscription: Sendable {
  let id: UInt64
  let registry: HandlerRegistry

  /// Takes the handler off. One that is running runs to its end.
  public func cancel() { registry.remove(id) }
}

/// The handlers of a Socket or Manager, by event name, in the order in which they were registered.
final class HandlerRegistry: Sendable {
  typealias Handler = @Sendable (any Sendable) -> Void

  private struct Entry {
    let id: UInt64
    let isOnce: Bool
    let handler: Handler
  }

  private struct State {
    var entries: [String: [Entry]] = [:]
    var nextID: UInt64 = 0
  }

  private let state = Locked(State())

  func add(_ name: String, once: Bool, _ handler: @escaping Handler) -> Subscription {
    let id = state.withLock { state in
      state.nextID += 1
      state.entries[name, default: []].append(Entry(id: state.nextID, isOnce: once, handler: handler))
      return state.nextID
    }
    return Subscription(id: id, registry: self)
  }

  func remove(_ id: UInt64) {
    state.withLock { state in
      for (name, entries) in state.entries {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { continue }
        state.entries[name]?.remove(at: index)
        return
      }
    }
  }

  func removeAll(_ name: String) { state.withLock { $0.entries[name] = nil } }

  func removeAll() { state.withLock { $0.entries = [:] } }

  /// Calls the handlers that are registered now; those for one call only are taken off before.
  func dispatch(_ name: String, _ payload: some Sendable) {
    let entries = state.withLock { state in
      guard let entries = state.entries[name] else { return [Entry]() }
      if entries.contains(where: \.isOnce) { state.entries[name] = entries.filter { !$0.isOnce } }
      return entries
    }
    for entry in entries { entry.handler(payload) }
  }
}
