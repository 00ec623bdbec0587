/// Which WebSocket messages are compressed, if the server agrees.
public struct PerMessageDeflate: Sendable, Hashable {
  /// Messages with fewer bytes are not compressed.
  public var threshold: Int

  /// Compresses messages of at least this many bytes.
  public init(threshold: Int = 1_024) { self.threshold = threshold }
}
