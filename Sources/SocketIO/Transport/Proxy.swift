import CSIO

/// A proxy of the C core, made from the option `agent`.
final class Proxy: Sendable {
  // Constant after init; the C object is counted by reference.
  nonisolated(unsafe) let handle: OpaquePointer

  /// - Throws: ``SocketIOError`` with `.invalidOption` for a URL that names no usable proxy.
  init(_ url: String) throws(SocketIOError) {
    var handle: OpaquePointer?
    let status = csio_proxy_create(url, &handle)
    guard status == 0, let handle else { throw Self.unusable("\"\(ShownURL.text(url))\"", status) }
    self.handle = handle
  }

  /// The proxy that the environment names for a target; nil for none.
  static func fromEnvironment(target url: String) throws(SocketIOError) -> Proxy? {
    var handle: OpaquePointer?
    let status = csio_proxy_from_environment(url, &handle)
    guard status == 0 else { throw unusable("the environment's", status) }
    return handle.map(Proxy.init(handle:))
  }

  private init(handle: OpaquePointer) { self.handle = handle }

  /// How TLS to an `https` proxy is made. Before the proxy is used.
  func setTLS(_ tls: TLSContext) throws(SocketIOError) { try check(csio_proxy_set_tls(handle, tls.handle)) }

  deinit { csio_proxy_release(handle) }

  private static func unusable(_ what: String, _ status: Int32) -> SocketIOError {
    SocketIOError(
      .invalidOption, "option agent: \(what) is no usable proxy: \(String(cString: csio_err_message(status)))")
  }
}
