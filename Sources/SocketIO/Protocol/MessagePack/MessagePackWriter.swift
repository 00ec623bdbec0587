#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Writes MessagePack, with the shortest format for each value.
struct MessagePackWriter: ~Copyable {
  private var bytes: GrowingBytes
  private var remainingDepth: Int

  private init(_ bytes: consuming GrowingBytes, maxDepth: Int) {
    self.bytes = bytes
    remainingDepth = maxDepth
  }

  /// The bytes that the body writes.
  ///
  /// - Parameter maxDepth: How deep arrays and objects may be nested.
  static func data(
    maxDepth: Int, _ write: (inout MessagePackWriter) throws(MessagePackError) -> Void
  ) throws(MessagePackError) -> Data {
    try GrowingBytes.withBlock { block throws(MessagePackError) in
      var writer = MessagePackWriter(GrowingBytes(block), maxDepth: maxDepth)
      try write(&writer)
      return Data(writer.bytes.array())
    }
  }

  static func data(_ value: SocketValue, maxDepth: Int) throws(MessagePackError) -> Data {
    try data(maxDepth: maxDepth) { writer throws(MessagePackError) in try writer.write(value) }
  }

  mutating func write(_ value: SocketValue) throws(MessagePackError) {
    switch value {
    case .null: append(MessagePackHead(MessagePackFormat.null))
    case .bool(let value): append(.bool(value))
    case .int(let value): append(.integer(value))
    case .uint(let value): append(.integer(value))
    case .double(let value): append(.number(value))
    case .string(let value): try write(value)
    case .binary(let value):
      try append(.binary(length: value.count))
      value.withUnsafeBytes { bytes.append($0) }
    case .array(let elements): try write(elements)
    case .object(let object):
      try enter(.map(count: object.count))
      for (key, value) in object {
        try write(key)
        try write(value)
      }
      leave()
    }
  }

  mutating func write(_ elements: [SocketValue]) throws(MessagePackError) {
    try enter(.array(count: elements.count))
    for element in elements { try write(element) }
    leave()
  }

  /// Writes an array of an event's name and its arguments.
  mutating func write(event name: String, _ arguments: [SocketValue]) throws(MessagePackError) {
    try enter(.array(count: arguments.count + 1))
    try write(name)
    for argument in arguments { try write(argument) }
    leave()
  }

  mutating func write(_ string: String) throws(MessagePackError) {
    try append(.string(length: string.utf8.count))
    string.withUTF8Bytes { bytes.append($0) }
  }

  /// Writes a short ASCII key.
  mutating func write(key: StaticString) {
    bytes.append(MessagePackFormat.shortString.lowerBound + UInt8(key.utf8CodeUnitCount))
    bytes.append(key)
  }

  /// Begins an array or a map, whose elements or members follow.
  mutating func enter(_ head: MessagePackHead?) throws(MessagePackError) {
    guard remainingDepth > 0 else { throw MessagePackError(.tooDeep, at: bytes.count) }
    remainingDepth -= 1
    try append(head)
  }

  /// Ends the innermost array or map.
  mutating func leave() { remainingDepth += 1 }

  private mutating func append(_ head: MessagePackHead?) throws(MessagePackError) {
    guard let head else { throw MessagePackError(.tooLong, at: bytes.count) }
    append(head)
  }

  @inline(__always)
  private mutating func append(_ head: MessagePackHead) {
    bytes.append(head.format)
    guard head.width > 0 else { return }
    for byte in (0..<head.width).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: head.argument >> UInt64(8 * byte)))
    }
  }
}
