import CSIO

/// One HTTP request of the C core, confined to its loop. It holds itself until it is done.
final class HTTPRequest {
  struct Response {
    var status: Int
    /// The target of a redirect.
    var location: String?
    /// Valid inside the callback only.
    var body: UnsafeRawBufferPointer
  }

  private var handle: OpaquePointer?
  private var onDone: ((Result<Response, SocketIOError>) -> Void)?

  /// Starts the request. `onDone` runs once, on the loop, unless the request is cancelled.
  init(
    loop: SocketEventLoop, method: String, url: String, headers: [(String, String)], body: [UInt8]?,
    endpoint: EngineEndpoint,
    onDone: @escaping (Result<Response, SocketIOError>) -> Void
  ) throws(SocketIOError) {
    self.onDone = onDone
    try check(csio_http_create(loop.handle, method, url, &handle))
    do {
      for (name, value) in headers { try check(csio_http_add_header(handle, name, value)) }
      if let body { try check(csio_http_set_body(handle, makeBuffer(body))) }
      try check(csio_http_set_tls(handle, endpoint.tls?.handle))
      try check(csio_http_set_cookies(handle, endpoint.cookies?.handle))
      try check(csio_http_set_proxy(handle, endpoint.proxy?.handle))
      try check(csio_http_set_local_address(handle, endpoint.agent.localAddress))
      try check(csio_http_set_keep_alive(handle, endpoint.agent.keepAlive ?? url.hasPrefix("https:")))
      try check(csio_http_set_timeout(handle, endpoint.requestTimeout))
      try check(csio_http_set_max_body(handle, endpoint.maxMessageSize))
      // Released when the handle is closed.
      csio_http_set_data(handle, Unmanaged.passRetained(self).toOpaque())
      try check(
        csio_http_start(handle) { _, error, data in
          CallbackData.get(data, as: HTTPRequest.self).done(error)
        })
    } catch {
      cancel()
      throw error
    }
  }

  /// Ends the request without calling `onDone`.
  func cancel() {
    onDone = nil
    guard let handle else { return }
    self.handle = nil
    csio_http_close(handle) { data in
      if let data { Unmanaged<HTTPRequest>.fromOpaque(data).release() }
    }
  }

  private func done(_ error: UnsafePointer<csio_error>?) {
    let onDone = self.onDone
    self.onDone = nil
    if let error {
      onDone?(.failure(SocketIOError(error)))
    } else {
      var size = 0
      let body = csio_http_body(handle, &size)
      onDone?(
        .success(
          Response(
            status: Int(csio_http_status(handle)),
            location: csio_http_header(handle, "Location", 0).map { String(cString: $0) },
            body: UnsafeRawBufferPointer(start: body, count: size))))
    }
    cancel()
  }
}

/// Copies bytes into a buffer that the C core will own.
private func makeBuffer(_ bytes: [UInt8]) throws(SocketIOError) -> OpaquePointer {
  guard let buffer = csio_buffer_create(bytes.count) else { throw SocketIOError(csio: CSIO_ENOMEM.rawValue) }
  bytes.withUnsafeBytes {
    if let base = $0.baseAddress {
      csio_buffer_bytes(buffer).update(from: base.assumingMemoryBound(to: UInt8.self), count: $0.count)
    }
  }
  return buffer
}
