extension SocketIOOptions {
  /// Checks every option, as ``io(_:options:)`` does, and reads the files of certificates and keys.
  ///
  /// - Throws: ``SocketIOError`` with `.invalidOption` or `.tlsOption`, naming the first bad option.
  public func validate() throws(SocketIOError) {
    try validateValues()
    if hasDefaultTLS, transportOptions.isEmpty { return }
    let ofTransports = transportOptions.keys.map { options(for: $0).tlsOptions }
    let distinct = ofTransports.isEmpty ? [tlsOptions] : Array(Set([tlsOptions] + ofTransports))
    for tls in distinct where tls != TLSOptions() {
      _ = try TLSContext(tls)
    }
  }
}
