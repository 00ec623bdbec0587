/// The paths to the values that are being decoded, each one step from another. Hardly anything but errors needs them.
///
/// A step is dropped when its value is complete. A decoder that is kept longer gets another path, or none.
struct JSONTapePath {
  enum Key {
    case name(any CodingKey)
    case index(Int)

    var codingKey: any CodingKey {
      switch self {
      case .name(let key): key
      case .index(let index): AnyCodingKey.index(index)
      }
    }
  }

  /// The path to the value at the top.
  static let top: Int32 = -1

  private var steps: [(parent: Int32, key: Key)] = []

  var count: Int { steps.count }

  @inline(__always)
  mutating func append(_ key: Key, to parent: Int32) -> Int32 {
    steps.append((parent, key))
    return Int32(truncatingIfNeeded: steps.count - 1)
  }

  @inline(__always)
  mutating func removeLast(downTo count: Int) {
    if steps.count > count { steps.removeLast(steps.count - count) }
  }

  func keys(to step: Int32) -> [any CodingKey] {
    var keys: [any CodingKey] = []
    var step = Int(step)
    while steps.indices ~= step {
      keys.append(steps[step].key.codingKey)
      step = min(Int(steps[step].parent), step - 1)
    }
    return keys.reversed()
  }
}
