#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The payload of one Engine.IO message: what a ``SocketParser`` writes and reads.
///
/// A transport carries each message whole and in order, as text or as bytes.
public enum EngineMessage: Sendable, Hashable {
  /// A text message.
  case text(String)
  /// A binary message.
  case binary(Data)

  /// The size in bytes.
  var size: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let data): data.count
    }
  }
}
