#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A value that Socket.IO carries: any JSON value, with binary data at any depth.
///
/// Literals make values, in the order in which they are written:
///
/// ```swift
/// let value: SocketValue = ["user": "alice", "scores": [1, 2.5, nil]]
/// ```
///
/// ## Equality
/// JavaScript has one type of number, and writes `1.0` as `1`. So numbers are equal if they are the same number, in
/// either case: `.int(1) == .double(1.0)`. The order of an object's members does not matter. Everything else equals
/// only its own kind: `false`, `0`, `""` and `null` are four values. As with Double, NaN is not equal to itself.
public enum SocketValue: Sendable, Hashable {
  /// JSON's null.
  case null
  /// A Boolean.
  case bool(Bool)
  /// An integer.
  case int(Int)
  /// An integer above `Int.max`. Smaller ones are `int`.
  case uint(UInt64)
  /// A number that is not an integer, or that was written with a fraction or an exponent. JSON has no NaN and no
  /// infinities: they are written as null, as JavaScript does.
  case double(Double)
  /// A string.
  case string(String)
  /// Binary data, which is sent as an attachment.
  case binary(Data)
  /// An array.
  case array([SocketValue])
  /// An object.
  case object(SocketObject)
}

extension SocketValue {
  /// A Boolean.
  public init(_ value: Bool) { self = .bool(value) }

  /// An integer. One beyond 64 bits becomes the nearest double.
  public init(_ value: some BinaryInteger) {
    if let int = Int(exactly: value) {
      self = .int(int)
    } else if let uint = UInt64(exactly: value) {
      self = .uint(uint)
    } else {
      self = .double(Double(value))
    }
  }

  /// A number.
  public init(_ value: some BinaryFloatingPoint) { self = .double(Double(value)) }

  /// A string.
  public init(_ value: some StringProtocol) { self = .string(String(value)) }

  /// Binary data.
  public init(_ value: Data) { self = .binary(value) }

  /// An array.
  public init(_ value: [SocketValue]) { self = .array(value) }

  /// An object.
  public init(_ value: SocketObject) { self = .object(value) }

  /// An object with its keys in ascending order.
  public init(_ value: [String: SocketValue]) { self = .object(SocketObject(value)) }
}

extension SocketValue {
  /// Whether this is null.
  public var isNull: Bool {
    if case .null = self { true } else { false }
  }

  /// The Boolean, if this is one. Numbers are not.
  public var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The integer, if this is a number that an Int holds exactly.
  public var intValue: Int? {
    switch self {
    case .int(let value): value
    case .uint(let value): Int(exactly: value)
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The number as a double, rounded if an integer has more than 53 bits, or nil if this is not a number.
  public var doubleValue: Double? {
    switch self {
    case .int(let value): Double(value)
    case .uint(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The string, if this is one.
  public var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The binary data, if this is such.
  public var dataValue: Data? {
    if case .binary(let value) = self { value } else { nil }
  }

  /// The elements, if this is an array.
  public var arrayValue: [SocketValue]? {
    if case .array(let value) = self { value } else { nil }
  }

  /// The object, if this is one.
  public var objectValue: SocketObject? {
    if case .object(let value) = self { value } else { nil }
  }

  /// The member of an object: nil if there is none with that key, or if this is not an object.
  ///
  /// Setting adds or replaces the member, and setting nil removes it (`.null` is an ordinary value). Null becomes an
  /// object when its first member is set; setting does nothing to a value of any other kind.
  public subscript(key: String) -> SocketValue? {
    get { objectValue?[key] }
    set {
      switch self {
      case .object(var object):
        self = .null
        object[key] = newValue
        self = .object(object)
      case .null:
        if let newValue { self = .object([key: newValue]) }
      default:
        break
      }
    }
  }

  /// The element of an array: nil beyond its ends, or if this is not an array.
  ///
  /// Setting replaces the element, or appends when the index is the number of elements; setting nil removes it.
  /// Setting does nothing beyond that, nor to a value of another kind.
  public subscript(index: Int) -> SocketValue? {
    get {
      guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
      return elements[index]
    }
    set {
      guard case .array(var elements) = self, 0...elements.count ~= index else { return }
      self = .null
      switch newValue {
      case let newValue? where index < elements.count: elements[index] = newValue
      case let newValue?: elements.append(newValue)
      case nil where index < elements.count: elements.remove(at: index)
      case nil: break
      }
      self = .array(elements)
    }
  }
}

extension SocketValue {
  /// Whether both are the same value, as the type's description defines.
  public static func == (lhs: SocketValue, rhs: SocketValue) -> Bool {
    switch (lhs, rhs) {
    case (.null, .null): true
    case (.bool(let lhs), .bool(let rhs)): lhs == rhs
    case (.int(let lhs), .int(let rhs)): lhs == rhs
    case (.uint(let lhs), .uint(let rhs)): lhs == rhs
    case (.double(let lhs), .double(let rhs)): lhs == rhs
    case (.string(let lhs), .string(let rhs)): lhs == rhs
    case (.binary(let lhs), .binary(let rhs)): lhs == rhs
    case (.array(let lhs), .array(let rhs)): lhs == rhs
    case (.object(let lhs), .object(let rhs)): lhs == rhs
    // Swift compares numbers of different types by their exact values.
    case (.int(let lhs), .uint(let rhs)), (.uint(let rhs), .int(let lhs)): lhs == rhs
    case (.int(let lhs), .double(let rhs)), (.double(let rhs), .int(let lhs)): lhs == Int(exactly: rhs)
    case (.uint(let lhs), .double(let rhs)), (.double(let rhs), .uint(let lhs)): lhs == UInt64(exactly: rhs)
    default: false
    }
  }

  /// Feeds the value to the hasher: equal numbers give equal hashes.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    case .int(let value): hasher.combine(value)
    case .uint(let value): Self.hash(value, into: &hasher)
    case .double(let value):
      if let int = Int(exactly: value) {
        hasher.combine(int)
      } else if let uint = UInt64(exactly: value) {
        Self.hash(uint, into: &hasher)
      } else {
        hasher.combine(value)
      }
    case .string(let value): hasher.combine(value)
    case .binary(let value): hasher.combine(value)
    case .array(let value): hasher.combine(value)
    case .object(let value): hasher.combine(value)
    }
  }

  private static func hash(_ value: UInt64, into hasher: inout Hasher) {
    if let int = Int(exactly: value) {
      hasher.combine(int)
    } else {
      hasher.combine(value)
    }
  }
}

extension SocketValue: CustomStringConvertible {
  /// The value in a JSON-like form, with binary data as `<N bytes>`, for people and logs. For JSON see
  /// ``jsonString()``.
  public var description: String { JSONWriter.describe(self) }
}
