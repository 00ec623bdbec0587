/// Bytes that are lent for the duration of a call.
///
/// Safe to send, as a pointer is not: who gets them reads them, during the call only.
struct LentBytes: @unchecked Sendable {
  static let none = LentBytes(UnsafeRawBufferPointer(start: nil, count: 0))

  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }
}
