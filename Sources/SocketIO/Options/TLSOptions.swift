#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// A certificate, key or PKCS#12 file: its text, its bytes, or its path.
public struct Credential: Sendable, Hashable, ExpressibleByStringLiteral {
  enum Source: Hashable {
    case bytes(Data)
    case file(String)
  }

  private(set) var source: Source

  /// PEM text.
  public static func pem(_ text: String) -> Self { Self(source: .bytes(Data(text.utf8))) }

  /// The bytes of a PEM or PKCS#12 file.
  public static func bytes(_ data: Data) -> Self { Self(source: .bytes(data)) }

  /// A file, read when the Socket is made.
  public static func file(_ path: String) -> Self { Self(source: .file(path)) }

  private init(source: Source) { self.source = source }

  /// PEM text.
  public init(stringLiteral value: String) { self = .pem(value) }

  func read(_ option: String) throws(SocketIOError) -> Data {
    switch source {
    case .bytes(let data): return data
    case .file(let path):
      do {
        return try Data(contentsOf: URL(fileURLWithPath: path))
      } catch {
        throw SocketIOError(.tlsOption, "option \(option): the file \(path) cannot be read", underlying: error)
      }
    }
  }
}

/// The options that decide whom a TLS connection trusts and how it identifies itself, for both transports.
struct TLSOptions: Sendable, Hashable {
  var ca: [Credential] = []
  var cert: Credential?
  var key: Credential?
  var passphrase: String?
  var pfx: Credential?
  var ciphers: String?
  var rejectUnauthorized = true
  var pins: [String] = []

  /// The options that apply to an `https` proxy, too. Pins are about the server's key, and only the server gets the
  /// client certificate.
  var forProxy: TLSOptions { TLSOptions(ca: ca, ciphers: ciphers, rejectUnauthorized: rejectUnauthorized) }
}

/// The digest of a public key that a server must have.
struct Pin {
  let digest: Data

  init?(_ text: String) {
    let base64 = text.hasPrefix("sha256/") ? String(text.dropFirst(7)) : text
    guard let digest = Data(base64Encoded: base64), digest.count == 32 else { return nil }
    self.digest = digest
  }
}
