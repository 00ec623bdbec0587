#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// In types that are encoded for Socket.IO, a value stays unchanged. These conformances serve the coders of other
/// formats, and cannot preserve everything: the coder decides how binary data is represented, and cannot tell it from
/// other values afterwards.
extension SocketValue: Codable {
  /// Encodes the value.
  ///
  /// - Throws: What the coder throws.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .null:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .bool(let value): try value.encode(to: encoder)
    case .int(let value): try value.encode(to: encoder)
    case .uint(let value): try value.encode(to: encoder)
    case .double(let value): try value.encode(to: encoder)
    case .string(let value): try value.encode(to: encoder)
    case .binary(let value):
      // Only through a container can the coder choose how it represents data.
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .array(let value): try value.encode(to: encoder)
    case .object(let value): try value.encode(to: encoder)
    }
  }

  /// Decodes a value of any JSON type.
  ///
  /// - Throws: `DecodingError` if the coder has something else.
  public init(from decoder: any Decoder) throws {
    if let decoder = decoder as? SocketValueDecoder {
      self = decoder.value
    } else if let decoder = decoder as? JSONTapeDecoder {
      self = decoder.value
    } else if var elements = try? decoder.unkeyedContainer() {
      var array: [SocketValue] = []
      while !elements.isAtEnd { array.append(try elements.decode(SocketValue.self)) }
      self = .array(array)
    } else if (try? decoder.container(keyedBy: AnyCodingKey.self)) != nil {
      self = .object(try SocketObject(from: decoder))
    } else {
      self = try SocketValue(scalarFrom: decoder.singleValueContainer())
    }
  }

  private init(scalarFrom container: any SingleValueDecodingContainer) throws {
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .int(value)
    } else if let value = try? container.decode(UInt64.self) {
      self = .uint(value)
    } else if let value = try? container.decode(Double.self) {
      self = .double(value)
    } else {
      self = .string(try container.decode(String.self))
    }
  }
}

extension SocketObject: Codable {
  /// Encodes the members in order.
  ///
  /// - Throws: What the coder throws.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: AnyCodingKey.self)
    for (key, value) in self { try container.encode(value, forKey: .name(key)) }
  }

  /// Decodes an object. The order of its members is up to the coder.
  ///
  /// - Throws: `DecodingError` if the coder has no object.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyCodingKey.self)
    self.init()
    for key in container.allKeys { set(try container.decode(SocketValue.self, forKey: key), forKey: key.stringValue) }
  }
}
