/// Codable values as JSON texts, for the benchmarks: directly, as events and acknowledgements are coded, and through a
/// tree.
package enum JSONCoding {
  /// - Returns: The length of the text.
  package static func encodedSize(_ value: some Encodable) throws -> Int {
    try GrowingBytes.withBlock { block throws(any Error) in
      var writer = JSONWriter(GrowingBytes(block), binaryPolicy: .attach)
      try writer.write(encoding: value)
      return writer.bytes.count
    }
  }

  /// - Returns: The length of the text.
  package static func encodedSizeByTree(_ value: some Encodable) throws -> Int {
    try GrowingBytes.withBlock { block throws(any Error) in
      var writer = JSONWriter(GrowingBytes(block), binaryPolicy: .attach)
      try writer.write(SocketValue(encoding: value))
      return writer.bytes.count
    }
  }

  package static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
    try text.withUTF8Bytes { bytes throws(any Error) in
      var position = 0
      return try JSONTape.decode(type, from: bytes, at: &position, attachments: [])
    }
  }
}
