#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension JSONTape {
  /// Decodes the value that begins at or after `position`, and moves the position past it.
  ///
  /// Results and errors are those of reading the value as a ``SocketValue`` and decoding that.
  ///
  /// - Parameters:
  ///   - bytes: A text that was checked to be JSON.
  ///   - attachments: What the placeholders in the text stand for. Without attachments, none are recognised.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: UnsafeRawBufferPointer, at position: inout Int, attachments: [Data]
  ) throws -> Value {
    if !isLeaf(type), var tape = scan(bytes, from: position, attachments: attachments) {
      position = tape.end
      // Decoders and containers may outlive the call.
      defer { if !isKnownUniquelyReferenced(&tape) { tape.copyBytes() } }
      return try tape.decode(type, at: 0, nil, in: JSONTapePath.top)
    }
    var reader = JSONReader(
      bytes, from: position, maxDepth: DepthLimit.greatest,
      attachments: attachments.isEmpty ? nil : attachments)
    let value = try reader.readValue()
    position = reader.position
    return try value.decode(as: type)
  }

  /// Decodes the next element of an array, or null at its end.
  ///
  /// - Parameter position: Where the first element begins, or the previous one ends.
  static func decodeNext<Value: Decodable>(
    _ type: Value.Type, from bytes: UnsafeRawBufferPointer, at position: inout Int, attachments: [Data]
  ) throws -> Value {
    while position < bytes.count, bytes[position] <= ASCII.space || bytes[position] == ASCII.comma { position += 1 }
    guard position < bytes.count, bytes[position] != ASCII.closeBracket else {
      return try SocketValue.null.decode(as: type)
    }
    return try decode(type, from: bytes, at: &position, attachments: attachments)
  }

  /// Decodes a value.
  ///
  /// - Parameter key: The key below `step`, or nil if `step` is the path to the value.
  @inline(__always)
  func decode<Value: Decodable>(
    _ type: Value.Type, at token: UInt32, _ key: @autoclosure () -> JSONTapePath.Key?, in step: Int32
  ) throws -> Value {
    // The most common leaf types. The decoder of trees takes the others, and these if they do not fit.
    switch firstByte(of: token) {
    case ASCII.quote where type == String.self:
      return unsafeBitCast(string(token), to: type)
    case UInt8(ascii: "t") where type == Bool.self:
      return unsafeBitCast(true, to: type)
    case UInt8(ascii: "f") where type == Bool.self:
      return unsafeBitCast(false, to: type)
    default:
      if type == Int.self, let integer = shortInteger(token) { return unsafeBitCast(integer, to: type) }
      if type == Double.self, let double = double(token) { return unsafeBitCast(double, to: type) }
    }
    if Self.isLeaf(type) || type == [UInt8].self && attachment(token) != nil {
      return try decodeLeaf(type, at: token, key(), in: step)
    }
    if type == [String].self, let strings = leaves(of: token, { firstByte(of: $0) == ASCII.quote ? string($0) : nil }) {
      return unsafeBitCast(strings, to: type)
    }
    if type == [Int].self, let integers = leaves(of: token, shortInteger) { return unsafeBitCast(integers, to: type) }
    if type == [Double].self, let doubles = leaves(of: token, double) { return unsafeBitCast(doubles, to: type) }
    return try decodeNonleaf(type, at: token, key(), in: step)
  }

  /// The elements of an array, or nil if the value is not an array of such elements only.
  private func leaves<Leaf>(of array: UInt32, _ leaf: (UInt32) -> Leaf?) -> [Leaf]? {
    guard firstByte(of: array) == ASCII.openBracket else { return nil }
    let end = tokens[Int(array)].info
    var leaves: [Leaf] = []
    leaves.reserveCapacity(min(Int(end - array) - 1, 1024))
    for token in array + 1..<end {
      // No element may be an array or an object, so each token is one element.
      guard let leaf = leaf(token) else { return nil }
      leaves.append(leaf)
    }
    return leaves
  }

  @inline(never)
  private func decodeNonleaf<Value: Decodable>(
    _ type: Value.Type, at token: UInt32, _ key: JSONTapePath.Key?, in step: Int32
  ) throws -> Value {
    let count = path.count
    defer { path.removeLast(downTo: count) }
    let step = key.map { path.append($0, to: step) } ?? step
    return try Value(from: JSONTapeDecoder(tape: self, token: token, step: step))
  }

  @inline(never)
  private func decodeLeaf<Value: Decodable>(
    _ type: Value.Type, at token: UInt32, _ key: JSONTapePath.Key?, in step: Int32
  ) throws -> Value {
    let isTree = type == SocketValue.self || type == SocketObject.self || type == [SocketValue].self
    let value = isTree ? value(token) : kind(token)
    return try SocketValueDecoder(value: value, parent: .tape(self, step), key: key?.codingKey).decode(type)
  }

  private func double(_ token: UInt32) -> Double? {
    let first = firstByte(of: token)
    guard first.decimalValue <= 9 || first == ASCII.minus else { return nil }
    return value(token).doubleValue
  }

  /// The value; an array or object without its contents.
  func kind(_ token: UInt32) -> SocketValue {
    switch firstByte(of: token) {
    case ASCII.openBracket: .array([])
    case ASCII.openBrace: attachment(token).map { .binary($0) } ?? .object([:])
    default: value(token)
    }
  }

  /// Whether ``SocketValueDecoder/decode(_:)`` never calls the type's own `init(from:)`.
  @inline(__always)
  private static func isLeaf<Value>(_ type: Value.Type) -> Bool {
    type == String.self || type == Int.self || type == Bool.self || type == Double.self || type == Float.self
      || type == SocketValue.self || type == SocketObject.self || type == [SocketValue].self || type == Data.self
      || type == Date.self || type == URL.self || type == Decimal.self || isOtherInteger(type)
  }

  private static func isOtherInteger<Value>(_ type: Value.Type) -> Bool {
    type == UInt8.self || type == UInt16.self || type == UInt32.self || type == UInt64.self || type == UInt.self
      || type == Int8.self || type == Int16.self || type == Int32.self || type == Int64.self || type == Int128.self
      || type == UInt128.self
  }
}
