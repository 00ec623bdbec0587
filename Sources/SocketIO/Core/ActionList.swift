/// What a state machine wants done, in order. Whoever performs the actions takes them out one by one.
///
/// Most events ask for one action at most. Such a list needs no memory of its own, which counts on the path of every message.
struct ActionList<Action> {
  private var first: Action?
  private var others: [Action] = []
  /// How many of the others were taken out.
  private var taken = 0

  init(_ actions: some Sequence<Action>) {
    for action in actions { append(action) }
  }

  /// A literal's array is not always optimised away: this is for actions that come with every message.
  static func just(_ action: consuming Action) -> Self {
    var list: Self = []
    list.first = action
    return list
  }

  mutating func append(_ action: consuming Action) {
    if first == nil, others.isEmpty { first = action } else { others.append(action) }
  }

  static func += (list: inout Self, more: Self) {
    for action in more { list.append(action) }
  }

  static func + (list: Self, more: Self) -> Self {
    var sum = list
    sum += more
    return sum
  }
}

extension ActionList: ExpressibleByArrayLiteral {
  @inline(__always)
  init(arrayLiteral actions: Action...) {
    if !actions.isEmpty { first = actions[0] }
    if actions.count > 1 { others = Array(actions.dropFirst()) }
  }
}

extension ActionList: Sequence, IteratorProtocol {
  @inline(__always)
  mutating func next() -> Action? {
    if let action = first.take() { return action }
    guard taken < others.count else { return nil }
    defer { taken += 1 }
    return others[taken]
  }
}
