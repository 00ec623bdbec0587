/// The members of a JSON object, in the order in which they were added.
///
/// Setting the value of an existing key keeps its position, as in JavaScript. Keys are equal if their scalars are, also
/// as in JavaScript: "é" as one scalar and as two are two keys.
///
/// Looking up a key takes constant time, and removing one takes time in proportion to the number of members.
///
/// Two objects are equal if they have the same members, in any order.
public struct SocketObject: Sendable {
  /// A key and its value.
  public typealias Element = (key: String, value: SocketValue)

  private var members: [Element] = []

  /// The index of each key in `members`, once there are too many for a linear search.
  private var positions: [KeyBytes: Int] = [:]

  /// Up to this many members, comparing keys one by one is faster than hashing.
  private static let linearLimit = 16

  /// Makes an empty object.
  public init() {}

  /// Makes an object from members in order. Of those with the same key, the first one's position and the last one's
  /// value are kept.
  public init(_ members: some Sequence<(String, SocketValue)>) {
    reserveCapacity(members.underestimatedCount)
    for (key, value) in members { set(value, forKey: key) }
  }

  /// Makes an object from a dictionary, with its keys in ascending order, since a dictionary has none.
  public init(_ dictionary: [String: SocketValue]) {
    self.init(dictionary.sorted { $0.key < $1.key }.lazy.map { ($0.key, $0.value) })
  }

  /// The value of a key, or nil if there is none. Setting nil removes the member (`.null` is an ordinary value).
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
      append(value, forKey: key)
    }
  }

  /// Adds a member whose key is new.
  mutating func append(_ value: consuming SocketValue, forKey key: consuming String) {
    if members.count > Self.linearLimit { positions[KeyBytes(text: copy key)] = members.count }
    members.append((key, value))
    if members.count == Self.linearLimit + 1 { indexMembers() }
  }

  private func position(of key: String) -> Int? {
    if members.count > Self.linearLimit { return positions[KeyBytes(text: key)] }
    // Through a pointer, since an element of the array would be copied with its value.
    return members.withUnsafeBufferPointer { members in
      guard let first = members.baseAddress else { return nil }
      return members.indices.first { KeyBytes.isSame(first[$0].key, key) }
    }
  }

  private mutating func indexMembers() {
    positions.reserveCapacity(members.count)
    for (position, member) in members.enumerated() { positions[KeyBytes(text: member.key)] = position }
  }
}

/// A key as its bytes. The time for comparing or hashing a string itself grows with the square of consecutive combining
/// characters, so a server could block a client with a short message.
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
    // A bridged string may be stored in another encoding than UTF-8.
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
  /// Whether both have the same members, in any order.
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
  /// The object in a JSON-like form, with binary data as `<N bytes>`.
  public var description: String { SocketValue.object(self).description }
}
