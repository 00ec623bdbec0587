/// A dictionary that allocates nothing until it has two entries: most Managers have one Socket.
struct SmallDictionary<Key: Hashable, Value> {
  fileprivate enum Entries {
    case none
    case one(Key, Value)
    case many([Key: Value])
  }

  private var entries = Entries.none

  var isEmpty: Bool { if case .none = entries { true } else { false } }

  var count: Int {
    switch entries {
    case .none: 0
    case .one: 1
    case .many(let all): all.count
    }
  }

  /// In no order.
  var keys: [Key] {
    switch entries {
    case .none: []
    case .one(let key, _): [key]
    case .many(let all): Array(all.keys)
    }
  }

  /// In no order.
  var values: [Value] {
    switch entries {
    case .none: []
    case .one(_, let value): [value]
    case .many(let all): Array(all.values)
    }
  }

  subscript(key: Key) -> Value? {
    get {
      switch entries {
      case .none: nil
      case .one(let only, let value): only == key ? value : nil
      case .many(let all): all[key]
      }
    }
    set {
      switch take() {
      case .many(var all):
        all[key] = newValue
        if !all.isEmpty { entries = .many(all) }
      case .one(let only, let value) where only != key:
        if let newValue {
          entries = .many([only: value, key: newValue])
        } else {
          entries = .one(only, value)
        }
      case .none, .one: entries = newValue.map { .one(key, $0) } ?? .none
      }
    }
  }

  /// Changes the value of a key in place.
  ///
  /// - Parameter initial: What there is to change if the key is new.
  mutating func update(_ key: Key, from initial: @autoclosure () -> Value, _ change: (inout Value) -> Void) {
    switch take() {
    case .many(var all):
      change(&all[key, default: initial()])
      entries = .many(all)
    case .one(let only, var value):
      if only == key {
        change(&value)
        entries = .one(only, value)
      } else {
        var added = initial()
        change(&added)
        entries = .many([only: value, key: added])
      }
    case .none:
      var value = initial()
      change(&value)
      entries = .one(key, value)
    }
  }

  /// Leaves `.none` behind, so that what is taken is uniquely referenced, and is changed without a copy.
  private mutating func take() -> Entries {
    defer { entries = .none }
    return entries
  }
}

extension SmallDictionary: Sendable where Key: Sendable, Value: Sendable {}
extension SmallDictionary.Entries: Sendable where Key: Sendable, Value: Sendable {}
