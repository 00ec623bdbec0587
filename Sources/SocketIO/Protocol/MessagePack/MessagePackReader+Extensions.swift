#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The extensions that servers send: the specification's timestamp, and those of notepack.io, the library of JavaScript
/// servers, before version 3: `undefined`, dates and ArrayBuffers, all of type 0.
extension MessagePackReader {
  private static let timestampType: Int8 = -1
  private static let notepackType: Int8 = 0

  /// Reads an extension with an explicit length.
  mutating func readExtension(length: Int, at start: Int) throws(MessagePackError) -> SocketValue {
    let type = try readInteger(Int8.self)
    let content = try readBytes(length)
    switch type {
    case Self.timestampType: return try timestamp(content, at: start)
    case Self.notepackType: return .binary(Data(content))
    default: throw MessagePackError(.unknownExtension(type: type), at: start)
    }
  }

  /// Reads an extension whose format implies its length.
  mutating func readFixedExtension(length: Int, at start: Int) throws(MessagePackError) -> SocketValue {
    let type = try readInteger(Int8.self)
    let content = try readBytes(length)
    switch (type, length) {
    case (Self.timestampType, _): return try timestamp(content, at: start)
    case (Self.notepackType, 1): return .null
    case (Self.notepackType, 8): return try date(milliseconds: content.bigEndianInteger(Int64.self), at: start)
    default: throw MessagePackError(.unknownExtension(type: type), at: start)
    }
  }

  /// A timestamp as JavaScript writes dates into JSON, truncated to milliseconds.
  private func timestamp(_ content: UnsafeRawBufferPointer, at start: Int) throws(MessagePackError) -> SocketValue {
    let seconds: Int64
    var nanoseconds: UInt32 = 0
    switch content.count {
    case 4: seconds = Int64(content.bigEndianInteger(UInt32.self))
    case 8:
      let both = content.bigEndianInteger(UInt64.self)
      seconds = Int64(both & 0x3_FFFF_FFFF)
      nanoseconds = UInt32(both >> 34)
    case 12:
      nanoseconds = content.bigEndianInteger(UInt32.self)
      seconds = content.bigEndianInteger(Int64.self, at: 4)
    default: throw MessagePackError(.illegalTimestamp, at: start)
    }
    guard nanoseconds < 1_000_000_000 else { throw MessagePackError(.illegalTimestamp, at: start) }
    let (wholeSeconds, isTooMany) = seconds.multipliedReportingOverflow(by: 1000)
    let (milliseconds, isTooLate) = wholeSeconds.addingReportingOverflow(Int64(nanoseconds / 1_000_000))
    guard !isTooMany, !isTooLate else { throw MessagePackError(.dateOutOfRange, at: start) }
    return try date(milliseconds: milliseconds, at: start)
  }

  private func date(milliseconds: Int64, at start: Int) throws(MessagePackError) -> SocketValue {
    guard let text = ISO8601.string(fromMilliseconds: milliseconds) else {
      throw MessagePackError(.dateOutOfRange, at: start)
    }
    return .string(text)
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func bigEndianInteger<Integer: FixedWidthInteger>(_ type: Integer.Type, at offset: Int = 0) -> Integer {
    Integer(bigEndian: loadUnaligned(fromByteOffset: offset, as: type))
  }
}
