/// The way from the top of a value to one inside it, linked towards the top: extending it is cheap, and few besides
/// errors need it as an array.
indirect enum CodingPath {
  case top
  case child(of: CodingPath, key: any CodingKey)

  func appending(_ key: any CodingKey) -> CodingPath { .child(of: self, key: key) }

  var keys: [any CodingKey] {
    var keys: [any CodingKey] = []
    var path = self
    while case .child(let parent, let key) = path {
      keys.append(key)
      path = parent
    }
    return keys.reversed()
  }
}

/// A coding key for any member of an object and any element of an array.
enum AnyCodingKey: CodingKey {
  case name(String)
  case index(Int)

  /// The member in which a class keeps what its superclass encodes.
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
