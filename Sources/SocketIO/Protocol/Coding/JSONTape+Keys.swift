/// What is known about an object's keys. It is kept in the token after the object's own.
private enum ObjectState {
  static let unknown: UInt32 = 0
  /// Few keys, none repeated.
  static let unique: UInt32 = 1
  /// Few keys, some repeated.
  static let repeated: UInt32 = 2
  /// Many keys, in a hash table.
  static let large: UInt32 = 3
}

/// Looking up members. Of those with the same key, the last one counts, in the place of the first.
extension JSONTape {
  /// Up to this many members, comparing keys one by one is faster than hashing.
  private static let linearLimit = 16

  /// The value of a key, or nil if the object has no such member.
  ///
  /// Types mostly ask in the text's order, so the search starts at the last one found, then the one after it.
  @inline(__always)
  subscript(key: String, in object: UInt32) -> UInt32? {
    key.withUTF8Bytes { key in
      let state = state(of: object)
      if state == ObjectState.unique || state == ObjectState.large {
        let end = tokens[Int(object)].info
        var member = tokens[Int(object) + 1].start
        if member < end {
          if isKey(member, key) { return value(ofMember: member, before: end) }
          member = next(after: member &+ 1)
          if member < end, isKey(member, key) {
            tokens[Int(object) + 1].start = member
            return value(ofMember: member, before: end)
          }
        }
      }
      return search(key, in: object, state)
    }
  }

  /// Calls the body with the token of each member's key, in order. The value's token follows it.
  @inline(__always)
  private func forEachMember(of object: UInt32, _ body: (UInt32) -> Void) {
    let end = tokens[Int(object)].info
    var member = object + 2
    while member &+ 1 < end {
      body(member)
      member = next(after: member &+ 1)
    }
  }

  /// The keys, in order.
  func keys(of object: UInt32) -> [String] {
    let state = state(of: object)
    let isRepeated = state == ObjectState.repeated || largeObjects[object]?.isRepeated == true
    var seen: Set<KeyBytes> = []
    var keys: [String] = []
    forEachMember(of: object) { member in
      let key = string(member)
      if !isRepeated || seen.insert(KeyBytes(text: key)).inserted { keys.append(key) }
    }
    return keys
  }

  @inline(__always)
  private func value(ofMember member: UInt32, before end: UInt32) -> UInt32? {
    member &+ 1 < end ? member &+ 1 : nil
  }

  @inline(never)
  private func search(_ key: UnsafeRawBufferPointer, in object: UInt32, _ state: UInt32) -> UInt32? {
    var found: UInt32?
    if state == ObjectState.large {
      found = largeObjects[object]?.member(key, in: self)
    } else {
      forEachMember(of: object) { if isKey($0, key) { found = $0 } }
    }
    guard let found else { return nil }
    if state != ObjectState.repeated, largeObjects[object]?.isRepeated != true { tokens[Int(object) + 1].start = found }
    return found + 1
  }

  /// Whether a member has this key.
  @inline(__always)
  func isKey(_ member: UInt32, _ key: UnsafeRawBufferPointer) -> Bool {
    let token = tokens[Int(member)]
    if token.info & Self.escaped != 0 { return string(member).withUTF8Bytes { $0.hasSameBytes(as: key) } }
    return content(of: token).hasSameBytes(as: key)
  }

  func withKey<Result>(_ member: UInt32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let token = tokens[Int(member)]
    if token.info & Self.escaped == 0 { return body(content(of: token)) }
    return string(member).withUTF8Bytes(body)
  }

  @inline(__always)
  private func state(of object: UInt32) -> UInt32 {
    let state = tokens[Int(object) + 1].info
    return state == ObjectState.unknown ? examine(object) : state
  }

  /// Finds out whether any key is repeated.
  @inline(never)
  private func examine(_ object: UInt32) -> UInt32 {
    let state = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.linearLimit) { members in
      var count = 0
      var state = ObjectState.unique
      forEachMember(of: object) { member in
        if count < members.count {
          for other in members[..<count] where withKey(other, { isKey(member, $0) }) { state = ObjectState.repeated }
          members[count] = member
        }
        count += 1
      }
      return count > members.count ? ObjectState.large : state
    }
    if state == ObjectState.large {
      var table = JSONKeyTable()
      forEachMember(of: object) { table.insert($0, in: self) }
      largeObjects[object] = table
      // A repeated key must not be found by its neighbour.
      tokens[Int(object) + 1].start = table.isRepeated ? .max : object + 2
    } else {
      tokens[Int(object) + 1].start = object + 2
    }
    tokens[Int(object) + 1].info = state
    return state
  }
}

/// An object's members by the hashes of their keys, which are seeded so that no sender can predict them.
struct JSONKeyTable {
  /// Tokens of keys, or 0, which is never one.
  private var places: [UInt32] = Array(repeating: 0, count: 64)
  private var count = 0
  private(set) var isRepeated = false

  mutating func insert(_ member: UInt32, in tape: JSONTape) {
    if 2 * count >= places.count { grow(in: tape) }
    let index = tape.withKey(member) { place(of: $0, in: tape) }
    if places[index] == 0 { count += 1 } else { isRepeated = true }
    places[index] = member
  }

  func member(_ key: UnsafeRawBufferPointer, in tape: JSONTape) -> UInt32? {
    let member = places[place(of: key, in: tape)]
    return member == 0 ? nil : member
  }

  /// The key's slot, or the free slot for it.
  private func place(of key: UnsafeRawBufferPointer, in tape: JSONTape) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: key)
    var place = hasher.finalize() & (places.count - 1)
    while places[place] != 0, !tape.isKey(places[place], key) { place = (place + 1) & (places.count - 1) }
    return place
  }

  private mutating func grow(in tape: JSONTape) {
    let members = places
    places = Array(repeating: 0, count: 2 * members.count)
    for member in members where member != 0 {
      let index = tape.withKey(member) { place(of: $0, in: tape) }
      places[index] = member
    }
  }
}

extension UnsafeRawBufferPointer {
  @inline(__always)
  fileprivate func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    if count < 8 {
      for index in indices where self[index] != other[index] { return false }
      return true
    }
    // The last eight bytes may overlap those already compared.
    var index = 0
    while index &+ 8 < count {
      if word(at: index) != other.word(at: index) { return false }
      index &+= 8
    }
    return word(at: count &- 8) == other.word(at: count &- 8)
  }

  @inline(__always)
  private func word(at index: Int) -> UInt64 { loadUnaligned(fromByteOffset: index, as: UInt64.self) }
}
