#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension SocketValue {
  /// Encodes any Encodable value.
  ///
  /// - `Data` and `[UInt8]` become binary data, at any depth.
  /// - `Date` becomes a string as JavaScript's `toISOString` writes it: `2024-02-29T12:30:00.000Z`.
  /// - `URL` becomes a string, `Decimal` a number.
  /// - NaN and infinities are kept, and are written as null.
  /// - Dictionaries with String or Int keys become objects.
  /// - A `SocketValue` stays as it is.
  ///
  /// - Throws: An `EncodingError` for what none of these can hold, or whatever the value's `encode(to:)` throws.
  public init(encoding value: some Encodable) throws {
    self = try SocketValueEncoder.encode(value, at: .top).value
  }
}

/// Encodes one value, through any of the three kinds of container.
final class SocketValueEncoder: Encoder {
  /// A value, or the place of one that is still being encoded.
  enum Slot {
    case value(SocketValue)
    case array(ArrayNode)
    case object(ObjectNode)
    case encoder(SocketValueEncoder)

    /// The value, once everything is encoded. A type that encoded nothing becomes an empty object.
    var value: SocketValue {
      switch self {
      case .value(let value): value
      case .array(let node): .array(node.elements.map(\.value))
      case .object(let node): .object(SocketObject(node.members.lazy.map { ($0.key, $0.slot.value) }))
      case .encoder(let encoder): encoder.slot?.value ?? .object([:])
      }
    }
  }

  final class ArrayNode {
    var elements: [Slot]

    init(_ elements: [SocketValue] = []) { self.elements = elements.map { .value($0) } }
  }

  final class ObjectNode {
    private(set) var members: [(key: String, slot: Slot)] = []
    /// The index of each key, made at the first need: most objects have no nested containers.
    private var positions: [KeyBytes: Int]?

    init() {}

    init(_ object: SocketObject) { members = object.map { ($0.key, .value($0.value)) } }

    /// Adds a member; of those with the same key, the last one counts.
    func add(_ slot: Slot, forKey key: String) {
      positions?[KeyBytes(text: key)] = members.count
      members.append((key, slot))
    }

    /// The value of a key so far.
    func slot(forKey key: String) -> Slot? {
      if positions == nil {
        positions = Dictionary(
          members.enumerated().lazy.map { (KeyBytes(text: $0.element.key), $0.offset) }, uniquingKeysWith: { $1 })
      }
      return positions?[KeyBytes(text: key)].map { members[$0].slot }
    }
  }

  fileprivate(set) var slot: Slot?
  let path: CodingPath

  init(path: CodingPath) { self.path = path }

  var codingPath: [any CodingKey] { path.keys }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  static func encode<Value: Encodable>(_ value: Value, at path: @autoclosure () -> CodingPath) throws -> Slot {
    if let leaf = try SocketValue(leaf: value, at: path()) { return .value(leaf) }
    let encoder = SocketValueEncoder(path: path())
    try value.encode(to: encoder)
    return encoder.slot ?? .encoder(encoder)
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    let node: ObjectNode
    if case .object(let existing) = slot {
      // A subclass and its superclass may ask for a container each, and share the object.
      node = existing
    } else {
      node = ObjectNode()
      slot = .object(node)
    }
    return KeyedEncodingContainer(KeyedContainer<Key>(node: node, path: path))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if case .array(let existing) = slot { return UnkeyedContainer(node: existing, path: path) }
    let node = ArrayNode()
    slot = .array(node)
    return UnkeyedContainer(node: node, path: path)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { SingleValueContainer(encoder: self) }
}

/// The generic `encode` of each container also stands for the protocol's overloads for basic types:
/// ``SocketValue/init(leaf:at:)`` handles those.
extension SocketValueEncoder {
  private struct KeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: ObjectNode
    let path: CodingPath

    var codingPath: [any CodingKey] { path.keys }

    func encodeNil(forKey key: Key) { add(.value(.null), forKey: key) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
      add(try SocketValueEncoder.encode(value, at: path.appending(key)), forKey: key)
    }

    func nestedContainer<NestedKey: CodingKey>(
      keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
      // A subclass and its superclass may both ask for this container, and then share it.
      let nested: ObjectNode
      switch node.slot(forKey: key.stringValue) {
      case .object(let existing): nested = existing
      case .value(.object(let object)):
        nested = ObjectNode(object)
        add(.object(nested), forKey: key)
      default:
        nested = ObjectNode()
        add(.object(nested), forKey: key)
      }
      return KeyedEncodingContainer(KeyedContainer<NestedKey>(node: nested, path: path.appending(key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      let nested: ArrayNode
      switch node.slot(forKey: key.stringValue) {
      case .array(let existing): nested = existing
      case .value(.array(let elements)):
        nested = ArrayNode(elements)
        add(.array(nested), forKey: key)
      default:
        nested = ArrayNode()
        add(.array(nested), forKey: key)
      }
      return UnkeyedContainer(node: nested, path: path.appending(key))
    }

    func superEncoder() -> any Encoder { superEncoder(at: AnyCodingKey.super) }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(at: key) }

    private func superEncoder(at key: any CodingKey) -> any Encoder {
      let encoder = SocketValueEncoder(path: path.appending(key))
      add(.encoder(encoder), forKey: key)
      return encoder
    }

    private func add(_ slot: Slot, forKey key: any CodingKey) {
      node.add(slot, forKey: key.stringValue)
    }
  }

  private struct UnkeyedContainer: UnkeyedEncodingContainer {
    let node: ArrayNode
    let path: CodingPath

    var codingPath: [any CodingKey] { path.keys }
    var count: Int { node.elements.count }

    private var elementPath: CodingPath { path.appending(AnyCodingKey.index(count)) }

    func encodeNil() { node.elements.append(.value(.null)) }

    func encode<Value: Encodable>(_ value: Value) throws {
      node.elements.append(try SocketValueEncoder.encode(value, at: elementPath))
    }

    func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
      let nested = KeyedContainer<NestedKey>(node: ObjectNode(), path: elementPath)
      node.elements.append(.object(nested.node))
      return KeyedEncodingContainer(nested)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
      let nested = UnkeyedContainer(node: ArrayNode(), path: elementPath)
      node.elements.append(.array(nested.node))
      return nested
    }

    func superEncoder() -> any Encoder {
      let encoder = SocketValueEncoder(path: elementPath)
      node.elements.append(.encoder(encoder))
      return encoder
    }
  }

  private struct SingleValueContainer: SingleValueEncodingContainer {
    let encoder: SocketValueEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() { encoder.slot = .value(.null) }

    func encode<Value: Encodable>(_ value: Value) throws {
      encoder.slot = try SocketValueEncoder.encode(value, at: encoder.path)
    }
  }
}
