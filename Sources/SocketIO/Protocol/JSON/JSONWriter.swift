#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A writer of JSON as JavaScript's `JSON.stringify` writes it.
struct JSONWriter: ~Copyable {
  /// What becomes of a binary value, which JSON does not have.
  enum BinaryPolicy {
    /// Writing throws.
    case refuse
    /// A placeholder is written, and the data joins ``attachments``, whose index the placeholder holds.
    case attach
    /// The length is written for people to read. Values too deep are written as an ellipsis.
    case describe
  }

  /// The UTF-8 text so far. Most messages fit without growing it.
  var bytes = ByteBuffer(capacity: 240)
  /// The data met so far: depth first, arrays in the order of indices, objects in the order of their members.
  private(set) var attachments: [Data] = []

  private let binaryPolicy: BinaryPolicy
  private var remainingDepth: Int

  init(binaryPolicy: BinaryPolicy, maxDepth: Int = DepthLimit.usual) {
    self.binaryPolicy = binaryPolicy
    remainingDepth = min(maxDepth, DepthLimit.greatest)
  }

  /// The text so far.
  var text: String { bytes.withBytes { String(decoding: $0, as: UTF8.self) } }

  /// The value in the manner of JSON, for people.
  static func describe(_ value: SocketValue) -> String {
    var writer = JSONWriter(binaryPolicy: .describe)
    do {
      try writer.write(value)
    } catch {
      // Describing refuses nothing: the text is complete.
    }
    return writer.text
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

  /// Opens an array or an object, and returns whether to go on with its contents.
  private mutating func enter(_ open: UInt8) throws(JSONError) -> Bool {
    guard remainingDepth > 0 else {
      guard binaryPolicy == .describe else { throw JSONError(.tooDeep, at: bytes.count) }
      bytes.append("…")
      return false
    }
    remainingDepth -= 1
    bytes.append(open)
    return true
  }

  private mutating func leave(_ close: UInt8) {
    remainingDepth += 1
    bytes.append(close)
  }
}
