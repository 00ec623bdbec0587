/// What a test waited for did not happen.
public struct TestServerError: Error, Sendable, CustomStringConvertible {
  /// One sentence.
  public let message: String

  /// The message.
  public var description: String { message }

  init(_ message: String) { self.message = message }
}
