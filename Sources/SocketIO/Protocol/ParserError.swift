/// Why a parser could not encode a packet or decode a message.
public struct ParserError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What went wrong. Further codes may appear, and a parser of your own may add its own.
  public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The name of the code.
    public let rawValue: String

    /// Makes a code of that name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The name of the code.
    public var description: String { rawValue }

    /// The text does not begin with the digit of a packet type.
    public static let unknownPacketType = Code(rawValue: "unknownPacketType")
    /// The number of attachments is not a number followed by `-`, or a placeholder names none of the attachments.
    public static let illegalAttachments = Code(rawValue: "illegalAttachments")
    /// More attachments are announced than the limit allows.
    public static let tooManyAttachments = Code(rawValue: "tooManyAttachments")
    /// The namespace does not begin with a slash, or has a comma inside.
    public static let illegalNamespace = Code(rawValue: "illegalNamespace")
    /// The acknowledgement id is negative, or larger than an Int.
    public static let illegalID = Code(rawValue: "illegalID")
    /// The payload is not JSON, or has not the shape that the type of packet asks for.
    public static let invalidPayload = Code(rawValue: "invalidPayload")
    /// A text message came while attachments were outstanding.
    public static let unexpectedText = Code(rawValue: "unexpectedText")
    /// A binary message came that no packet announced.
    public static let unexpectedBinary = Code(rawValue: "unexpectedBinary")
  }

  /// What went wrong, for programs.
  public var code: Code
  /// What went wrong, for people.
  public var message: String
  /// The fault in the JSON text, if that is the reason. Its offset counts from the beginning of the message.
  public var jsonError: JSONError?

  /// Makes an error.
  public init(_ code: Code, _ message: String, jsonError: JSONError? = nil) {
    self.code = code
    self.message = message
    self.jsonError = jsonError
  }

  /// The message, with the fault in the JSON text if there is one.
  public var description: String {
    guard let jsonError else { return message }
    return "\(message): \(jsonError)"
  }
}
