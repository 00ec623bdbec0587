/// A handler that was registered; ``cancel()`` takes it off.
///
/// Letting go of the token does not: a handler stays until it is taken off or its Socket or Manager is gone.
public struct Subscription: Sendable {
  let key: HandlerKey
  let id: UInt64
  let registry: HandlerRegistry

  /// Takes the handler off, from any thread. It gets no event that is told from now on; a call that is under way, or due for an event
  /// that is being told to the handlers before it, still runs. Does nothing when called again.
  public func cancel() { registry.remove(self) }
}

extension Subscription: Hashable {
  /// Whether both stand for the same registration.
  public static func == (lhs: Subscription, rhs: Subscription) -> Bool {
    lhs.id == rhs.id && lhs.registry === rhs.registry
  }

  /// Feeds the registration's identity to the hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(ObjectIdentifier(registry))
  }
}

/// What a handler is registered for.
enum HandlerKey: Hashable, Sendable {
  /// One event, of the server or of the Socket or Manager itself.
  case event(String)
  /// Every event of the server.
  case any
  /// Every event to the server.
  case anyOutgoing
  /// Everything that the Socket or Manager tells of itself.
  case changes
  /// Errors of handlers.
  case failures
  /// A Manager has no connection, and does nothing about it by itself.
  case gaveUp
}

extension HandlerKey: CustomStringConvertible {
  var description: String {
    switch self {
    case .event(let name): name
    case .any: "onAny"
    case .anyOutgoing: "onAnyOutgoing"
    case .changes: "changes"
    case .failures: "handlerError"
    case .gaveUp: "gaveUp"
    }
  }
}

/// The handlers of a Socket or Manager, by what they are for, in the order in which they are called.
///
/// What belongs to the user is neither called nor let go while the lock is held: a handler, or the end of what it captured, may come back
/// here.
final class HandlerRegistry: Sendable {
  private struct Entry {
    let id: UInt64
    let isOnce: Bool
    let handler: @Sendable (any Sendable) throws -> Void
  }

  private struct State {
    var entries: [HandlerKey: [Entry]] = [:]
    var nextID: UInt64 = 0

    /// Takes off a key that has no handlers any more. An empty dictionary keeps the memory that it had.
    mutating func replace(_ key: HandlerKey, _ rest: [Entry]) {
      entries[key] = rest.isEmpty ? nil : rest
      if entries.isEmpty { entries = [:] }
    }
  }

  private let state = Locked(State())

  /// - Parameter handler: Is not called with what is of another type.
  func add<Payload: Sendable>(
    _ key: HandlerKey, once: Bool = false, first: Bool = false, _ handler: @escaping @Sendable (Payload) throws -> Void
  ) -> Subscription {
    let id = state.withLock { state in
      state.nextID += 1
      let entry = Entry(id: state.nextID, isOnce: once) { payload in
        if let payload = payload as? Payload { try handler(payload) }
      }
      if first {
        state.entries[key, default: []].insert(entry, at: 0)
      } else {
        state.entries[key, default: []].append(entry)
      }
      return entry.id
    }
    return Subscription(key: key, id: id, registry: self)
  }

  func remove(_ subscription: Subscription) {
    let removed = state.withLock { state -> Entry? in
      guard var entries = state.entries[subscription.key],
        let index = entries.firstIndex(where: { $0.id == subscription.id })
      else { return nil }
      let entry = entries.remove(at: index)
      state.replace(subscription.key, entries)
      return entry
    }
    withExtendedLifetime(removed) {}
  }

  func removeAll(_ key: HandlerKey) {
    let removed = state.withLock { $0.entries.removeValue(forKey: key) }
    withExtendedLifetime(removed) {}
  }

  func removeAll(where isUnwanted: (HandlerKey) -> Bool = { _ in true }) {
    let removed = state.withLock { state in
      defer { state.entries = state.entries.filter { !isUnwanted($0.key) } }
      return state.entries
    }
    withExtendedLifetime(removed) {}
  }

  var isEmpty: Bool { state.withLock { $0.entries.isEmpty } }

  func isEmpty(_ key: HandlerKey) -> Bool { state.withLock { $0.entries[key] == nil } }

  /// Whether anybody gets the server's events of that name.
  func hears(_ event: String) -> Bool {
    state.withLock { $0.entries[.event(event)] != nil || $0.entries[.any] != nil }
  }

  /// In the order in which they are called.
  func subscriptions(_ key: HandlerKey) -> [Subscription] {
    let ids = state.withLock { $0.entries[key, default: []].map(\.id) }
    return ids.map { Subscription(key: key, id: $0, registry: self) }
  }

  /// Calls the handlers that are registered now; those for one call only are taken off before.
  ///
  /// - Parameter onError: Gets what a handler throws, before the next one is called.
  func dispatch(_ key: HandlerKey, _ payload: @autoclosure () -> any Sendable, onError: (any Error) -> Void) {
    let entries = state.withLock { state -> [Entry]? in
      guard let entries = state.entries[key] else { return nil }
      if entries.contains(where: \.isOnce) {
        state.replace(key, entries.filter { !$0.isOnce })
      }
      return entries
    }
    guard let entries else { return }
    let payload = payload()
    for entry in entries {
      do {
        try entry.handler(payload)
      } catch {
        onError(error)
      }
    }
  }
}
