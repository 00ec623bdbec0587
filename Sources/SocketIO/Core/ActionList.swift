/// The actions that a state machine asks for, in order. The driver takes them out one by one.
///
/// Most events ask for at most one action. Such a list allocates nothing, which matters for every message.
struct ActionList<Action> {
  private var first: Action?
  private var others: [Action] = []
  /// How many of `others` have been taken out.
  private var taken = 0

  init(_ actions: some Sequence<Action>) {
    for action in actions { append(action) }
  }

  /// For the actions of every message: the compiler does not always optimise the array of a literal away.
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
