#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension SocketValue {
  /// The value of a type that is not asked to encode itself, or nil for any other.
  ///
  /// Comparing the type first costs next to nothing, and nothing at all where the compiler knows it; a cast that fails
  /// is costly.
  @inline(__always)
  init?<Value: Encodable>(leaf value: Value, at path: @autoclosure () -> CodingPath) throws {
    if Value.self == String.self, let value = value as? String {
      self = .string(value)
    } else if Value.self == Int.self, let value = value as? Int {
      self = .int(value)
    } else if Value.self == Bool.self, let value = value as? Bool {
      self = .bool(value)
    } else if Value.self == Double.self, let value = value as? Double {
      self = .double(value)
    } else if Value.self == Float.self, let value = value as? Float {
      self = .double(Double(value))
    } else if Value.self == SocketValue.self, let value = value as? SocketValue {
      self = value
    } else if Value.self == SocketObject.self, let value = value as? SocketObject {
      self = .object(value)
    } else if Value.self == [SocketValue].self, let value = value as? [SocketValue] {
      self = .array(value)
    } else if Value.self == Data.self, let value = value as? Data {
      self = .binary(value)
    } else if Value.self == [UInt8].self, let value = value as? [UInt8] {
      self = .binary(Data(value))
    } else if Value.self == Date.self, let value = value as? Date {
      guard let text = ISO8601.string(from: value) else {
        throw Self.cannotEncode(value, at: path(), "The date is not within 100 million days of 1970.")
      }
      self = .string(text)
    } else if Value.self == URL.self, let value = value as? URL {
      self = .string(value.absoluteString)
    } else if Value.self == Decimal.self, let value = value as? Decimal {
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
    if Value.self == UInt8.self, let value = value as? UInt8 { return SocketValue(value) }
    if Value.self == UInt16.self, let value = value as? UInt16 { return SocketValue(value) }
    if Value.self == UInt32.self, let value = value as? UInt32 { return SocketValue(value) }
    if Value.self == UInt64.self, let value = value as? UInt64 { return SocketValue(value) }
    if Value.self == UInt.self, let value = value as? UInt { return SocketValue(value) }
    if Value.self == Int8.self, let value = value as? Int8 { return SocketValue(value) }
    if Value.self == Int16.self, let value = value as? Int16 { return SocketValue(value) }
    if Value.self == Int32.self, let value = value as? Int32 { return SocketValue(value) }
    if Value.self == Int64.self, let value = value as? Int64 { return SocketValue(value) }
    // These two must not reach a container again, which would ask here again.
    var exact: SocketValue?
    if Value.self == Int128.self, let value = value as? Int128 {
      exact = Int(exactly: value).map { .int($0) } ?? UInt64(exactly: value).map { .uint($0) }
    } else if Value.self == UInt128.self, let value = value as? UInt128 {
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
