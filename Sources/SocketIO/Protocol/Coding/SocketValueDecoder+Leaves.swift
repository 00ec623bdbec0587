#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension SocketValueDecoder {
  /// Decodes the value, without calling the `init(from:)` of types that ``SocketValue/init(leaf:at:)`` knows.
  @inline(__always)
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    if type == String.self { return try cast(value.stringValue) }
    if type == Int.self { return try integer(Int.self) }
    if type == Bool.self { return try cast(value.boolValue) }
    if type == Double.self { return try cast(value.doubleValue) }
    if type == Float.self { return try cast(try float()) }
    if type == SocketValue.self { return try cast(value) }
    if type == SocketObject.self { return try cast(value.objectValue) }
    if type == [SocketValue].self { return try cast(value.arrayValue) }
    if type == Data.self { return try cast(value.dataValue) }
    if type == [UInt8].self, let data = value.dataValue { return try cast([UInt8](data)) }
    if type == Date.self { return try parse(ISO8601.date(from:), "an ISO 8601 date with time and time zone") }
    if type == URL.self { return try parse({ URL(string: $0) }, "a URL") }
    if type == Decimal.self { return try cast(decimal()) }
    if let integer = try otherInteger(type) { return integer }
    return try Value(from: self)
  }

  private func otherInteger<Value>(_ type: Value.Type) throws -> Value? {
    if type == UInt8.self { return try integer(UInt8.self, as: type) }
    if type == UInt16.self { return try integer(UInt16.self, as: type) }
    if type == UInt32.self { return try integer(UInt32.self, as: type) }
    if type == UInt64.self { return try integer(UInt64.self, as: type) }
    if type == UInt.self { return try integer(UInt.self, as: type) }
    if type == Int8.self { return try integer(Int8.self, as: type) }
    if type == Int16.self { return try integer(Int16.self, as: type) }
    if type == Int32.self { return try integer(Int32.self, as: type) }
    if type == Int64.self { return try integer(Int64.self, as: type) }
    // These two must not reach a container again: it would call this function again.
    if type == Int128.self { return try integer(Int128.self, as: type) }
    if type == UInt128.self { return try integer(UInt128.self, as: type) }
    return nil
  }

  /// Returns the leaf as its own type, or throws if there is none.
  private func cast<Leaf, Value>(_ leaf: Leaf?) throws -> Value {
    guard let leaf, let value = identity(leaf, as: Value.self) else { throw mismatch(Value.self) }
    return value
  }

  private func integer<Integer: FixedWidthInteger, Value>(
    _ type: Integer.Type, as _: Value.Type = Value.self
  ) throws -> Value {
    let exact: Integer? =
      switch value {
      case .int(let value): Integer(exactly: value)
      case .uint(let value): Integer(exactly: value)
      case .double(let value): Integer(exactly: value)
      default: throw mismatch(type)
      }
    guard let exact else { throw corrupted("The number \(value) does not fit \(type).") }
    return try cast(exact)
  }

  private func float() throws -> Float? {
    guard let double = value.doubleValue else { return nil }
    let float = Float(double)
    guard float.isFinite || !double.isFinite else { throw corrupted("The number \(value) does not fit Float.") }
    return float
  }

  private func decimal() throws -> Decimal? {
    switch value {
    case .int(let value): return Decimal(value)
    case .uint(let value): return Decimal(value)
    case .double(let double):
      // The double's shortest text gives the decimal that the sender wrote; its exact value does not.
      guard double.isFinite, let decimal = Decimal(string: double.description) else {
        throw corrupted("The number \(value) does not fit Decimal.")
      }
      return decimal
    default: return nil
    }
  }

  private func parse<Leaf, Value>(_ parse: (String) -> Leaf?, _ name: String) throws -> Value {
    guard case .string(let text) = value else { throw mismatch(Value.self) }
    guard let leaf = parse(text) else { throw corrupted("The string is not \(name).") }
    return try cast(leaf)
  }

  private func corrupted(_ reason: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: codingPath, debugDescription: reason))
  }
}
