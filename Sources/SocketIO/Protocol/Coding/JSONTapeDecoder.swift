/// Decodes one value of a JSON text, through any of the three kinds of container, without a tree.
///
/// Like its containers, it is small enough to fit into an existential without an allocation.
struct JSONTapeDecoder: Decoder {
  let tape: JSONTape
  let token: UInt32
  /// The path to the value.
  let step: Int32

  var codingPath: [any CodingKey] { tape.path.keys(to: step) }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  /// The value as a tree.
  var value: SocketValue { tape.value(token) }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard tape.isObject(token) else { throw mismatch([String: Any].self) }
    return KeyedDecodingContainer(KeyedContainer(tape: tape, object: token, step: step))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard tape.firstByte(of: token) == ASCII.openBracket else { throw mismatch([Any].self) }
    return UnkeyedContainer(tape: tape, array: token, step: step)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer { SingleValueContainer(decoder: self) }

  private func mismatch(_ type: Any.Type) -> DecodingError {
    SocketValueDecoder(value: tape.kind(token), parent: .tape(tape, step), key: nil).mismatch(type)
  }
}

extension JSONTape {
  func isObject(_ token: UInt32) -> Bool { firstByte(of: token) == ASCII.openBrace && attachment(token) == nil }

  func isNull(_ token: UInt32) -> Bool { firstByte(of: token) == UInt8(ascii: "n") }
}

/// The generic `decode` of each container also stands for the protocol's overloads for basic types.
extension JSONTapeDecoder {
  private struct KeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let tape: JSONTape
    let object: UInt32
    let step: Int32

    var codingPath: [any CodingKey] { tape.path.keys(to: step) }
    var allKeys: [Key] { tape.keys(of: object).compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { tape[key.stringValue, in: object] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { tape.isNull(try token(forKey: key)) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
      try tape.decode(type, at: try token(forKey: key), .name(key), in: step)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
      guard let token = tape[key.stringValue, in: object], !tape.isNull(token) else { return nil }
      return try tape.decode(type, at: token, .name(key), in: step)
    }

    func nestedContainer<NestedKey: CodingKey>(
      keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
      try decoder(at: try token(forKey: key), key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      try decoder(at: try token(forKey: key), key).unkeyedContainer()
    }

    func superDecoder() -> any Decoder { superDecoder(at: AnyCodingKey.super) }

    func superDecoder(forKey key: Key) -> any Decoder { superDecoder(at: key) }

    private func superDecoder(at key: any CodingKey) -> any Decoder {
      decoder(at: tape[key.stringValue, in: object] ?? JSONTape.missing, key)
    }

    private func decoder(at token: UInt32, _ key: any CodingKey) -> JSONTapeDecoder {
      JSONTapeDecoder(tape: tape, token: token, step: tape.path.append(.name(key), to: step))
    }

    @inline(__always)
    private func token(forKey key: Key) throws -> UInt32 {
      guard let token = tape[key.stringValue, in: object] else { throw notFound(key) }
      return token
    }

    private func notFound(_ key: Key) -> DecodingError {
      let reason = "There is no member \"\(key.stringValue)\"."
      return .keyNotFound(key, .init(codingPath: codingPath, debugDescription: reason))
    }
  }

  private struct UnkeyedContainer: UnkeyedDecodingContainer {
    let tape: JSONTape
    let array: UInt32
    let step: Int32
    /// The token of the current element.
    private var token: UInt32
    private var index: Int32 = 0

    init(tape: JSONTape, array: UInt32, step: Int32) {
      self.tape = tape
      self.array = array
      self.step = step
      token = array + 1
    }

    var codingPath: [any CodingKey] { tape.path.keys(to: step) }
    var isAtEnd: Bool { token >= tape.tokens[Int(array)].info }
    var currentIndex: Int { Int(index) }

    var count: Int? {
      var (count, token, end) = (0, array + 1, tape.tokens[Int(array)].info)
      while token < end {
        token = tape.next(after: token)
        count += 1
      }
      return count
    }

    mutating func decodeNil() throws -> Bool {
      try expectElement(Never?.self)
      let isNull = tape.isNull(token)
      if isNull { advance() }
      return isNull
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try expectElement(type)
      let value = try tape.decode(type, at: token, .index(currentIndex), in: step)
      advance()
      return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
      keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
      let container = try decoder(for: [String: Any].self).container(keyedBy: type)
      advance()
      return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
      let container = try decoder(for: [Any].self).unkeyedContainer()
      advance()
      return container
    }

    mutating func superDecoder() throws -> any Decoder {
      let decoder = try decoder(for: SocketValue.self)
      advance()
      return decoder
    }

    private mutating func advance() {
      token = tape.next(after: token)
      index &+= 1
    }

    private func decoder(for type: Any.Type) throws -> JSONTapeDecoder {
      try expectElement(type)
      return JSONTapeDecoder(tape: tape, token: token, step: tape.path.append(.index(currentIndex), to: step))
    }

    private func expectElement(_ type: Any.Type) throws {
      guard isAtEnd else { return }
      let path = codingPath + [AnyCodingKey.index(currentIndex)]
      let reason = "The array ends before the \(type)."
      throw DecodingError.valueNotFound(type, .init(codingPath: path, debugDescription: reason))
    }
  }

  private struct SingleValueContainer: SingleValueDecodingContainer {
    let decoder: JSONTapeDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool { decoder.tape.isNull(decoder.token) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try decoder.tape.decode(type, at: decoder.token, nil, in: decoder.step)
    }
  }
}
