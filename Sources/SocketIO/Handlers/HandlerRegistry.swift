import Synchronization

/// The handlers of a Socket or Manager, by key, in the order in which they are called.
///
/// Handlers are neither called nor freed under the lock, since they, or the `deinit` of what they captured, may call
/// back.
final class HandlerRegistry: Sendable {
  /// What is still to be done for an event after the call of one of its handlers.
  struct Rest: Sendable {
    enum Outcome: Sendable {
      case failed(any Error)
      /// The handler finishes elsewhere.
      case unfinished(UnfinishedCall)
    }

    /// Of the handler that was called last.
    let outcome: Outcome
    fileprivate let entries: [HandlerEntry]
    fileprivate let start: Int
    fileprivate let payload: HandlerPayload
    fileprivate let key: HandlerKey
    fileprivate let condition: HandlerCondition
    fileprivate let registry: HandlerRegistry

    /// Calls the other handlers. The result is that of ``HandlerRegistry/dispatch(_:_:if:)``.
    func callOthers() -> Rest? { registry.call(entries, from: start, key, payload, condition) }
  }

  private struct State {
    private var byKey = SmallDictionary<HandlerKey, [HandlerEntry]>()
    /// Those of every event, in each direction. They are asked for with each event, and most Sockets have none.
    private(set) var ofAnyEvent: [HandlerEntry] = []
    private(set) var ofAnyOutgoing: [HandlerEntry] = []
    var nextID: UInt64 = 0

    var isEmpty: Bool { byKey.isEmpty && ofAnyEvent.isEmpty && ofAnyOutgoing.isEmpty }

    /// The handlers of a key; nil if there are none.
    subscript(key: HandlerKey) -> [HandlerEntry]? {
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

    mutating func insert(_ entry: HandlerEntry, _ key: HandlerKey, first: Bool) {
      switch key {
      case .any: Self.insert(entry, first, into: &ofAnyEvent)
      case .anyOutgoing: Self.insert(entry, first, into: &ofAnyOutgoing)
      default: byKey.update(key, from: []) { Self.insert(entry, first, into: &$0) }
      }
    }

    private static func insert(_ entry: HandlerEntry, _ first: Bool, into entries: inout [HandlerEntry]) {
      if first { entries.insert(entry, at: 0) } else { entries.append(entry) }
    }

    /// The handlers to call for an event; nil if there are none. Those for one call only are taken.
    func take(_ key: HandlerKey) -> [HandlerEntry]? {
      guard let entries = self[key] else { return nil }
      guard entries.contains(where: \.isOnce) else { return entries }
      return entries.filter { $0.take() }
    }

    /// - Returns: The removed handlers.
    mutating func removeAll(where isUnwanted: (HandlerKey) -> Bool) -> [[HandlerEntry]] {
      let keys = (byKey.keys + [.any, .anyOutgoing]).filter(isUnwanted)
      let removed = keys.compactMap { self[$0] }
      for key in keys { self[key] = nil }
      return removed
    }
  }

  private let state = Locked(State())
  private let isCatchingAll = Atomic(false)
  private let isWatchingOutgoing = Atomic(false)

  /// Whether there are handlers of every event from the server. Asked with each event.
  var hasCatchAll: Bool { isCatchingAll.load(ordering: .acquiring) }

  /// Whether there are handlers of every event to the server. Asked with each event.
  var hasOutgoing: Bool { isWatchingOutgoing.load(ordering: .acquiring) }

  private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
    state.withLock { state in
      defer {
        isCatchingAll.store(!state.ofAnyEvent.isEmpty, ordering: .releasing)
        isWatchingOutgoing.store(!state.ofAnyOutgoing.isEmpty, ordering: .releasing)
      }
      return body(&state)
    }
  }

  /// - Parameter handler: Is not called with a payload of another type.
  func add<Payload: Sendable>(
    _ key: HandlerKey, once: Bool = false, first: Bool = false, _ handler: @escaping RegisteredHandler<Payload>
  ) -> SocketSubscription {
    add(
      key, once: once, first: first,
      .ofOthers { payload, condition in
        guard let payload = payload as? Payload else { return nil }
        return try handler(payload, condition)
      })
  }

  func add(
    _ key: HandlerKey, once: Bool = false, first: Bool = false,
    ofEvents handler: @escaping RegisteredHandler<SocketEvent>
  ) -> SocketSubscription {
    add(key, once: once, first: first, .ofEvents(handler))
  }

  private func add(_ key: HandlerKey, once: Bool, first: Bool, _ function: HandlerEntry.Function) -> SocketSubscription
  {
    let id = change { state in
      state.nextID += 1
      let entry = HandlerEntry(id: state.nextID, isOnce: once, function: function)
      state.insert(entry, key, first: first)
      return entry.id
    }
    return SocketSubscription(key: key, id: id, registry: self)
  }

  func remove(_ subscription: SocketSubscription) {
    let removed = change { state -> HandlerEntry? in
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
    let removed = change { $0.removeAll(where: isUnwanted) }
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

  /// Calls the handlers that are registered now, until one throws or has to finish elsewhere. Those for one call only
  /// are removed right before it.
  ///
  /// - Returns: What is still to be done.
  func dispatch(_ key: HandlerKey, _ payload: HandlerPayload, if condition: HandlerCondition = .always) -> Rest? {
    guard let entries = state.withLock({ $0.take(key) }) else { return nil }
    return call(entries, from: 0, key, payload, condition)
  }

  private func call(
    _ entries: [HandlerEntry], from start: Int, _ key: HandlerKey, _ payload: HandlerPayload,
    _ condition: HandlerCondition
  ) -> Rest? {
    for index in start..<entries.count {
      let entry = entries[index]
      let outcome: Rest.Outcome
      do {
        let unfinished =
          entry.isOnce
          ? try entry.call(payload, key, if: settling(entry.id, key, condition))
          : try entry.call(payload, key, if: condition)
        guard let unfinished else { continue }
        outcome = .unfinished(unfinished)
      } catch {
        if entry.isOnce { settle(entry.id, key, isCalled: true) }
        outcome = .failed(error)
      }
      return Rest(
        outcome: outcome, entries: entries, start: index + 1, payload: payload, key: key, condition: condition,
        registry: self)
    }
    return nil
  }

  /// The condition for the call of a handler for one call only.
  private func settling(_ id: UInt64, _ key: HandlerKey, _ condition: HandlerCondition) -> HandlerCondition {
    condition.notifying { [self] in settle(id, key, isCalled: $0) }
  }

  /// Removes a handler for one call only that is called, and keeps one whose call was dropped for the next event.
  private func settle(_ id: UInt64, _ key: HandlerKey, isCalled: Bool) {
    let removed = change { state -> HandlerEntry? in
      guard var entries = state[key], let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
      guard isCalled else {
        entries[index].putBack()
        return nil
      }
      let removed = entries.remove(at: index)
      state[key] = entries
      return removed
    }
    withExtendedLifetime(removed) {}
  }
}

extension HandlerQueue {
  /// Calls the other handlers of an event, each when the one before it has finished.
  ///
  /// - Parameter onError: Gets what a handler throws, before the next one is called. Returns whether that one has to
  ///   wait.
  func finish(_ rest: HandlerRegistry.Rest, onError: @escaping @Sendable (any Error) -> Bool) {
    var rest = rest
    while true {
      let callOthers: @Sendable () -> Void = { [rest] in
        if let others = rest.callOthers() { self.finish(others, onError: onError) }
      }
      switch rest.outcome {
      case .unfinished(let call):
        return pause(for: call) { error in
          if let error, onError(error) { self.afterPause(callOthers) } else { callOthers() }
        }
      case .failed(let error):
        if onError(error) { return afterPause(callOthers) }
        guard let others = rest.callOthers() else { return }
        rest = others
      }
    }
  }
}
