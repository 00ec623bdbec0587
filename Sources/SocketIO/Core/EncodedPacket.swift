#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// An encoded Socket.IO packet: a text message, and the binary messages that follow it.
struct EncodedPacket: Sendable, Hashable {
  var text: EncodedText
  var attachments: [Data] = []

  /// Bytes of the messages, without Engine.IO's type in front of the text.
  var size: Int { attachments.reduce(text.count - 1) { $0 + $1.count } }
}

/// An encoded text message, including Engine.IO's type in front: `42/chat,7["hi"]`.
///
/// The emitting thread makes it, and the loop only carries it. The loop may set its acknowledgement id, which the
/// transport writes into its place. The bytes never change, so a text that is sent again shares them with one that
/// still waits.
package struct EncodedText: Sendable, Hashable {
  private let bytes: [UInt8]
  /// The number of bytes before the id.
  let idPosition: Int
  var id: Int?

  /// - Parameters:
  ///   - bytes: The bytes before and after the id.
  ///   - idPosition: The number of bytes before the id.
  init(_ bytes: [UInt8], idPosition: Int, id: Int?) {
    self.bytes = bytes
    self.idPosition = idPosition
    self.id = id
  }

  /// - Parameter lent: Is copied.
  init(_ lent: LentText) { self.init(Array(lent.bytes), idPosition: lent.idPosition, id: lent.id) }

  /// The number of bytes without the id.
  var byteCount: Int { bytes.count }

  /// The number of bytes, including the id.
  var count: Int { bytes.count + LentText.digitCount(id) }

  /// The first character of the packet, after Engine.IO's.
  var type: UInt8 { bytes[1] }

  /// The packet, without Engine.IO's type in front.
  package var packet: String {
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { text in
      write(into: text)
      return String(decoding: text[1...], as: UTF8.self)
    }
  }

  /// Lends the text for the duration of the call.
  @inline(__always)
  func withLentText<Result>(_ body: (LentText) -> Result) -> Result {
    bytes.withUnsafeBytes { body(LentText($0, idPosition: idPosition, id: id)) }
  }

  /// Writes the text into memory of its size.
  func write(into target: UnsafeMutableRawBufferPointer) { withLentText { $0.write(into: target) } }

  func append(to body: inout [UInt8]) {
    let start = body.count
    body.append(contentsOf: repeatElement(0, count: count))
    body.withUnsafeMutableBytes { write(into: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
  }
}

/// An encoded text message whose bytes are lent for the duration of a call.
package struct LentText {
  /// The bytes before and after the id.
  let bytes: UnsafeRawBufferPointer
  /// The number of bytes before the id.
  let idPosition: Int
  let id: Int?

  init(_ bytes: UnsafeRawBufferPointer, idPosition: Int, id: Int?) {
    self.bytes = bytes
    self.idPosition = idPosition
    self.id = id
  }

  /// The number of bytes, including the id.
  var count: Int { bytes.count + Self.digitCount(id) }

  /// Writes the text into memory of its size.
  func write(into target: UnsafeMutableRawBufferPointer) {
    guard let id else { return target.copyMemory(from: bytes) }
    let idEnd = target.count - (bytes.count - idPosition)
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<idPosition]))
    UnsafeMutableRawBufferPointer(rebasing: target[idEnd...])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[idPosition...]))
    var rest = id
    for index in (idPosition..<idEnd).reversed() {
      target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  fileprivate static func digitCount(_ number: Int?) -> Int {
    guard let number else { return 0 }
    var (rest, count) = (number / 10, 1)
    while rest > 0 {
      rest /= 10
      count += 1
    }
    return count
  }
}
