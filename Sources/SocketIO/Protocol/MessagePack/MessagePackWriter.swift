#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A writer of MessagePack, with the shortest format for each value.
///
/// It goes over a value twice: once to count the bytes, and once to write them into memory of just that size.
enum MessagePackWriter {
  /// - Parameter maxDepth: How deep arrays and objects may be nested.
  static func data(_ value: SocketValue, maxDepth: Int) throws(MessagePackError) -> Data {
    var counter = MessagePackPass(sink: ByteCounter(), remainingDepth: maxDepth)
    try counter.write(value)
    var data = Data(count: counter.sink.count)
    let result = data.withUnsafeMutableBytes { buffer in
      Result { () throws(MessagePackError) in
        var store = MessagePackPass(sink: ByteStore(buffer), remainingDepth: maxDepth)
        try store.write(value)
      }
    }
    try result.get()
    return data
  }
}

/// One of the two times that a value is gone over.
private struct MessagePackPass<Sink: ByteSink> {
  var sink: Sink
  var remainingDepth: Int

  mutating func write(_ value: SocketValue) throws(MessagePackError) {
    switch value {
    case .null: sink.append(MessagePackHead(MessagePackFormat.null))
    case .bool(let value): sink.append(.bool(value))
    case .int(let value): sink.append(.integer(value))
    case .uint(let value): sink.append(.integer(value))
    case .double(let value): sink.append(.number(value))
    case .string(let value): try write(value)
    case .binary(let value):
      try append(.binary(length: value.count))
      sink.append(value)
    case .array(let elements):
      try enter(.array(count: elements.count))
      for element in elements { try write(element) }
      remainingDepth += 1
    case .object(let object):
      try enter(.map(count: object.count))
      for (key, value) in object {
        try write(key)
        try write(value)
      }
      remainingDepth += 1
    }
  }

  private mutating func write(_ string: String) throws(MessagePackError) {
    try append(.string(length: string.utf8.count))
    sink.append(string)
  }

  /// Begins an array or a map.
  private mutating func enter(_ head: MessagePackHead?) throws(MessagePackError) {
    guard remainingDepth > 0 else { throw MessagePackError(.tooDeep, at: sink.count) }
    remainingDepth -= 1
    try append(head)
  }

  private mutating func append(_ head: MessagePackHead?) throws(MessagePackError) {
    guard let head else { throw MessagePackError(.tooLong, at: sink.count) }
    sink.append(head)
  }
}

/// What a pass does with the bytes.
private protocol ByteSink {
  /// How many there were so far.
  var count: Int { get }
  mutating func append(_ head: MessagePackHead)
  mutating func append(_ string: String)
  mutating func append(_ data: Data)
}

private struct ByteCounter: ByteSink {
  private(set) var count = 0

  mutating func append(_ head: MessagePackHead) { count += 1 + head.width }

  mutating func append(_ string: String) { count += string.utf8.count }

  mutating func append(_ data: Data) { count += data.count }
}

private struct ByteStore: ByteSink {
  private let buffer: UnsafeMutableRawBufferPointer
  private(set) var count = 0

  init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

  mutating func append(_ head: MessagePackHead) {
    buffer[count] = head.format
    count += 1
    switch head.width {
    case 1: append(UInt8(truncatingIfNeeded: head.argument))
    case 2: append(UInt16(truncatingIfNeeded: head.argument))
    case 4: append(UInt32(truncatingIfNeeded: head.argument))
    case 8: append(head.argument)
    default: break
    }
  }

  mutating func append(_ string: String) {
    let isContiguous: Void? = string.utf8.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
    if isContiguous == nil { Array(string.utf8).withUnsafeBytes { append($0) } }
  }

  mutating func append(_ data: Data) {
    data.withUnsafeBytes { append($0) }
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(rebasing: buffer[count...]).copyMemory(from: bytes)
    count += bytes.count
  }

  private mutating func append<Integer: FixedWidthInteger>(_ integer: Integer) {
    buffer.storeBytes(of: integer.bigEndian, toByteOffset: count, as: Integer.self)
    count += MemoryLayout<Integer>.size
  }
}
