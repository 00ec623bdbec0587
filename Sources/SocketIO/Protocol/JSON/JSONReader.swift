#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads JSON (RFC 8259) from UTF-8 bytes, as strictly as JavaScript's `JSON.parse`.
typealias JSONReader = JSONScanner<JSONValues>

/// The grammar of JSON (RFC 8259) over UTF-8 bytes, as strict as JavaScript's `JSON.parse`. The output decides what
/// becomes of the values, so reading and checking accept the same texts.
///
/// It descends recursively, to a limited depth. An extension reads numbers and strings. The bytes must be well-formed
/// UTF-8; for other sources, check ``Swift/UnsafeRawBufferPointer/firstInvalidUTF8()`` first.
struct JSONScanner<Output: JSONOutput> {
  let bytes: UnsafeRawBufferPointer
  /// `bytes.count`, which is computed at each use.
  let count: Int
  var position: Int
  let output: Output
  private var remainingDepth: Int

  init(_ bytes: UnsafeRawBufferPointer, from start: Int = 0, maxDepth: Int = DepthLimit.usual, output: Output) {
    self.bytes = bytes
    count = bytes.count
    self.output = output
    position = start
    remainingDepth = min(maxDepth, DepthLimit.greatest)
  }

  /// Reads the rest of the bytes as one value, with nothing but whitespace around it.
  mutating func readDocument() throws(JSONError) -> Output.Value {
    let value = try readValue()
    skipWhitespace()
    guard position == count else { throw JSONError(.unexpectedCharacter, at: position) }
    return value
  }

  mutating func readValue() throws(JSONError) -> Output.Value {
    switch try nextByte() {
    case ASCII.quote:
      position += 1
      return output.string(try readString())
    case ASCII.openBrace:
      return try readObject()
    case ASCII.openBracket:
      try enter()
      return output.array(try readElements())
    case ASCII.minus, ASCII.zero...ASCII.nine:
      return output.number(try scanNumber())
    case UInt8(ascii: "t"):
      try readWord("true")
      return output.bool(true)
    case UInt8(ascii: "f"):
      try readWord("false")
      return output.bool(false)
    case UInt8(ascii: "n"):
      try readWord("null")
      return output.null
    default:
      throw JSONError(.unexpectedCharacter, at: position)
    }
  }

  /// Reads the elements of an array up to and including its closing bracket.
  mutating func readElements() throws(JSONError) -> Output.Elements {
    guard try nextByte() != ASCII.closeBracket else {
      leave()
      return output.elements(isEmpty: true)
    }
    var elements = output.elements(isEmpty: false)
    while true {
      output.append(try readValue(), to: &elements)
      if try isEnd(of: ASCII.closeBracket) { return elements }
    }
  }

  private mutating func readObject() throws(JSONError) -> Output.Value {
    let start = position
    try enter()
    guard try nextByte() != ASCII.closeBrace else {
      leave()
      return try output.object(output.members(isEmpty: true), at: start)
    }
    var members = output.members(isEmpty: false)
    while true {
      try expect(ASCII.quote)
      let key = try readString()
      try expect(ASCII.colon)
      output.set(key, try readValue(), in: &members)
      if try isEnd(of: ASCII.closeBrace) { return try output.object(members, at: start) }
    }
  }

  /// Skips an opening bracket or brace.
  private mutating func enter() throws(JSONError) {
    guard remainingDepth > 0 else { throw JSONError(.tooDeep, at: position) }
    remainingDepth -= 1
    position += 1
  }

  /// Skips a closing bracket or brace.
  private mutating func leave() {
    remainingDepth += 1
    position += 1
  }

  /// Skips what follows an element: a comma, or the closing bracket or brace.
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
      guard position < count else { throw JSONError(.unexpectedEnd, at: position) }
      guard bytes[position] == word.utf8Start[offset] else { throw JSONError(.unexpectedCharacter, at: position) }
      position += 1
    }
  }

  /// Skips whitespace and returns the byte after it, leaving it in place.
  @inline(__always)
  mutating func nextByte() throws(JSONError) -> UInt8 {
    if position < count, bytes[position] > ASCII.space { return bytes[position] }
    skipWhitespace()
    guard position < count else { throw JSONError(.unexpectedEnd, at: position) }
    return bytes[position]
  }

  private mutating func skipWhitespace() {
    while position < count {
      switch bytes[position] {
      case ASCII.space, ASCII.lineFeed, ASCII.carriageReturn, ASCII.tab: position += 1
      default: return
      }
    }
  }
}

extension JSONScanner where Output == JSONValues {
  /// - Parameter attachments: What objects of the form `{"_placeholder":true,"num":0}` stand for; nil if they are
  ///   ordinary objects.
  init(
    _ bytes: UnsafeRawBufferPointer, from start: Int = 0, maxDepth: Int = DepthLimit.usual, attachments: [Data]? = nil
  ) {
    self.init(bytes, from: start, maxDepth: maxDepth, output: JSONValues(attachments: attachments))
  }

  /// Reads a number as a value.
  mutating func readNumber() throws(JSONError) -> SocketValue { output.number(try scanNumber()) }
}
