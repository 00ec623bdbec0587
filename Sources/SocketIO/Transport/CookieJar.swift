import CSIO

/// The cookies of one Manager, shared by both transports and kept across connections.
final class CookieJar: Sendable {
  // The C object is reference-counted and thread-safe.
  nonisolated(unsafe) let handle: OpaquePointer

  init() throws(SocketIOError) {
    var handle: OpaquePointer?
    try check(csio_cookies_create(&handle))
    guard let handle else { throw SocketIOError(csio: CSIO_ENOMEM.rawValue) }
    self.handle = handle
  }

  deinit { csio_cookies_release(handle) }
}
