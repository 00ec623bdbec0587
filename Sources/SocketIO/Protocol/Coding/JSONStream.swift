/// The state of a value that writes itself as text, which a ``JSONStreamEncoder`` shares with its containers.
///
/// Values are written in the order in which they are encoded, so the open ones form a stack. An encoder or container is
/// identified by its frame's serial number. Using one closes those inside it. A stream cannot reopen a closed one,
/// start again, or write a key twice. It is then abandoned: its encoders do nothing more, and the value is encoded
/// again as a tree.
final class JSONStream {
  struct Frame {
    enum Content {
      /// Nothing written yet.
      case nothing
      /// A complete value.
      case value
      case array
      case object
    }

    let serial: Int
    /// The path to it from the frame around it, or nil if it is the same value.
    let key: (any CodingKey)?
    var content: Content
    var count = 0
    /// The index in ``JSONStream/keys`` where the object's keys begin.
    let firstKey: Int
    /// The keys of an object with many keys.
    var manyKeys: Set<UInt64>?
  }

  /// Thrown to leave a value early. It never reaches a caller.
  struct Abandoned: Error {}

  // Exclusivity need not be checked: no user code runs during an access.
  /// The text, while it may be written to.
  @exclusivity(unchecked) private var writer: UnsafeMutablePointer<JSONWriter>?
  @exclusivity(unchecked) private var frames: [Frame] = []
  /// Hashes of the open objects' keys. Two keys with the same hash count as one key written twice.
  @exclusivity(unchecked) private var keys: [UInt64] = []
  @exclusivity(unchecked) private var lastSerial = 0

  /// Up to this many keys, comparing one by one is faster than a set.
  private static let linearLimit = 16

  init(_ writer: UnsafeMutablePointer<JSONWriter>) {
    self.writer = writer
    frames.reserveCapacity(8)
    keys.reserveCapacity(Self.linearLimit)
  }

  /// Ends all use of the writer by this stream and by encoders that outlive it.
  func abandon() {
    writer = nil
    frames = []
  }

  /// Writes a value in the place made for it.
  @inline(__always)
  func write<Value: Encodable>(_ value: Value, key: @autoclosure () -> (any CodingKey)?) throws {
    guard let writer else { throw Abandoned() }
    do {
      if let leaf = try SocketValue(leaf: value, at: .top) { return try writer.pointee.write(leaf) }
      if try writer.pointee.write(ifSimpleArray: value) { return }
      try write(nonleaf: value, key: key())
    } catch {
      // The type may catch the error and go on. Only the tree knows what then stands for the value.
      abandon()
      throw error
    }
  }

  private func write<Value: Encodable>(nonleaf value: Value, key: (any CodingKey)?) throws {
    let serial = push(.nothing, key: key)
    try value.encode(to: JSONStreamEncoder(stream: self, serial: serial))
    guard enter(serial), closeInnermost() else { throw Abandoned() }
  }

  func writeNull() { writer?.pointee.bytes.append("null") }
}

extension JSONWriter {
  /// Writes an array of the most common leaf types without calling its `encode(to:)`.
  ///
  /// - Returns: Whether it is such an array.
  @inline(__always)
  mutating func write<Value>(ifSimpleArray value: Value) throws(JSONError) -> Bool {
    if let strings = identity(value, as: [String].self) {
      try write(strings) { $0.write($1) }
    } else if let integers = identity(value, as: [Int].self) {
      try write(integers) { $0.write($1) }
    } else if let doubles = identity(value, as: [Double].self) {
      try write(doubles) { $0.write($1) }
    } else {
      return false
    }
    return true
  }

  private mutating func write<Leaf>(
    _ leaves: [Leaf], _ write: (inout JSONWriter, Leaf) -> Void
  ) throws(JSONError) {
    guard try enter(ASCII.openBracket) else { return }
    var isFirst = true
    for leaf in leaves {
      if isFirst { isFirst = false } else { bytes.append(ASCII.comma) }
      write(&self, leaf)
    }
    leave(ASCII.closeBracket)
  }
}

/// The open frames.
extension JSONStream {
  private func push(_ content: Frame.Content, key: (any CodingKey)?) -> Int {
    lastSerial += 1
    frames.append(Frame(serial: lastSerial, key: key, content: content, firstKey: keys.count))
    return lastSerial
  }

  /// Closes all frames inside this one.
  ///
  /// - Returns: Whether it was still open.
  @inline(__always)
  private func enter(_ serial: Int) -> Bool {
    if let last = frames.last?.serial, last == serial { return true }
    return closeFrames(inside: serial)
  }

  private func closeFrames(inside serial: Int) -> Bool {
    guard index(of: serial) != nil else {
      abandon()
      return false
    }
    while frames.last?.serial != serial {
      guard closeInnermost() else { return false }
    }
    return true
  }

  private func index(of serial: Int) -> Int? { frames.lastIndex { $0.serial == serial } }

  /// - Returns: False if the empty object that stands for nothing would be nested too deep.
  private func closeInnermost() -> Bool {
    if case .nothing? = frames.last?.content, !open(.object) { return false }
    guard let frame = frames.popLast(), let writer else { return false }
    keys.removeLast(keys.count - frame.firstKey)
    switch frame.content {
    case .nothing, .value: break
    case .array: writer.pointee.leave(ASCII.closeBracket)
    case .object: writer.pointee.leave(ASCII.closeBrace)
    }
    return true
  }

  /// Makes the innermost, still empty frame an array or an object.
  private func open(_ content: Frame.Content) -> Bool {
    let bracket = content == .array ? ASCII.openBracket : ASCII.openBrace
    guard let writer, (try? writer.pointee.enter(bracket)) == true else {
      abandon()
      return false
    }
    frames[frames.count - 1].content = content
    return true
  }

  /// Makes a value an array or an object, if it is not one already: a class and its superclass may share it.
  func open(_ content: Frame.Content, in serial: Int) {
    guard enter(serial), let present = frames.last?.content, present != content else { return }
    guard present == .nothing else { return abandon() }
    _ = open(content)
  }

  /// Makes the place of a value's only content.
  func beginValue(in serial: Int) throws {
    guard enter(serial), case .nothing? = frames.last?.content else {
      abandon()
      throw Abandoned()
    }
    frames[frames.count - 1].content = .value
  }

  /// Makes the place of an array's next element.
  @inline(__always)
  func beginElement(in serial: Int) throws {
    guard enter(serial), let writer else { throw Abandoned() }
    let last = frames.count - 1
    if frames[last].count > 0 { writer.pointee.bytes.append(ASCII.comma) }
    frames[last].count += 1
  }

  /// Makes the place of an object's next member.
  @inline(__always)
  func beginMember(_ key: String, in serial: Int) throws {
    guard enter(serial), let writer else { throw Abandoned() }
    let last = frames.count - 1
    guard isNew(hash(key), at: last) else {
      abandon()
      throw Abandoned()
    }
    if frames[last].count > 0 { writer.pointee.bytes.append(ASCII.comma) }
    frames[last].count += 1
    writer.pointee.write(key)
    writer.pointee.bytes.append(ASCII.colon)
  }

  /// Opens a container, or an encoder whose content comes later, in the place just made.
  func pushNested(_ content: Frame.Content, key: any CodingKey) -> Int {
    let serial = push(.nothing, key: key)
    if content != .nothing { _ = open(content) }
    return serial
  }

  /// How many elements the array has so far.
  func count(of serial: Int) -> Int {
    if let last = frames.last, last.serial == serial { return last.count }
    guard let index = index(of: serial) else {
      abandon()
      return 0
    }
    return frames[index].count
  }

  func codingPath(of serial: Int) -> [any CodingKey] {
    guard let index = index(of: serial) else {
      abandon()
      return []
    }
    return frames[...index].compactMap(\.key)
  }
}

/// Finds out whether an object has a key.
extension JSONStream {
  @inline(__always)
  private func isNew(_ hash: UInt64, at frame: Int) -> Bool {
    let first = frames[frame].firstKey
    if keys.count - first < Self.linearLimit {
      for index in first..<keys.count where keys[index] == hash { return false }
      keys.append(hash)
      return true
    }
    if frames[frame].manyKeys == nil { frames[frame].manyKeys = Set(keys[first...]) }
    return frames[frame].manyKeys?.insert(hash).inserted == true
  }

  /// Hashes eight bytes at a time, mixing them by the two halves of a product.
  @inline(__always)
  private func hash(_ key: String) -> UInt64 {
    key.withUTF8Bytes { bytes in
      var hash = UInt64(bytes.count) &+ 0x9E37_79B9_7F4A_7C15
      var index = 0
      while index &+ 8 <= bytes.count {
        hash = Self.mix(hash, bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        index &+= 8
      }
      var rest: UInt64 = 0
      while index < bytes.count {
        rest = rest << 8 | UInt64(bytes[index])
        index &+= 1
      }
      return Self.mix(hash, rest)
    }
  }

  @inline(__always)
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return product.high ^ product.low
  }
}
