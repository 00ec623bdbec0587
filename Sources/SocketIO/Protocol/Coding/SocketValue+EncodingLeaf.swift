#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension SocketValue {
  /// The value, if its type is encoded without calling its own `encode(to:)`; otherwise nil.
  ///
  /// Comparing types costs almost nothing, and nothing if the compiler knows them; casts are slow.
  @inline(__always)
  init?<Value: Encodable>(leaf value: Value, at path: @autoclosure () -> CodingPath) throws {
    if let value = identity(value, as: String.self) {
      self = .string(value)
    } else if let value = identity(value, as: Int.self) {
      self = .int(value)
    } else if let value = identity(value, as: Bool.self) {
      self = .bool(value)
    } else if let value = identity(value, as: Double.self) {
      self = .double(value)
    } else if let value = identity(value, as: Float.self) {
      self = .double(Double(value))
    } else if let value = identity(value, as: SocketValue.self) {
      self = value
    } else if let value = identity(value, as: SocketObject.self) {
      self = .object(value)
    } else if let value = identity(value, as: [SocketValue].self) {
      self = .array(value)
    } else if let value = identity(value, as: Data.self) {
      self = .binary(value)
    } else if let value = identity(value, as: [UInt8].self) {
      self = .binary(Data(value))
    } else if let value = identity(value, as: Date.self) {
      guard let text = ISO8601.string(from: value) else {
        throw Self.cannotEncode(value, at: path(), "The date is not within 100 million days of 1970.")
      }
      self = .string(text)
    } else if let value = identity(value, as: URL.self) {
      self = .string(value.absoluteString)
    } else if let value = identity(value, as: Decimal.self) {
      guard let number = SocketValue(value) else {
        throw Self.cannotEncode(value, at: path(), "The decimal is not a number.")
      }
      self = number
    } else if let value = try Self.integer(value, at: path()) {
      self = value
    } else {
      return nil
    }
  }

  /// The value of one of the integer types besides Int.
  private static func integer<Value: Encodable>(
    _ value: Value, at path: @autoclosure () -> CodingPath
  ) throws -> SocketValue? {
    if let value = identity(value, as: UInt8.self) { return SocketValue(value) }
    if let value = identity(value, as: UInt16.self) { return SocketValue(value) }
    if let value = identity(value, as: UInt32.self) { return SocketValue(value) }
    if let value = identity(value, as: UInt64.self) { return SocketValue(value) }
    if let value = identity(value, as: UInt.self) { return SocketValue(value) }
    if let value = identity(value, as: Int8.self) { return SocketValue(value) }
    if let value = identity(value, as: Int16.self) { return SocketValue(value) }
    if let value = identity(value, as: Int32.self) { return SocketValue(value) }
    if let value = identity(value, as: Int64.self) { return SocketValue(value) }
    // These two must not reach a container again: it would call this function again.
    var exact: SocketValue?
    if let value = identity(value, as: Int128.self) {
      exact = Int(exactly: value).map { .int($0) } ?? UInt64(exactly: value).map { .uint($0) }
    } else if let value = identity(value, as: UInt128.self) {
      exact = UInt64(exactly: value).map { SocketValue($0) }
    } else {
      return nil
    }
    guard let exact else { throw cannotEncode(value, at: path(), "The integer has more than 64 bits.") }
    return exact
  }

  private static func cannotEncode(_ value: Any, at path: CodingPath, _ reason: String) -> EncodingError {
    .invalidValue(value, EncodingError.Context(codingPath: path.keys, debugDescription: reason))
  }

  /// The integer or the nearest double, or nil if the decimal is not a number.
  private init?(_ decimal: Decimal) {
    let text = decimal.description
    if let int = Int(text) {
      self = .int(int)
    } else if let uint = UInt64(text) {
      self = .uint(uint)
    } else if let double = Double(text), double.isFinite {
      self = .double(double)
    } else {
      return nil
    }
  }
}

/// The value as its own type, or nil if it has another type.
@inline(__always)
func identity<Value, Same>(_ value: Value, as type: Same.Type) -> Same? {
  Value.self == type ? unsafeBitCast(value, to: type) : nil
}
