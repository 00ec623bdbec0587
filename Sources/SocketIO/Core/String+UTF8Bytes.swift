extension String {
  /// Calls the body with the string's UTF-8 bytes, which are always well-formed.
  @inline(__always)
  func withUTF8Bytes<Value, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    if let result = utf8.withContiguousStorageIfAvailable({ Self.result(of: body, $0) }) { return try result.get() }
    var copy = self
    return try copy.withUTF8 { Self.result(of: body, $0) }.get()
  }

  @inline(__always)
  private static func result<Value, Failure>(
    of body: (UnsafeRawBufferPointer) throws(Failure) -> Value, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> Result<Value, Failure> {
    Result { () throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
  }
}
