/// Why bytes are not valid MessagePack for this library, or a value cannot be written as MessagePack.
struct MessagePackError: Error, Equatable {
  enum Reason: Equatable, CustomStringConvertible {
    case unexpectedEnd
    case bytesAfterEnd
    case unknownFormat
    case tooDeep
    case tooLong
    case invalidUTF8
    case illegalKey
    case unknownExtension(type: Int8)
    case illegalTimestamp
    case dateOutOfRange

    var description: String {
      switch self {
      case .unexpectedEnd: "unexpected end"
      case .bytesAfterEnd: "bytes after the end"
      case .unknownFormat: "a byte that begins no value"
      case .tooDeep: "nested too deep"
      case .tooLong: "a length of more than 32 bits"
      case .invalidUTF8: "invalid UTF-8"
      case .illegalKey: "a key that is neither a string nor an integer"
      case .unknownExtension(let type): "an extension of type \(type), which has no meaning here"
      case .illegalTimestamp: "a timestamp of no known form"
      case .dateOutOfRange: "a date that is not within 100 million days of 1970"
      }
    }
  }

  let reason: Reason
  /// The number of bytes read or written before the fault.
  let offset: Int

  init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }
}

extension ParserError {
  init(_ error: MessagePackError) {
    self.init(.invalidPayload, "invalid payload: \(error.reason)", offset: error.offset)
  }
}
