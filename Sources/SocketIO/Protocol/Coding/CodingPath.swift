/// The path from the top of a value to one inside it, linked towards the top. Extending it is cheap, and few need it as
/// an array, apart from errors.
enum CodingPath {
  case top
  /// The path to a value in a JSON text.
  case tape(JSONTape, Int32)
  indirect case child(of: CodingPath, key: any CodingKey)

  func appending(_ key: any CodingKey) -> CodingPath { .child(of: self, key: key) }

  var keys: [any CodingKey] {
    var keys: [any CodingKey] = []
    var path = self
    while case .child(let parent, let key) = path {
      keys.append(key)
      path = parent
    }
    if case .tape(let tape, let step) = path { return tape.path.keys(to: step) + keys.reversed() }
    return keys.reversed()
  }
}

/// A coding key for any member of an object and any element of an array.
enum AnyCodingKey: CodingKey {
  case name(String)
  case index(Int)

  /// The member for what a superclass encodes.
  static let `super` = AnyCodingKey.name("super")

  init(stringValue: String) { self = .name(stringValue) }
  init(intValue: Int) { self = .index(intValue) }

  var stringValue: String {
    switch self {
    case .name(let name): name
    case .index(let index): "Index \(index)"
    }
  }

  var intValue: Int? {
    if case .index(let index) = self { index } else { nil }
  }
}
