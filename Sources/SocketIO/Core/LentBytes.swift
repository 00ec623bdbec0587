/// Bytes that are lent for the duration of a call, to be copied under a lock.
///
/// The compiler lets a pointer into no lock, since it could be kept there. These bytes are safe to send, because
/// `BatchQueue.append` only reads them, before it returns.
struct LentBytes: @unchecked Sendable {
  static let none = LentBytes(UnsafeRawBufferPointer(start: nil, count: 0))

  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }
}
