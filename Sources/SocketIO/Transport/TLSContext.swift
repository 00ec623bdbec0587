import CSIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// TLS settings of the C core, made once from the options and used by both transports.
final class TLSContext: Sendable {
  // Constant after init; the C object is reference-counted and thread-safe from then on.
  nonisolated(unsafe) let handle: OpaquePointer

  init(_ options: TLSOptions) throws(SocketIOError) {
    var handle: OpaquePointer?
    let status = csio_tls_create(&handle)
    // Without settings the message names libcurl's TLS library.
    guard status == 0 else { throw SocketIOError(csio: status, detail: String(cString: csio_tls_last_message(nil))) }
    guard let handle else { throw SocketIOError(csio: CSIO_ENOMEM.rawValue) }
    self.handle = handle
    for ca in options.ca {
      let pem = try ca.read("ca")
      try set("ca", pem.withUnsafeBytes { csio_tls_add_ca(handle, $0.baseAddress, $0.count) })
    }
    try setIdentity(options)
    if let ciphers = options.ciphers { try set("ciphers", csio_tls_set_ciphers(handle, ciphers)) }
    for pin in options.pins.compactMap(Pin.init) {
      try set(
        "pins",
        pin.digest.withUnsafeBytes { csio_tls_add_pin(handle, $0.baseAddress?.assumingMemoryBound(to: UInt8.self)) })
    }
    try set("rejectUnauthorized", csio_tls_set_verify(handle, options.rejectUnauthorized))
  }

  deinit { csio_tls_release(handle) }

  private func setIdentity(_ options: TLSOptions) throws(SocketIOError) {
    if let pfx = options.pfx {
      let data = try pfx.read("pfx")
      try set(
        "pfx",
        data.withUnsafeBytes { csio_tls_set_identity_pkcs12(handle, $0.baseAddress, $0.count, options.passphrase) })
    }
    switch (options.cert, options.key) {
    case (let cert?, let key?):
      let cert = try cert.read("cert")
      let key = try key.read("key")
      let status = cert.withUnsafeBytes { cert in
        key.withUnsafeBytes { key in
          csio_tls_set_identity(handle, cert.baseAddress, cert.count, key.baseAddress, key.count, options.passphrase)
        }
      }
      try set("cert and key", status)
    case (nil, nil): break
    default: throw SocketIOError(.tlsOption, "the options cert and key are needed together")
    }
  }

  private func set(_ option: String, _ status: Int32) throws(SocketIOError) {
    guard status != 0 else { return }
    let detail = String(cString: csio_tls_last_message(handle))
    throw SocketIOError(
      csio: status, detail: "option \(option): \(detail.isEmpty ? String(cString: csio_err_message(status)) : detail)")
  }
}
