#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A reader of JSON (RFC 8259) over UTF-8 bytes, strict as JavaScript's `JSON.parse`.
///
/// It descends recursively, to a limited depth, and leaves numbers and strings to an extension. The bytes must be
/// well-formed UTF-8; whoever holds others asks ``Swift/UnsafeRawBufferPointer/firstInvalidUTF8()`` first.
struct JSONReader {
  /// What objects of the form `{"_placeholder":true,"num":0}` are.
  enum Placeholders {
    /// Objects like others.
    case ignored
    /// Placeholders of so many attachments, which are not there yet. They are read as null.
    case checked(count: Int)
    /// Placeholders of these attachments. They are read as the binary data that they stand for.
    case replaced([Data])
  }

  let bytes: UnsafeRawBufferPointer
  var position: Int
  private var remainingDepth: Int
  private let placeholders: Placeholders

  init(
    _ bytes: UnsafeRawBufferPointer, from start: Int = 0, maxDepth: Int = DepthLimit.usual,
    placeholders: Placeholders = .ignored
  ) {
    self.bytes = bytes
    self.placeholders = placeholders
    position = start
    remainingDepth = min(maxDepth, DepthLimit.greatest)
  }

  /// Reads the rest of the bytes as one value, with nothing but whitespace around it.
  mutating func readDocument() throws(JSONError) -> SocketValue {
    let value = try readValue()
    skipWhitespace()
    guard position == bytes.count else { throw JSONError(.unexpectedCharacter, at: position) }
    return value
  }

  private mutating func readValue() throws(JSONError) -> SocketValue {
    switch try nextByte() {
    case ASCII.quote:
      position += 1
      return .string(try readString())
    case ASCII.openBrace:
      let start = position
      let object = try readObject()
      if case .ignored = placeholders { return .object(object) }
      return try replacement(of: object, at: start)
    case ASCII.openBracket:
      return .array(try readArray())
    case ASCII.minus, ASCII.zero...ASCII.nine:
      return try readNumber()
    case UInt8(ascii: "t"):
      try readWord("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try readWord("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try readWord("null")
      return .null
    default:
      throw JSONError(.unexpectedCharacter, at: position)
    }
  }

  private mutating func readArray() throws(JSONError) -> [SocketValue] {
    try enter()
    var elements: [SocketValue] = []
    guard try nextByte() != ASCII.closeBracket else {
      leave()
      return elements
    }
    elements.reserveCapacity(4)
    while true {
      elements.append(try readValue())
      if try isEnd(of: ASCII.closeBracket) { return elements }
    }
  }

  private mutating func readObject() throws(JSONError) -> SocketObject {
    try enter()
    var object = SocketObject()
    guard try nextByte() != ASCII.closeBrace else {
      leave()
      return object
    }
    object.reserveCapacity(4)
    while true {
      try expect(ASCII.quote)
      let key = try readString()
      try expect(ASCII.colon)
      object.set(try readValue(), forKey: key)
      if try isEnd(of: ASCII.closeBrace) { return object }
    }
  }

  private func replacement(of object: SocketObject, at offset: Int) throws(JSONError) -> SocketValue {
    guard case .bool(true)? = object["_placeholder"] else { return .object(object) }
    let number = object["num"]?.intValue ?? -1
    switch placeholders {
    case .checked(let count) where 0..<count ~= number: return .null
    case .replaced(let attachments) where attachments.indices ~= number: return .binary(attachments[number])
    default: throw JSONError(.illegalPlaceholder, at: offset)
    }
  }

  /// Passes an opening bracket or brace.
  private mutating func enter() throws(JSONError) {
    guard remainingDepth > 0 else { throw JSONError(.tooDeep, at: position) }
    remainingDepth -= 1
    position += 1
  }

  /// Passes a closing bracket or brace.
  private mutating func leave() {
    remainingDepth += 1
    position += 1
  }

  /// Passes what follows an element: a comma, or the closing bracket or brace.
  @inline(__always)
  private mutating func isEnd(of close: UInt8) throws(JSONError) -> Bool {
    let byte = try nextByte()
    if byte == ASCII.comma {
      position += 1
      return false
    }
    guard byte == close else { throw JSONError(.unexpectedCharacter, at: position) }
    leave()
    return true
  }

  @inline(__always)
  private mutating func expect(_ byte: UInt8) throws(JSONError) {
    guard try nextByte() == byte else { throw JSONError(.unexpectedCharacter, at: position) }
    position += 1
  }

  private mutating func readWord(_ word: StaticString) throws(JSONError) {
    for offset in 0..<word.utf8CodeUnitCount {
      guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
      guard bytes[position] == word.utf8Start[offset] else { throw JSONError(.unexpectedCharacter, at: position) }
      position += 1
    }
  }

  /// Skips whitespace and returns the byte after it, leaving it in place.
  @inline(__always)
  private mutating func nextByte() throws(JSONError) -> UInt8 {
    if position < bytes.count, bytes[position] > ASCII.space { return bytes[position] }
    skipWhitespace()
    guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
    return bytes[position]
  }

  private mutating func skipWhitespace() {
    while position < bytes.count {
      switch bytes[position] {
      case ASCII.space, ASCII.lineFeed, ASCII.carriageReturn, ASCII.tab: position += 1
      default: return
      }
    }
  }
}
