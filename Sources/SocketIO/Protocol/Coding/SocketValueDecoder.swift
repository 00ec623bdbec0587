#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension SocketValue {
  /// Decodes the value as any Decodable type: the reverse of ``init(encoding:)``.
  ///
  /// A number decodes as an integer type only if the type holds it exactly, whether it was written as `3` or as `3.0`.
  /// A string decodes as a `Date` if it is an ISO 8601 date with time and time zone. Only binary data decodes as
  /// `Data`; `[UInt8]` also accepts an array of numbers.
  ///
  /// - Throws: A `DecodingError` that says where and why the value is not of that type.
  public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try SocketValueDecoder(value: self, parent: .top, key: nil).decode(type)
  }
}

/// Decodes one value, through any of the three kinds of container.
struct SocketValueDecoder: Decoder {
  let value: SocketValue
  let parent: CodingPath
  /// The value's key in its parent, not yet part of a path: most values are leaves, and need no path.
  let key: (any CodingKey)?

  private var path: CodingPath { key.map { parent.appending($0) } ?? parent }

  var codingPath: [any CodingKey] { path.keys }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard case .object(let object) = value else { throw mismatch([String: Any].self) }
    return KeyedDecodingContainer(KeyedContainer(object: object, path: path))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard case .array(let elements) = value else { throw mismatch([Any].self) }
    return UnkeyedContainer(elements: elements, path: path)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { SingleValueContainer(decoder: self) }

  /// The error for a value of another kind than the type asks for.
  func mismatch(_ type: Any.Type) -> DecodingError {
    let context = DecodingError.Context(codingPath: codingPath, debugDescription: "Expected \(type), found \(kind).")
    return value.isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }

  private var kind: String {
    switch value {
    case .null: "null"
    case .bool: "a bool"
    case .int, .uint, .double: "a number"
    case .string: "a string"
    case .binary: "binary data"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// The generic `decode` of each container also stands for the protocol's overloads for basic types.
extension SocketValueDecoder {
  private struct KeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: SocketObject
    let path: CodingPath

    var codingPath: [any CodingKey] { path.keys }
    var allKeys: [Key] { object.keys.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { object[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try decoder(forKey: key).value.isNull }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
      try decoder(forKey: key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
      keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
      try decoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      try decoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() -> any Decoder { superDecoder(at: AnyCodingKey.super) }

    func superDecoder(forKey key: Key) -> any Decoder { superDecoder(at: key) }

    private func superDecoder(at key: any CodingKey) -> any Decoder {
      SocketValueDecoder(value: object[key.stringValue] ?? .null, parent: path, key: key)
    }

    private func decoder(forKey key: Key) throws -> SocketValueDecoder {
      guard let value = object[key.stringValue] else {
        let reason = "There is no member \"\(key.stringValue)\"."
        throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: reason))
      }
      return SocketValueDecoder(value: value, parent: path, key: key)
    }
  }

  private struct UnkeyedContainer: UnkeyedDecodingContainer {
    let elements: [SocketValue]
    let path: CodingPath
    private(set) var currentIndex = 0

    init(elements: [SocketValue], path: CodingPath) {
      self.elements = elements
      self.path = path
    }

    var codingPath: [any CodingKey] { path.keys }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    mutating func decodeNil() throws -> Bool {
      let isNull = try decoder(for: Never?.self).value.isNull
      if isNull { currentIndex += 1 }
      return isNull
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
      let value = try decoder(for: type).decode(type)
      currentIndex += 1
      return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
      keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
      let container = try decoder(for: [String: Any].self).container(keyedBy: type)
      currentIndex += 1
      return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
      let container = try decoder(for: [Any].self).unkeyedContainer()
      currentIndex += 1
      return container
    }

    mutating func superDecoder() throws -> any Decoder {
      let decoder = try decoder(for: SocketValue.self)
      currentIndex += 1
      return decoder
    }

    private func decoder(for type: Any.Type) throws -> SocketValueDecoder {
      let key = AnyCodingKey.index(currentIndex)
      guard !isAtEnd else {
        let reason = "The array ends before the \(type)."
        throw DecodingError.valueNotFound(type, .init(codingPath: codingPath + [key], debugDescription: reason))
      }
      return SocketValueDecoder(value: elements[currentIndex], parent: path, key: key)
    }
  }

  private struct SingleValueContainer: SingleValueDecodingContainer {
    let decoder: SocketValueDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.value.isNull }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.decode(type) }
  }
}
