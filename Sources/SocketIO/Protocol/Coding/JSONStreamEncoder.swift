extension JSONWriter {
  /// Writes any Encodable value. The text is that of ``SocketValue/init(encoding:)``, but no such value is made if the
  /// type encodes itself in the order of the text, as nearly all types do.
  ///
  /// - Throws: What ``SocketValue/init(encoding:)`` throws, or a ``JSONError`` if it is nested too deep.
  mutating func write<Value: Encodable>(encoding value: Value) throws {
    let start = mark
    if !stream(value) {
      rewind(to: start)
      try write(SocketValue(encoding: value))
    }
  }

  /// - Returns: Whether the value could be written in the order in which it encoded itself, and without an error. Only
  ///   the tree knows an error's coding path, and which of several errors counts.
  mutating func stream<Value: Encodable>(_ value: Value) -> Bool {
    withUnsafeMutablePointer(to: &self) { writer in
      do {
        if let leaf = try SocketValue(leaf: value, at: .top) {
          try writer.pointee.write(leaf)
        } else if try !writer.pointee.write(ifSimpleArray: value) {
          let stream = JSONStream(writer)
          defer { stream.abandon() }
          try stream.write(value, key: nil)
        }
        return true
      } catch {
        return false
      }
    }
  }
}

/// Encodes one value, through any of the three kinds of container, and writes it at once.
struct JSONStreamEncoder: Encoder {
  let stream: JSONStream
  let serial: Int

  var codingPath: [any CodingKey] { stream.codingPath(of: serial) }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    stream.open(.object, in: serial)
    return KeyedEncodingContainer(KeyedContainer<Key>(stream: stream, serial: serial))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    stream.open(.array, in: serial)
    return UnkeyedContainer(stream: stream, serial: serial)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleValueContainer(encoder: self) }
}

/// The generic `encode` of each container also stands for the protocol's overloads for basic types:
/// ``SocketValue/init(leaf:at:)`` handles those. A function that cannot throw leaves it to the next one that can to
/// report an abandoned stream.
extension JSONStreamEncoder {
  private struct KeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let stream: JSONStream
    let serial: Int

    var codingPath: [any CodingKey] { stream.codingPath(of: serial) }

    func encodeNil(forKey key: Key) throws {
      try stream.beginMember(key.stringValue, in: serial)
      stream.writeNull()
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
      try stream.beginMember(key.stringValue, in: serial)
      try stream.write(value, key: key)
    }

    func nestedContainer<NestedKey: CodingKey>(
      keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
      KeyedEncodingContainer(KeyedContainer<NestedKey>(stream: stream, serial: nested(.object, at: key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      UnkeyedContainer(stream: stream, serial: nested(.array, at: key))
    }

    func superEncoder() -> any Encoder { superEncoder(at: AnyCodingKey.super) }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(at: key) }

    private func superEncoder(at key: any CodingKey) -> any Encoder {
      JSONStreamEncoder(stream: stream, serial: nested(.nothing, at: key))
    }

    private func nested(_ content: JSONStream.Frame.Content, at key: any CodingKey) -> Int {
      guard (try? stream.beginMember(key.stringValue, in: serial)) != nil else { return 0 }
      return stream.pushNested(content, key: key)
    }
  }

  private struct UnkeyedContainer: UnkeyedEncodingContainer {
    let stream: JSONStream
    let serial: Int

    var codingPath: [any CodingKey] { stream.codingPath(of: serial) }
    var count: Int { stream.count(of: serial) }

    /// The key of the element whose place was just made.
    private var key: AnyCodingKey { .index(count - 1) }

    func encodeNil() throws {
      try stream.beginElement(in: serial)
      stream.writeNull()
    }

    func encode<Value: Encodable>(_ value: Value) throws {
      try stream.beginElement(in: serial)
      try stream.write(value, key: key)
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
      KeyedEncodingContainer(KeyedContainer<NestedKey>(stream: stream, serial: nested(.object)))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
      UnkeyedContainer(stream: stream, serial: nested(.array))
    }

    func superEncoder() -> any Encoder { JSONStreamEncoder(stream: stream, serial: nested(.nothing)) }

    private func nested(_ content: JSONStream.Frame.Content) -> Int {
      guard (try? stream.beginElement(in: serial)) != nil else { return 0 }
      return stream.pushNested(content, key: key)
    }
  }

  private struct SingleValueContainer: SingleValueEncodingContainer {
    let encoder: JSONStreamEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() throws {
      try encoder.stream.beginValue(in: encoder.serial)
      encoder.stream.writeNull()
    }

    func encode<Value: Encodable>(_ value: Value) throws {
      try encoder.stream.beginValue(in: encoder.serial)
      try encoder.stream.write(value, key: nil)
    }
  }
}
