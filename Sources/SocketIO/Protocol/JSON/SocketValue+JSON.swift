extension SocketValue {
  /// Reads a JSON text (RFC 8259), as strictly as JavaScript's `JSON.parse`.
  ///
  /// Integers of up to 64 bits are exact. Numbers with a fraction or an exponent, larger ones and `-0` are doubles, and
  /// `1e400` is infinite, as in JavaScript. The escape of a lone surrogate becomes U+FFFD, since Swift strings cannot
  /// hold one. Of members with the same key, the last one's value counts.
  ///
  /// - Parameters:
  ///   - json: The text.
  ///   - maxDepth: How deep arrays and objects may be nested, at most 1,024. By default 512.
  /// - Throws: ``JSONError`` if the text is not JSON, with the reason and the place.
  public init(json: String, maxDepth: Int = 512) throws(JSONError) {
    self = try json.withUTF8Bytes { bytes throws(JSONError) in
      var reader = JSONReader(bytes, maxDepth: maxDepth)
      return try reader.readDocument()
    }
  }

  /// Reads a JSON text from UTF-8 bytes, as ``init(json:maxDepth:)`` does.
  ///
  /// - Throws: ``JSONError`` if the bytes are not UTF-8 or not JSON. A byte order mark is not JSON.
  public init(jsonBytes: some Collection<UInt8>, maxDepth: Int = 512) throws(JSONError) {
    func read(_ buffer: UnsafeBufferPointer<UInt8>) -> Result<SocketValue, JSONError> {
      Result { () throws(JSONError) in
        let bytes = UnsafeRawBufferPointer(buffer)
        if let offset = bytes.firstInvalidUTF8() { throw JSONError(.invalidUTF8, at: offset) }
        var reader = JSONReader(bytes, maxDepth: maxDepth)
        return try reader.readDocument()
      }
    }
    let result = jsonBytes.withContiguousStorageIfAvailable(read) ?? Array(jsonBytes).withUnsafeBufferPointer(read)
    self = try result.get()
  }

  /// The value as JSON, as JavaScript's `JSON.stringify` writes it: the shortest texts of numbers, null for NaN and
  /// infinities, and no more escapes than needed. Only integral doubles beyond 2^53 may read back as another number:
  /// their text has rounded digits, and is read as an integer.
  ///
  /// - Throws: ``JSONError`` if there is binary data inside, or more than 1,024 levels of nesting.
  public func jsonString() throws(JSONError) -> String {
    try JSONWriter.text(self, binaryPolicy: .refuse, maxDepth: DepthLimit.greatest)
  }
}
