/// Collects bytes: first in a block on the stack, and in an array if there are more.
///
/// A short text takes one allocation of its exact size, and a long one is not copied when it is complete. An array
/// alone would check with each byte that its memory is unshared.
struct GrowingBytes: ~Copyable {
  /// The standard library takes at most this much from the stack.
  private static let blockSize = 1024

  private let block: UnsafeMutableRawBufferPointer
  private var used = 0
  /// Bytes moved here whenever the block was full.
  private var full: [UInt8] = []

  /// - Parameter block: Memory that must outlive this value.
  init(_ block: UnsafeMutableRawBufferPointer) { self.block = block }

  /// Lends a block on the stack for the duration of the call.
  @inline(__always)
  static func withBlock<Result, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // `withUnsafeTemporaryAllocation` does not support typed throws.
    let result = withUnsafeTemporaryAllocation(byteCount: blockSize, alignment: 8) { block in
      Swift.Result { () throws(Failure) in try body(block) }
    }
    return try result.get()
  }

  /// The number of bytes written.
  var count: Int { full.count + used }

  /// What was written.
  consuming func array() -> [UInt8] {
    guard full.isEmpty else {
      full.append(contentsOf: written)
      return full
    }
    return Array(written)
  }

  /// The bytes written, as text.
  consuming func text() -> String {
    if full.isEmpty { return String(decoding: written, as: UTF8.self) }
    return String(decoding: array(), as: UTF8.self)
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    guard used < block.count else { return appendToFull(byte) }
    block[used] = byte
    used &+= 1
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    guard bytes.count <= block.count &- used, let start = block.baseAddress else { return appendLong(bytes) }
    (start + used).copyMemory(from: source, byteCount: bytes.count)
    used &+= bytes.count
  }

  mutating func append(text: String) { text.withUTF8Bytes { append($0) } }

  mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(contentsOf bytes: some Sequence<UInt8>) {
    for byte in bytes { append(byte) }
  }

  /// Drops all bytes but the first `count`.
  mutating func truncate(to count: Int) {
    if count < full.count {
      full.removeLast(full.count - count)
      used = 0
    } else {
      used = min(used, count - full.count)
    }
  }

  private var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: block[..<used]) }

  @inline(never)
  private mutating func appendToFull(_ byte: UInt8) {
    empty()
    full.append(byte)
  }

  @inline(never)
  private mutating func appendLong(_ bytes: UnsafeRawBufferPointer) {
    if full.isEmpty { full.reserveCapacity(used + bytes.count) }
    empty()
    full.append(contentsOf: bytes)
  }

  @inline(never)
  private mutating func empty() {
    full.append(contentsOf: written)
    used = 0
  }
}
