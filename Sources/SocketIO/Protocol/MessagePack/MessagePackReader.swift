#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads MessagePack. It accepts every format of the specification, even where a shorter one would do.
///
/// It descends recursively, to a limited depth. Its memory is in proportion to the bytes received, whatever lengths
/// they announce.
struct MessagePackReader {
  let bytes: UnsafeRawBufferPointer
  private(set) var position = 0
  private var remainingDepth: Int
  /// How many values the open arrays and maps still need. Each takes at least one byte.
  private var awaitedValues = 0

  private init(_ bytes: UnsafeRawBufferPointer, maxDepth: Int) {
    self.bytes = bytes
    remainingDepth = maxDepth
  }

  /// Reads the data as one value.
  ///
  /// - Parameter maxDepth: How deep arrays and maps may be nested.
  static func value(_ data: Data, maxDepth: Int) throws(MessagePackError) -> SocketValue {
    try read(data, maxDepth: maxDepth) { reader throws(MessagePackError) in try reader.readValue() }
  }

  /// Reads the data as one map, and passes on its members in order.
  ///
  /// - Parameter body: Gets the UTF-8 of each key, or no bytes for an integer.
  /// - Returns: Whether it is a map.
  static func members(
    _ data: Data, maxDepth: Int, _ body: (_ key: UnsafeRawBufferPointer, _ value: SocketValue) -> Void
  ) throws(MessagePackError) -> Bool {
    try read(data, maxDepth: maxDepth) { reader throws(MessagePackError) in try reader.readMembers(body) }
  }

  private static func read<Result>(
    _ data: Data, maxDepth: Int, _ body: (inout MessagePackReader) throws(MessagePackError) -> Result
  ) throws(MessagePackError) -> Result {
    var result: Swift.Result<Result, MessagePackError>?
    // It returns nothing: Foundation would look up the type of a result at run time.
    data.withUnsafeBytes { bytes in
      result = Swift.Result { () throws(MessagePackError) in
        var reader = MessagePackReader(bytes, maxDepth: maxDepth)
        let result = try body(&reader)
        guard reader.position == bytes.count else { throw MessagePackError(.bytesAfterEnd, at: reader.position) }
        return result
      }
    }
    guard let result else { throw MessagePackError(.unexpectedEnd, at: 0) }
    return try result.get()
  }

  private mutating func readValue() throws(MessagePackError) -> SocketValue {
    let start = position
    let format = try readInteger(UInt8.self)
    switch format {
    case MessagePackFormat.positive, MessagePackFormat.unsigned8...MessagePackFormat.signed64,
      MessagePackFormat.negative:
      return try readNumber(format)
    case MessagePackFormat.shortString, MessagePackFormat.string8...MessagePackFormat.string32:
      return .string(try readString(format))
    case MessagePackFormat.shortMap: return .object(try readMap(count: Int(format & 0xF), at: start))
    case MessagePackFormat.map16: return .object(try readMap(count: readLength(UInt16.self), at: start))
    case MessagePackFormat.map32: return .object(try readMap(count: readLength(UInt32.self), at: start))
    case MessagePackFormat.shortArray: return .array(try readArray(count: Int(format & 0xF), at: start))
    case MessagePackFormat.array16: return .array(try readArray(count: readLength(UInt16.self), at: start))
    case MessagePackFormat.array32: return .array(try readArray(count: readLength(UInt32.self), at: start))
    case MessagePackFormat.null: return .null
    case MessagePackFormat.false: return .bool(false)
    case MessagePackFormat.true: return .bool(true)
    case MessagePackFormat.float32:
      return .double(Double(Float(bitPattern: try readInteger(UInt32.self))))
    case MessagePackFormat.float64: return .double(Double(bitPattern: try readInteger(UInt64.self)))
    case MessagePackFormat.binary8: return .binary(Data(try readBytes(readLength(UInt8.self))))
    case MessagePackFormat.binary16: return .binary(Data(try readBytes(readLength(UInt16.self))))
    case MessagePackFormat.binary32: return .binary(Data(try readBytes(readLength(UInt32.self))))
    case MessagePackFormat.extension8: return try readExtension(length: readLength(UInt8.self), at: start)
    case MessagePackFormat.extension16: return try readExtension(length: readLength(UInt16.self), at: start)
    case MessagePackFormat.extension32: return try readExtension(length: readLength(UInt32.self), at: start)
    case MessagePackFormat.fixedExtension1...MessagePackFormat.fixedExtension16:
      return try readFixedExtension(length: 1 << Int(format - MessagePackFormat.fixedExtension1), at: start)
    default: throw MessagePackError(.unknownFormat, at: start)
    }
  }

  // MARK: Arrays and maps

  private mutating func readArray(count: Int, at start: Int) throws(MessagePackError) -> [SocketValue] {
    try enter(count: count, valuesEach: 1, at: start)
    var elements: [SocketValue] = []
    elements.reserveCapacity(count)
    for _ in 0..<count {
      awaitedValues -= 1
      elements.append(try readValue())
    }
    remainingDepth += 1
    return elements
  }

  private mutating func readMap(count: Int, at start: Int) throws(MessagePackError) -> SocketObject {
    try enter(count: count, valuesEach: 2, at: start)
    var object = SocketObject()
    object.reserveCapacity(count)
    for _ in 0..<count {
      awaitedValues -= 2
      let key = try readKey()
      object.set(try readValue(), forKey: key)
    }
    remainingDepth += 1
    return object
  }

  /// - Returns: Whether the value is a map.
  private mutating func readMembers(
    _ body: (UnsafeRawBufferPointer, SocketValue) -> Void
  ) throws(MessagePackError) -> Bool {
    let start = position
    let format = try readInteger(UInt8.self)
    let count: Int
    switch format {
    case MessagePackFormat.shortMap: count = Int(format & 0xF)
    case MessagePackFormat.map16: count = try readLength(UInt16.self)
    case MessagePackFormat.map32: count = try readLength(UInt32.self)
    default:
      position = start
      _ = try readValue()
      return false
    }
    try enter(count: count, valuesEach: 2, at: start)
    for _ in 0..<count {
      awaitedValues -= 2
      let key = try readKeyText()
      body(key, try readValue())
    }
    remainingDepth += 1
    return true
  }

  /// Begins an array or a map, unless fewer bytes are left than the open ones still need.
  private mutating func enter(count: Int, valuesEach: Int, at start: Int) throws(MessagePackError) {
    guard remainingDepth > 0 else { throw MessagePackError(.tooDeep, at: start) }
    guard count <= (remainingCount - awaitedValues) / valuesEach else { throw unexpectedEnd() }
    remainingDepth -= 1
    awaitedValues += count * valuesEach
  }

  /// Reads a key: a string, or an integer, which becomes its digits as in JavaScript.
  private mutating func readKey() throws(MessagePackError) -> String {
    let start = position
    let format = try readInteger(UInt8.self)
    switch format {
    case MessagePackFormat.shortString, MessagePackFormat.string8...MessagePackFormat.string32:
      return try readString(format)
    case MessagePackFormat.positive, MessagePackFormat.unsigned8...MessagePackFormat.signed64,
      MessagePackFormat.negative:
      return try readNumber(format).description
    default: throw MessagePackError(.illegalKey, at: start)
    }
  }

  /// Reads a key that is only compared; no bytes if it is an integer.
  private mutating func readKeyText() throws(MessagePackError) -> UnsafeRawBufferPointer {
    let start = position
    let format = try readInteger(UInt8.self)
    switch format {
    case MessagePackFormat.shortString, MessagePackFormat.string8...MessagePackFormat.string32:
      return try readUTF8(format)
    default:
      position = start
      _ = try readKey()
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
  }

  // MARK: Scalars

  /// Reads an integer whose format byte was read.
  private mutating func readNumber(_ format: UInt8) throws(MessagePackError) -> SocketValue {
    switch format {
    case MessagePackFormat.unsigned8: SocketValue(try readInteger(UInt8.self))
    case MessagePackFormat.unsigned16: SocketValue(try readInteger(UInt16.self))
    case MessagePackFormat.unsigned32: SocketValue(try readInteger(UInt32.self))
    case MessagePackFormat.unsigned64: SocketValue(try readInteger(UInt64.self))
    case MessagePackFormat.signed8: SocketValue(try readInteger(Int8.self))
    case MessagePackFormat.signed16: SocketValue(try readInteger(Int16.self))
    case MessagePackFormat.signed32: SocketValue(try readInteger(Int32.self))
    case MessagePackFormat.signed64: SocketValue(try readInteger(Int64.self))
    default: .int(Int(Int8(bitPattern: format)))
    }
  }

  /// Reads a string whose format byte was read.
  private mutating func readString(_ format: UInt8) throws(MessagePackError) -> String {
    String(decoding: try readUTF8(format), as: UTF8.self)
  }

  private mutating func readUTF8(_ format: UInt8) throws(MessagePackError) -> UnsafeRawBufferPointer {
    let length =
      switch format {
      case MessagePackFormat.string8: try readLength(UInt8.self)
      case MessagePackFormat.string16: try readLength(UInt16.self)
      case MessagePackFormat.string32: try readLength(UInt32.self)
      default: Int(format & 0x1F)
      }
    let start = position
    let utf8 = try readBytes(length)
    if let fault = utf8.firstInvalidUTF8() { throw MessagePackError(.invalidUTF8, at: start + fault) }
    return utf8
  }

  // MARK: Bytes

  private var remainingCount: Int { bytes.count - position }

  mutating func readBytes(_ count: Int) throws(MessagePackError) -> UnsafeRawBufferPointer {
    guard count <= remainingCount else { throw unexpectedEnd() }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  mutating func readInteger<Integer: FixedWidthInteger>(_ type: Integer.Type) throws(MessagePackError) -> Integer {
    guard MemoryLayout<Integer>.size <= remainingCount else { throw unexpectedEnd() }
    defer { position += MemoryLayout<Integer>.size }
    return Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: type))
  }

  private mutating func readLength(_ type: (some FixedWidthInteger).Type) throws(MessagePackError) -> Int {
    // A length that does not fit an Int is more than there is, and is refused as such.
    Int(clamping: try readInteger(type))
  }

  private func unexpectedEnd() -> MessagePackError { MessagePackError(.unexpectedEnd, at: bytes.count) }
}
