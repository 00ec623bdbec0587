#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The arguments of an event or of an acknowledgement from the server.
enum ReceivedArguments: Sendable {
  /// Values that the parser made.
  ///
  /// `size`: the bytes that arrived, and the memory of the containers.
  case values([SocketValue], size: Int)
  /// Text as it arrived, to be read where the arguments are used.
  case json(JSONArguments)

  /// - Parameter text: That of a packet, which was checked when it arrived. It is copied.
  init?(checked text: UnsafeRawBufferPointer) {
    guard let head = PacketHead(checked: text) else { return nil }
    self = .json(JSONArguments(text, start: head.argumentsStart))
  }

  /// All arguments as values, read from the text if necessary.
  var values: [SocketValue] {
    switch self {
    case .values(let values, _): values
    case .json(let json): json.values
    }
  }

  /// The bytes that they count while they wait: those that arrived and, of values, the memory of their containers.
  var size: Int {
    switch self {
    case .values(_, let size): size
    case .json(let json): json.size
    }
  }

  /// The bytes that arrived; an estimate if the parser made values.
  var receivedSize: Int {
    switch self {
    case .values(let values, _): SocketValue.array(values).estimatedSize
    case .json(let json): json.size
    }
  }

  /// The last one, if it is a string.
  var lastString: String? {
    switch self {
    case .values(let values, _): values.last?.stringValue
    case .json(let json): json.lastString
    }
  }
}

/// Arguments in a JSON text that has been checked.
struct JSONArguments: Sendable {
  /// The text of the whole packet. An array would be made faster, but a short string takes no memory of its own.
  private let text: String
  /// What the placeholders in the text stand for; nil if there are none, only objects that look like them.
  var attachments: [Data]?
  /// 32 bits keep waiting events small.
  private let offset: UInt32

  /// - Parameter start: Where the first argument begins, or the array ends.
  init(_ text: UnsafeRawBufferPointer, start: UInt32) {
    self.text = String(decoding: text, as: UTF8.self)
    offset = start
  }

  /// Where the first argument begins, or the array ends. Only whitespace and the closing bracket follow the last one.
  var start: Int { Int(offset) }

  /// The bytes that arrived.
  var size: Int {
    guard let attachments else { return text.utf8.count }
    return attachments.reduce(text.utf8.count) { $0 + $1.count }
  }

  /// Calls the body on the bytes of the whole packet.
  @inline(__always)
  func withUnsafeBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try text.withUTF8Bytes(body)
  }

  var values: [SocketValue] {
    withUnsafeBytes { bytes in
      var reader = JSONReader(bytes, from: start, maxDepth: DepthLimit.greatest, attachments: attachments)
      do {
        return try reader.readElements()
      } catch {
        assertionFailure("the text was checked: \(error)")
        return []
      }
    }
  }

  var lastString: String? { withUnsafeBytes { Self.lastString(of: $0, start: offset) } }

  /// Searches from the end: a quote inside a string follows a backslash, and the opening quote does not.
  ///
  /// - Parameters:
  ///   - text: That of a packet.
  ///   - start: Where its arguments begin.
  static func lastString(of text: UnsafeRawBufferPointer, start: UInt32) -> String? {
    let arguments = text[Int(start)...]
    guard let bracket = arguments.lastIndex(of: ASCII.closeBracket),
      let end = arguments[..<bracket].lastIndex(where: { $0 > ASCII.space }), arguments[end] == ASCII.quote
    else { return nil }
    var quote = arguments[..<end].lastIndex(of: ASCII.quote)
    while let candidate = quote {
      let backslashes = arguments[..<candidate].reversed().prefix { $0 == ASCII.backslash }.count
      if backslashes.isMultiple(of: 2) {
        return String(unescaping: UnsafeRawBufferPointer(rebasing: text[(candidate + 1)..<end]))
      }
      quote = arguments[..<candidate].lastIndex(of: ASCII.quote)
    }
    return nil
  }
}
