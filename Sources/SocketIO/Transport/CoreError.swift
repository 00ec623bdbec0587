import CSIO

extension SocketIOError {
  /// An error of the C core, with the code's own message unless `detail` is given.
  init(csio code: Int32, detail: String? = nil, httpStatus: Int? = nil) {
    self.init(
      Code(csio: code), detail ?? String(cString: csio_err_message(code)), httpStatus: httpStatus)
  }

  init(_ error: UnsafePointer<csio_error>) {
    let error = error.pointee
    self.init(
      csio: error.code, detail: String(cString: error.message),
      httpStatus: error.http_status == 0 ? nil : Int(error.http_status))
  }
}

extension SocketIOError.Code {
  init(csio code: Int32) {
    self =
      switch csio_err(code) {
      case CSIO_EURL: .invalidURL
      case CSIO_ETIMEOUT: .timeout
      case CSIO_ECANCELLED, CSIO_ECLOSED: .cancelled
      case CSIO_ERESOLVE: .unresolvedHost
      case CSIO_ECONNECT: .connectFailed
      case CSIO_EPROXY: .proxy
      case CSIO_EPROXY_AUTH: .proxyAuthentication
      case CSIO_ELOST: .connectionLost
      case CSIO_EHANDSHAKE: .httpStatus
      case CSIO_EPROTOCOL, CSIO_EREDIRECT: .protocolViolation
      case CSIO_ETOO_LARGE: .tooLarge
      case CSIO_ETLS: .tls
      case CSIO_ETLS_UNTRUSTED: .tlsUntrusted
      case CSIO_ETLS_EXPIRED: .tlsExpired
      case CSIO_ETLS_HOST: .tlsHostMismatch
      case CSIO_ETLS_PIN: .tlsPinMismatch
      case CSIO_ETLS_CLIENT_CERT: .tlsClientCertificate
      case CSIO_ETLS_CA, CSIO_ETLS_CERT, CSIO_ETLS_KEY, CSIO_ETLS_PASSPHRASE, CSIO_ETLS_CIPHERS, CSIO_EFILE: .tlsOption
      case CSIO_EINVALID: .invalidOption
      default: .system
      }
  }
}

/// Throws the status of a call of the C core as an error.
func check(_ status: Int32) throws(SocketIOError) {
  guard status == 0 else { throw SocketIOError(csio: status) }
}
