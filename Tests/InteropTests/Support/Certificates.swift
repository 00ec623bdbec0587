import Foundation
import SocketIOTesting

/// Certificates made for one run of the tests: an authority, a server's for 127.0.0.1 and localhost, and a client's.
struct Certificates: Sendable {
  /// Made by the first test that needs them.
  static let shared = Result { try Certificates() }

  let folder: URL

  /// The digests of the server's and the client's public keys, as the option `pins` takes them.
  private(set) var serverPin = ""
  private(set) var clientPin = ""

  /// The path of a file: `ca.pem`, `server.pem`, `server.key`, `other.pem` and `other.key` (for another host), `client.pem`, `client.key`,
  /// `encrypted.key` and `client.p12` (both with the passphrase "secret"), `stranger.pem` (another authority), `self-signed.pem` and
  /// `self-signed.key` (a server's too).
  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  private init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("socketio-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try authority("ca")
    try authority("stranger")
    try authority("self-signed", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    try issue("server", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    try issue("other", "subjectAltName=DNS:other.example.com")
    try issue("client", "extendedKeyUsage=clientAuth")
    try openssl("pkcs8", "-topk8", "-in", "client.key", "-out", "encrypted.key", "-passout", "pass:secret")
    try openssl(
      "pkcs12", "-export", "-in", "client.pem", "-inkey", "client.key", "-out", "client.p12", "-passout", "pass:secret")
    serverPin = try pin("server")
    clientPin = try pin("client")
  }

  private func pin(_ name: String) throws -> String {
    try openssl("x509", "-in", "\(name).pem", "-pubkey", "-noout", "-out", "\(name).pub")
    try openssl("pkey", "-pubin", "-in", "\(name).pub", "-outform", "DER", "-out", "\(name).der")
    try openssl("dgst", "-sha256", "-binary", "-out", "\(name).sha256", "\(name).der")
    return try Data(contentsOf: folder.appendingPathComponent("\(name).sha256")).base64EncodedString()
  }

  private func authority(_ name: String, _ more: String...) throws {
    try openssl(
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=Test authority \(name)", "-keyout", "\(name).key", "-out", "\(name).pem",
      ] + more)
  }

  private func issue(_ name: String, _ extensions: String) throws {
    try Data(extensions.utf8).write(to: folder.appendingPathComponent("\(name).ext"))
    try openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)", "-keyout",
      "\(name).key", "-out", "\(name).csr")
    try openssl(
      "x509", "-req", "-in", "\(name).csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
      "-extfile",
      "\(name).ext", "-out", "\(name).pem")
  }

  private func openssl(_ arguments: String...) throws { try openssl(arguments) }

  private func openssl(_ arguments: [String]) throws {
    let process = try ChildProcess(
      "sh", ["-c", #"cd "$0" && exec openssl "$@""#, folder.path] + arguments, .noErrors)
    guard process.wait() == 0 else {
      throw TestFailure("openssl \(arguments.joined(separator: " ")) failed")
    }
  }
}
