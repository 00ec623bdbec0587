import Foundation

@testable import SocketIO

/// The outcome of coding: a value, or the kind, place and text of an error.
enum CodingOutcome: Equatable, CustomStringConvertible {
  case value(SocketValue)
  case text(String, [Data])
  case failure(kind: String, path: [String], description: String)

  var description: String {
    switch self {
    case .value(let value): "value \(value)"
    case .text(let text, let data): "text \(text) \(data)"
    case .failure(let kind, let path, let description): "\(kind) at \(path): \(description)"
    }
  }

  init(_ body: () throws -> CodingOutcome) {
    func failure(_ kind: String, _ context: DecodingError.Context) -> CodingOutcome {
      .failure(kind: kind, path: context.codingPath.map(Self.show), description: context.debugDescription)
    }
    do {
      self = try body()
    } catch DecodingError.keyNotFound(let key, let context) {
      self = failure("keyNotFound \(Self.show(key))", context)
    } catch DecodingError.valueNotFound(let type, let context) {
      self = failure("valueNotFound \(type)", context)
    } catch DecodingError.typeMismatch(let type, let context) {
      self = failure("typeMismatch \(type)", context)
    } catch DecodingError.dataCorrupted(let context) {
      self = failure("dataCorrupted", context)
    } catch EncodingError.invalidValue(let value, let context) {
      self = .failure(
        kind: "invalidValue \(type(of: value))", path: context.codingPath.map(Self.show),
        description: context.debugDescription)
    } catch {
      self = .failure(kind: "\(type(of: error))", path: [], description: "\(error)")
    }
  }

  private static func show(_ key: any CodingKey) -> String {
    "\(type(of: key)) \(key.stringValue) \(key.intValue.map(String.init) ?? "-")"
  }
}

enum DirectCoding {
  /// Decodes a text with a `JSONTape`.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from text: String, attachments: [Data] = []
  ) throws -> Value {
    // What outlives the call must not read these bytes.
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
    bytes.copyBytes(from: text.utf8)
    defer {
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      bytes.deallocate()
    }
    var position = 0
    return try JSONTape.decode(
      type, from: UnsafeRawBufferPointer(bytes), at: &position, attachments: attachments)
  }

  /// Decodes a text through a tree.
  static func decodeTree<Value: Decodable>(
    _ type: Value.Type, from text: String, attachments: [Data] = []
  ) throws -> Value {
    try text.withUTF8Bytes { bytes in
      Result {
        var reader = JSONReader(
          bytes, maxDepth: DepthLimit.greatest, attachments: attachments.isEmpty ? nil : attachments)
        return try reader.readDocument().decode(as: type)
      }
    }.get()
  }

  static func encode(_ value: any Encodable, maxDepth: Int = DepthLimit.usual) throws -> CodingOutcome {
    try write(maxDepth: maxDepth) { try $0.write(encoding: value) }
  }

  static func encodeTree(_ value: any Encodable, maxDepth: Int = DepthLimit.usual) throws -> CodingOutcome {
    try write(maxDepth: maxDepth) { try $0.write(SocketValue(encoding: value)) }
  }

  /// Whether a value can be written as a stream, in the order in which it encodes itself.
  static func streams(_ value: any Encodable) -> Bool {
    GrowingBytes.withBlock { block in
      var writer = JSONWriter(GrowingBytes(block), binaryPolicy: .attach)
      return writer.stream(value)
    }
  }

  static func write(
    maxDepth: Int = DepthLimit.usual, _ body: (inout JSONWriter) throws -> Void
  ) throws -> CodingOutcome {
    try GrowingBytes.withBlock { block throws(any Error) in
      var writer = JSONWriter(GrowingBytes(block), binaryPolicy: .attach, maxDepth: maxDepth)
      try body(&writer)
      let attachments = writer.attachments
      return .text(writer.text(), attachments)
    }
  }
}
