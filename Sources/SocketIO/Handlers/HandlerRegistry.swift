/// What a handler is registered for.
enum HandlerKey: Hashable, Sendable {
  /// One event, from the server or of the Socket or Manager itself.
  case event(String)
  /// Every event from the server.
  case any
  /// Every event to the server.
  case anyOutgoing
  /// All of the Socket's or Manager's own events.
  case changes
  /// Errors of handlers.
  case failures
  /// A Manager has no connection, and does not reconnect by itself.
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

/// What handlers get. Events from the server are frequent and have a case of their own, since a cast takes longer than
/// the call of a handler.
enum HandlerPayload: Sendable {
  case event(SocketEvent)
  indirect case other(any Sendable)

  var value: any Sendable {
    switch self {
    case .event(let event): event
    case .other(let value): value
    }
  }
}

/// The handlers of a Socket or Manager, by key, in the order in which they are called.
///
/// Handlers are neither called nor freed under the lock, since they, or the `deinit` of what they captured, may call
/// back.
final class HandlerRegistry: Sendable {
  fileprivate struct Entry {
    let id: UInt64
    let isOnce: Bool
    let handler: RegisteredHandler<HandlerPayload>
    /// Whether it is for one call only, and an event for it is under way. Later events pass it by.
    var isTaken = false
  }

  /// Handlers of one event that have not run yet.
  struct Rest: Sendable {
    fileprivate let registry: HandlerRegistry
    fileprivate let entries: ArraySlice<Entry>
    fileprivate let payload: HandlerPayload
    fileprivate let key: HandlerKey
    fileprivate let condition: HandlerCondition
    /// The call to wait for before the others run; nil if it belongs to another event.
    let unfinished: UnfinishedCall?
  }

  private struct State {
    private var byKey = SmallDictionary<HandlerKey, [Entry]>()
    /// Those of every event, in each direction. They are asked for with each event, and most Sockets have none.
    private var ofAnyEvent: [Entry] = []
    private var ofAnyOutgoing: [Entry] = []
    var nextID: UInt64 = 0

    var isEmpty: Bool { byKey.isEmpty && ofAnyEvent.isEmpty && ofAnyOutgoing.isEmpty }

    /// The handlers of a key; nil if there are none.
    subscript(key: HandlerKey) -> [Entry]? {
      get {
        switch key {
        case .any: ofAnyEvent.isEmpty ? nil : ofAnyEvent
        case .anyOutgoing: ofAnyOutgoing.isEmpty ? nil : ofAnyOutgoing
        default: byKey[key]
        }
      }
      set {
        let entries = newValue ?? []
        switch key {
        case .any: ofAnyEvent = entries
        case .anyOutgoing: ofAnyOutgoing = entries
        default:
          byKey[key] = entries.isEmpty ? nil : entries
        }
      }
    }

    mutating func insert(_ entry: Entry, _ key: HandlerKey, first: Bool) {
      switch key {
      case .any: Self.insert(entry, first, into: &ofAnyEvent)
      case .anyOutgoing: Self.insert(entry, first, into: &ofAnyOutgoing)
      default: byKey.update(key, from: []) { Self.insert(entry, first, into: &$0) }
      }
    }

    private static func insert(_ entry: Entry, _ first: Bool, into entries: inout [Entry]) {
      if first { entries.insert(entry, at: 0) } else { entries.append(entry) }
    }

    /// - Returns: The removed handlers.
    mutating func removeAll(where isUnwanted: (HandlerKey) -> Bool) -> [[Entry]] {
      let keys = (byKey.keys + [.any, .anyOutgoing]).filter(isUnwanted)
      let removed = keys.compactMap { self[$0] }
      for key in keys { self[key] = nil }
      return removed
    }
  }

  private let state = Locked(State())

  /// - Parameter handler: Is not called with a payload of another type.
  func add<Payload: Sendable>(
    _ key: HandlerKey, once: Bool = false, first: Bool = false, _ handler: @escaping RegisteredHandler<Payload>
  ) -> SocketSubscription {
    add(
      key, once: once, first: first,
      untyped: { payload, condition in
        guard let payload = payload.value as? Payload else { return nil }
        return try handler(payload, condition)
      })
  }

  /// - Parameter handler: Is called with events only.
  func add(
    _ key: HandlerKey, first: Bool = false, ofEvents handler: @escaping RegisteredHandler<SocketEvent>
  ) -> SocketSubscription {
    add(
      key, first: first,
      untyped: { payload, condition in
        guard case .event(let event) = payload else { return nil }
        return try handler(event, condition)
      })
  }

  func add(
    _ key: HandlerKey, once: Bool = false, first: Bool = false,
    untyped handler: @escaping RegisteredHandler<HandlerPayload>
  ) -> SocketSubscription {
    let id = state.withLock { state in
      state.nextID += 1
      let entry = Entry(id: state.nextID, isOnce: once, handler: handler)
      state.insert(entry, key, first: first)
      return entry.id
    }
    return SocketSubscription(key: key, id: id, registry: self)
  }

  func remove(_ subscription: SocketSubscription) {
    let removed = state.withLock { state -> Entry? in
      guard var entries = state[subscription.key],
        let index = entries.firstIndex(where: { $0.id == subscription.id })
      else { return nil }
      let entry = entries.remove(at: index)
      state[subscription.key] = entries
      return entry
    }
    withExtendedLifetime(removed) {}
  }

  func removeAll(_ key: HandlerKey) {
    removeAll { $0 == key }
  }

  func removeAll(where isUnwanted: (HandlerKey) -> Bool = { _ in true }) {
    let removed = state.withLock { $0.removeAll(where: isUnwanted) }
    withExtendedLifetime(removed) {}
  }

  var isEmpty: Bool { state.withLock { $0.isEmpty } }

  func isEmpty(_ key: HandlerKey) -> Bool { state.withLock { $0[key] == nil } }

  /// Whether any handler gets the server's events of that name.
  func hears(_ event: String) -> Bool {
    state.withLock { $0[.any] != nil || $0[.event(event)] != nil }
  }

  /// The subscriptions, in the order in which the handlers are called.
  func subscriptions(_ key: HandlerKey) -> [SocketSubscription] {
    let ids = state.withLock { $0[key]?.map(\.id) ?? [] }
    return ids.map { SocketSubscription(key: key, id: $0, registry: self) }
  }

  /// Calls the handlers that are registered now, until one has to finish elsewhere. Those for one call only are removed
  /// right before it.
  ///
  /// - Parameter onError: Gets what a handler throws, before the next one is called. Returns whether that one has to
  ///   wait.
  /// - Returns: What is still to be called.
  func dispatch(
    _ key: HandlerKey, _ payload: @autoclosure () -> HandlerPayload, if condition: HandlerCondition = .always,
    onError: (any Error) -> Bool
  ) -> Rest? {
    let entries = state.withLock { state -> [Entry]? in
      guard let entries = state[key] else { return nil }
      guard entries.contains(where: \.isOnce) else { return entries }
      state[key] = entries.map { entry in
        var entry = entry
        entry.isTaken = entry.isOnce
        return entry
      }
      return entries.filter { !$0.isTaken }
    }
    guard let entries else { return nil }
    return call(entries[...], key, payload(), condition, onError)
  }

  /// Calls the rest of the handlers. Parameter and result are those of ``dispatch(_:_:if:onError:)``.
  func call(_ rest: Rest, onError: (any Error) -> Bool) -> Rest? {
    call(rest.entries, rest.key, rest.payload, rest.condition, onError)
  }

  @inline(__always)
  private func call(
    _ entries: ArraySlice<Entry>, _ key: HandlerKey, _ payload: HandlerPayload, _ condition: HandlerCondition,
    _ onError: (any Error) -> Bool
  ) -> Rest? {
    for index in entries.indices {
      let unfinished: UnfinishedCall?
      do {
        let entry = entries[index]
        unfinished = try entry.handler(payload, entry.isOnce ? settling(entry.id, key, condition) : condition)
        if unfinished == nil { continue }
      } catch {
        if entries[index].isOnce { settle(entries[index].id, key, isCalled: true) }
        guard onError(error) else { continue }
        unfinished = nil
      }
      return Rest(
        registry: self, entries: entries[(index + 1)...], payload: payload, key: key, condition: condition,
        unfinished: unfinished)
    }
    return nil
  }

  /// The condition for the call of a handler for one call only.
  private func settling(_ id: UInt64, _ key: HandlerKey, _ condition: HandlerCondition) -> HandlerCondition {
    condition.notifying { [self] in settle(id, key, isCalled: $0) }
  }

  /// Removes a handler for one call only that is called, and keeps one whose call was dropped for the next event.
  private func settle(_ id: UInt64, _ key: HandlerKey, isCalled: Bool) {
    let removed = state.withLock { state -> Entry? in
      guard var entries = state[key], let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
      entries[index].isTaken = false
      let removed = isCalled ? entries.remove(at: index) : nil
      state[key] = entries
      return removed
    }
    withExtendedLifetime(removed) {}
  }
}

extension HandlerQueue {
  /// Calls the rest of an event's handlers when the one that is running has finished.
  func wait(for rest: HandlerRegistry.Rest, onError: @escaping @Sendable (any Error) -> Bool) {
    let next: @Sendable () -> Void = {
      if let rest = rest.registry.call(rest, onError: onError) { self.wait(for: rest, onError: onError) }
    }
    guard let unfinished = rest.unfinished else { return afterPause(next) }
    pause(for: unfinished) { error in
      if let error, onError(error) { self.afterPause(next) } else { next() }
    }
  }
}
