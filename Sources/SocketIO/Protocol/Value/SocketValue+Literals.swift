extension SocketValue: ExpressibleByNilLiteral {
  /// Null.
  public init(nilLiteral: ()) { self = .null }
}

extension SocketValue: ExpressibleByBooleanLiteral {
  /// A Boolean.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension SocketValue: ExpressibleByIntegerLiteral {
  /// An integer.
  public init(integerLiteral value: Int) { self = .int(value) }
}

extension SocketValue: ExpressibleByFloatLiteral {
  /// A number.
  public init(floatLiteral value: Double) { self = .double(value) }
}

extension SocketValue: ExpressibleByStringInterpolation {
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
}

extension SocketValue: ExpressibleByArrayLiteral {
  /// An array.
  public init(arrayLiteral elements: SocketValue...) { self = .array(elements) }
}

extension SocketValue: ExpressibleByDictionaryLiteral {
  /// An object with its members in the order of the literal. Of members with the same key, the last one's value is
  /// kept.
  public init(dictionaryLiteral members: (String, SocketValue)...) { self = .object(SocketObject(members)) }
}
