#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Writes JSON as JavaScript's `JSON.stringify` does.
struct JSONWriter: ~Copyable {
  /// How to write binary data, which JSON does not have.
  enum BinaryPolicy {
    /// Throws an error.
    case refuse
    /// Writes a placeholder with an index of ``attachments``, to which the data is added.
    case attach
    /// Writes the length, for people. Values nested too deep become an ellipsis.
    case describe
  }

  /// The UTF-8 text so far.
  var bytes: GrowingBytes
  /// The binary data found so far, depth first, in the order of elements and members.
  private(set) var attachments: [Data] = []

  private let binaryPolicy: BinaryPolicy
  private var remainingDepth: Int

  init(_ bytes: consuming GrowingBytes, binaryPolicy: BinaryPolicy, maxDepth: Int = DepthLimit.usual) {
    self.bytes = bytes
    self.binaryPolicy = binaryPolicy
    remainingDepth = min(maxDepth, DepthLimit.greatest)
  }

  /// A place in the text to which the writer can return.
  struct Mark {
    fileprivate let count: Int
    fileprivate let attachmentCount: Int
    fileprivate let remainingDepth: Int
  }

  var mark: Mark { Mark(count: bytes.count, attachmentCount: attachments.count, remainingDepth: remainingDepth) }

  /// Drops everything written since.
  mutating func rewind(to mark: Mark) {
    bytes.truncate(to: mark.count)
    attachments.removeLast(attachments.count - mark.attachmentCount)
    remainingDepth = mark.remainingDepth
  }

  /// A value as text.
  static func text(
    _ value: SocketValue, binaryPolicy: BinaryPolicy, maxDepth: Int = DepthLimit.usual
  ) throws(JSONError) -> String {
    try GrowingBytes.withBlock { block throws(JSONError) in
      var writer = JSONWriter(GrowingBytes(block), binaryPolicy: binaryPolicy, maxDepth: maxDepth)
      try writer.write(value)
      return writer.text()
    }
  }

  /// What was written, as text.
  consuming func text() -> String { bytes.text() }

  /// The value in a JSON-like form, for people.
  static func describe(_ value: SocketValue) -> String {
    do {
      return try text(value, binaryPolicy: .describe)
    } catch {
      return "\(error)"  // describing never throws
    }
  }

  mutating func write(_ value: SocketValue) throws(JSONError) {
    switch value {
    case .null: bytes.append("null")
    case .bool(let value): bytes.append(value ? "true" : "false")
    case .int(let value): write(value)
    case .uint(let value): write(value)
    case .double(let value): write(value)
    case .string(let value): write(value)
    case .binary(let value): try write(value)
    case .array(let value): try write(value)
    case .object(let value): try write(value)
    }
  }

  mutating func write(_ elements: [SocketValue]) throws(JSONError) {
    guard try enter(ASCII.openBracket) else { return }
    var isFirst = true
    for element in elements {
      if isFirst { isFirst = false } else { bytes.append(ASCII.comma) }
      try write(element)
    }
    leave(ASCII.closeBracket)
  }

  /// Writes one array of an event's name and its arguments.
  mutating func write(event name: String, _ arguments: [SocketValue]) throws(JSONError) {
    guard try enter(ASCII.openBracket) else { return }
    write(name)
    for argument in arguments {
      bytes.append(ASCII.comma)
      try write(argument)
    }
    leave(ASCII.closeBracket)
  }

  mutating func write(_ object: SocketObject) throws(JSONError) {
    guard try enter(ASCII.openBrace) else { return }
    var isFirst = true
    for (key, value) in object {
      if isFirst { isFirst = false } else { bytes.append(ASCII.comma) }
      write(key)
      bytes.append(ASCII.colon)
      try write(value)
    }
    leave(ASCII.closeBrace)
  }

  private mutating func write(_ data: Data) throws(JSONError) {
    switch binaryPolicy {
    case .refuse:
      throw JSONError(.binaryValue, at: bytes.count)
    case .attach:
      bytes.append(#"{"_placeholder":true,"num":"#)
      write(attachments.count)
      bytes.append(ASCII.closeBrace)
      attachments.append(data)
    case .describe:
      bytes.append("<")
      write(data.count)
      bytes.append(data.count == 1 ? " byte>" : " bytes>")
    }
  }

  /// Opens an array or an object, and returns whether to write its contents.
  mutating func enter(_ open: UInt8) throws(JSONError) -> Bool {
    guard remainingDepth > 0 else {
      guard binaryPolicy == .describe else { throw JSONError(.tooDeep, at: bytes.count) }
      bytes.append("…")
      return false
    }
    remainingDepth -= 1
    bytes.append(open)
    return true
  }

  /// Closes the array or object that ``enter(_:)`` opened.
  mutating func leave(_ close: UInt8) {
    remainingDepth += 1
    bytes.append(close)
  }
}
