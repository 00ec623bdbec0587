#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// Why a JSON text could not be read, or a value not written as JSON.
public struct JSONError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
  /// The kind of fault. Further reasons may appear.
  public struct Reason: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The reason as a phrase.
    public let rawValue: String

    /// Makes a reason from its phrase.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The reason as a phrase.
    public var description: String { rawValue }

    /// The text ends before the value does.
    public static let unexpectedEnd = Reason(rawValue: "unexpected end of text")
    /// A character that the grammar does not allow there, such as a byte order mark.
    public static let unexpectedCharacter = Reason(rawValue: "unexpected character")
    /// A number without the digits that the grammar requires.
    public static let invalidNumber = Reason(rawValue: "invalid number")
    /// A backslash that begins no valid escape.
    public static let invalidEscape = Reason(rawValue: "invalid escape")
    /// A control character below U+0020 inside a string, unescaped.
    public static let controlCharacter = Reason(rawValue: "control character in a string")
    /// The bytes are not UTF-8.
    public static let invalidUTF8 = Reason(rawValue: "invalid UTF-8")
    /// Arrays and objects are nested deeper than the limit.
    public static let tooDeep = Reason(rawValue: "nested too deep")
    /// JSON cannot hold binary data, and here it cannot become an attachment.
    public static let binaryValue = Reason(rawValue: "binary value")
    /// A placeholder in a binary packet that names none of its attachments.
    public static let illegalPlaceholder = Reason(rawValue: "placeholder of no attachment")
  }

  /// The kind of fault.
  public var reason: Reason
  /// The place of the fault: how many bytes of the text are before it or, when writing, were written before it.
  public var offset: Int

  /// Makes an error.
  public init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// The reason and the place.
  public var description: String { "\(reason) at byte \(offset)" }

  /// The same as the description: what `localizedDescription` says.
  public var errorDescription: String? { description }
}
