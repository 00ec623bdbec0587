#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The payload of one Engine.IO message: what a ``Parser`` writes and reads.
///
/// A transport carries each of them whole, in order, as text or as bytes.
public enum EngineMessage: Sendable, Hashable {
  /// A text message.
  case text(String)
  /// A binary message.
  case binary(Data)

  /// Bytes.
  var size: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let data): data.count
    }
  }
}
