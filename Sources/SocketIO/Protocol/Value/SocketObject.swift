/// The members of a JSON object, in the order in which they were added.
///
/// Setting the value of a key that is there already keeps its position, as in JavaScript. As there, keys are the same when their
/// scalars are: two spellings of the same characters, such as "é" in one scalar and in two, are two keys.
///
/// Looking a key up takes constant time, removing one takes time in proportion to the number of members.
///
/// Two objects are equal when they have the same members, in whichever order.
public struct SocketObject: Sendable {
  /// A key and its value.
  public typealias Element = (key: String, value: SocketValue)

  private var members: [Element] = []

  /// Where each key is in `members`, once there are more of them than a linear search is good for.
  private var positions: [KeyBytes: Int] = [:]

  /// Up to this many members comparing keys one by one is faster than hashing.
  private static let linearLimit = 16

  /// Makes an empty object.
  public init() {}

  /// Makes an object from members in their order. Of those with the same key, the first one's position and the last
  /// one's value stay.
  public init(_ members: some Sequence<(String, SocketValue)>) {
    reserveCapacity(members.underestimatedCount)
    for (key, value) in members { set(value, forKey: key) }
  }

  /// Makes an object from a dictionary, with its keys in ascending order, since a dictionary has none.
  public init(_ dictionary: [String: SocketValue]) {
    self.init(dictionary.sorted { $0.key < $1.key }.lazy.map { ($0.key, $0.value) })
  }

  /// The value of a key, or nil if there is none. Setting nil removes the member (`.null` is a value like others).
  public subscript(key: String) -> SocketValue? {
    get { position(of: key).map { members[$0].value } }
    set {
      if let newValue {
        set(newValue, forKey: key)
      } else {
        removeValue(forKey: key)
      }
    }
  }

  /// The keys, in order.
  public var keys: [String] { members.map(\.key) }

  /// The values, in order.
  public var values: [SocketValue] { members.map(\.value) }

  /// Removes the member of that key and returns its value, or nil if there was none.
  @discardableResult
  public mutating func removeValue(forKey key: String) -> SocketValue? {
    guard let position = position(of: key) else { return nil }
    let value = members.remove(at: position).value
    positions = [:]
    if members.count > Self.linearLimit { indexMembers() }
    return value
  }

  /// Makes room for a number of members.
  public mutating func reserveCapacity(_ count: Int) {
    members.reserveCapacity(count)
  }

  mutating func set(_ value: consuming SocketValue, forKey key: consuming String) {
    if let position = position(of: key) {
      members[position].value = value
    } else {
      members.append((key, value))
      if members.count > Self.linearLimit + 1 {
        positions[KeyBytes(text: key)] = members.count - 1
      } else if members.count > Self.linearLimit {
        indexMembers()
      }
    }
  }

  private func position(of key: String) -> Int? {
    if members.count > Self.linearLimit { return positions[KeyBytes(text: key)] }
    for position in members.indices where KeyBytes.isSame(members[position].key, key) { return position }
    return nil
  }

  private mutating func indexMembers() {
    positions.reserveCapacity(members.count)
    for (position, member) in members.enumerated() { positions[KeyBytes(text: member.key)] = position }
  }
}

/// A key as its bytes. Comparing or hashing a string itself takes time that grows with the square of the combining characters in a
/// row, so that a server could hold a client up with a short message.
struct KeyBytes: Hashable {
  let text: String

  static func == (lhs: KeyBytes, rhs: KeyBytes) -> Bool { isSame(lhs.text, rhs.text) }

  @inline(__always)
  static func isSame(_ lhs: String, _ rhs: String) -> Bool {
    let count = lhs.utf8.count
    guard count == rhs.utf8.count else { return false }
    let result = lhs.utf8.withContiguousStorageIfAvailable { lhs in
      rhs.utf8.withContiguousStorageIfAvailable { rhs in lhs.indices.allSatisfy { lhs[$0] == rhs[$0] } }
    }
    // A string that is bridged from elsewhere may store something else than UTF-8.
    return (result ?? nil) ?? lhs.utf8.elementsEqual(rhs.utf8)
  }

  func hash(into hasher: inout Hasher) {
    text.withUTF8Bytes { hasher.combine(bytes: $0) }
  }
}

extension SocketObject: RandomAccessCollection {
  /// The position of the first member.
  public var startIndex: Int { 0 }

  /// The position after the last member.
  public var endIndex: Int { members.count }

  /// The member at a position, which must be within bounds.
  public subscript(position: Int) -> Element { members[position] }
}

extension SocketObject: Hashable {
  /// Whether both have the same members, in whichever order.
  public static func == (lhs: SocketObject, rhs: SocketObject) -> Bool {
    lhs.count == rhs.count && lhs.allSatisfy { rhs[$0.key] == $0.value }
  }

  /// Feeds the members to the hasher, regardless of their order.
  public func hash(into hasher: inout Hasher) {
    var combined = 0
    for (key, value) in self {
      var member = Hasher()
      member.combine(KeyBytes(text: key))
      member.combine(value)
      combined ^= member.finalize()
    }
    hasher.combine(combined)
  }
}

extension SocketObject: ExpressibleByDictionaryLiteral {
  /// Makes an object from members in the order of the literal.
  public init(dictionaryLiteral members: (String, SocketValue)...) {
    self.init(members)
  }
}

extension SocketObject: CustomStringConvertible {
  /// The object in the manner of JSON, with binary data as `<N bytes>`.
  public var description: String { SocketValue.object(self).description }
}
