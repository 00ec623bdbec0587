#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Why a parser could not encode a packet or decode a message.
public struct ParserError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
  /// What went wrong. Later versions may add codes, and custom parsers may define their own.
  public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The name of the code.
    public let rawValue: String

    /// Makes a code of that name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The name of the code.
    public var description: String { rawValue }

    /// The packet type is missing or unknown.
    public static let unknownPacketType = Code(rawValue: "unknownPacketType")
    /// The number of attachments is not a number followed by `-`, or a placeholder names no attachment.
    public static let illegalAttachments = Code(rawValue: "illegalAttachments")
    /// More attachments are announced than the limit allows.
    public static let tooManyAttachments = Code(rawValue: "tooManyAttachments")
    /// The namespace does not begin with a slash, or contains a comma, which would end it early.
    public static let illegalNamespace = Code(rawValue: "illegalNamespace")
    /// The acknowledgement id is not an integer, negative, or larger than an Int.
    public static let illegalID = Code(rawValue: "illegalID")
    /// The payload is not JSON or MessagePack, or does not match the type of packet.
    public static let invalidPayload = Code(rawValue: "invalidPayload")
    /// A text message arrived while attachments were outstanding, or where all messages are binary.
    public static let unexpectedText = Code(rawValue: "unexpectedText")
    /// A binary message arrived that no packet announced.
    public static let unexpectedBinary = Code(rawValue: "unexpectedBinary")
  }

  /// What went wrong, for programs.
  public var code: Code
  /// What went wrong, for people.
  public var message: String
  /// The place of the fault, unless it is the packet as a whole: how many bytes of the message are before it or, when
  /// encoding, were written before it.
  public var offset: Int?
  /// The error in the JSON text, if that is the reason. Its offset counts from the beginning of the message.
  public var jsonError: JSONError?

  /// Makes an error. The offset is by default that of the fault in the JSON text.
  public init(_ code: Code, _ message: String, offset: Int? = nil, jsonError: JSONError? = nil) {
    self.code = code
    self.message = message
    self.offset = offset ?? jsonError?.offset
    self.jsonError = jsonError
  }

  /// The message, with the fault in the JSON text if there is one, and the place.
  public var description: String {
    if let jsonError { return "\(message): \(jsonError)" }
    return offset.map { "\(message) at byte \($0)" } ?? message
  }

  /// The same as the description: what `localizedDescription` says.
  public var errorDescription: String? { description }
}
