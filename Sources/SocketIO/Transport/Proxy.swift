import CSIO

/// A proxy of the C core, made from the option `agent`.
final class Proxy: Sendable {
  // Constant after init; the C object is reference-counted.
  nonisolated(unsafe) let handle: OpaquePointer

  /// - Throws: ``SocketIOError`` with `.invalidOption` if the URL is not that of a usable proxy.
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
    guard status == 0 else { throw unusable("the proxy of the environment", status) }
    return handle.map(Proxy.init(handle:))
  }

  private init(handle: OpaquePointer) { self.handle = handle }

  /// Sets the TLS settings for an `https` proxy. Call it before the proxy is used.
  func setTLS(_ tls: TLSContext) throws(SocketIOError) { try check(csio_proxy_set_tls(handle, tls.handle)) }

  /// "HOST port N" of a proxy that may itself answer plain requests; nil for others.
  var httpName: String? { csio_proxy_http_name(handle).map { String(cString: $0) } }

  deinit { csio_proxy_release(handle) }

  private static func unusable(_ what: String, _ status: Int32) -> SocketIOError {
    SocketIOError(
      .invalidOption, "option agent: \(what) is not a usable proxy: \(String(cString: csio_err_message(status)))")
  }
}
