import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// TLS settings on both transports: whom the client trusts, and how it identifies itself.
@Suite("TLS options", .timeLimit(.minutes(2)))
struct TLSOptionTests {
  static let transports: [TransportName] = [.polling, .websocket]

  private func connect(
    _ server: TestServerProcess, _ transport: TransportName, host: String = "127.0.0.1",
    _ configure: (inout SocketIOOptions) -> Void
  ) async throws {
    let socket = try makeSocket("https://\(host):\(server.port)") {
      $0.transports = [transport]
      $0.reconnection = false
      configure(&$0)
    }
    _ = try await socket.connected()
    #expect(try await socket.emitWithAck("echo", "over TLS") == "over TLS")
    await socket.io.close()
  }

  private func start(
    _ certificate: String = "server", _ arguments: String...
  ) throws -> (TestServerProcess, Certificates) {
    let certificates = try Certificates.shared.get()
    let server = try TestServerProcess(
      flags: [
        "--tls-cert", certificates.path("\(certificate).pem"), "--tls-key",
        certificates.path("\(certificate).key"),
      ]
        + arguments)
    return (server, certificates)
  }

  private func expect(_ code: SocketIOError.Code, _ body: () async throws -> Void) async {
    let error = await #expect(throws: SocketIOError.self) { try await body() }
    #expect(error?.code == code, "\(error.map { "\($0.code): \($0)" } ?? "no error")")
  }

  @Test(
    "A server with an untrusted certificate is refused, and accepted with its authority as ca", arguments: transports)
  func authority(_ transport: TransportName) async throws {
    let (server, certificates) = try start()
    await expect(.tlsUntrusted) { try await connect(server, transport) { _ in } }
    await expect(.tlsUntrusted) {
      try await connect(server, transport) { $0.ca = [.file(certificates.path("stranger.pem"))] }
    }
    try await connect(server, transport) { $0.ca = [.file(certificates.path("ca.pem"))] }
    let pem = try String(contentsOfFile: certificates.path("ca.pem"), encoding: .utf8)
    try await connect(server, transport) { $0.ca = [.file(certificates.path("stranger.pem")), .pem(pem)] }
    try await connect(server, transport, host: "localhost") { $0.ca = [.bytes(Data(pem.utf8))] }
  }

  @Test("A certificate for another host is refused", arguments: transports)
  func hostName(_ transport: TransportName) async throws {
    let (server, certificates) = try start("other")
    await expect(.tlsHostMismatch) {
      try await connect(server, transport) { $0.ca = [.file(certificates.path("ca.pem"))] }
    }
  }

  @Test("Without rejectUnauthorized everything is accepted", arguments: transports)
  func rejectUnauthorized(_ transport: TransportName) async throws {
    let (server, _) = try start("other")
    try await connect(server, transport) { $0.rejectUnauthorized = false }
  }

  @Test("A pin accepts the server's key and no other", arguments: transports)
  func pins(_ transport: TransportName) async throws {
    let (server, certificates) = try start()
    await expect(.tlsPinMismatch) {
      try await connect(server, transport) {
        $0.ca = [.file(certificates.path("ca.pem"))]
        $0.pins = [certificates.clientPin]
      }
    }
    try await connect(server, transport) {
      $0.ca = [.file(certificates.path("ca.pem"))]
      $0.pins = [certificates.clientPin, "sha256/\(certificates.serverPin)"]
    }
  }

  @Test(
    "A server that requires a client certificate gets it, from PEM files, an encrypted key or PKCS#12",
    arguments: transports)
  func clientCertificate(_ transport: TransportName) async throws {
    let recording = Recording()
    let (server, certificates) = try start(
      "server", "--client-ca", try Certificates.shared.get().path("ca.pem"), "--record", recording.path)
    func connect(_ configure: (inout SocketIOOptions) -> Void) async throws {
      try await self.connect(server, transport) {
        $0.ca = [.file(certificates.path("ca.pem"))]
        configure(&$0)
      }
    }
    await expect(.tlsClientCertificate) { try await connect { _ in } }
    try await connect {
      $0.cert = .file(certificates.path("client.pem"))
      $0.key = .file(certificates.path("client.key"))
    }
    try await connect {
      $0.cert = .file(certificates.path("client.pem"))
      $0.key = .file(certificates.path("encrypted.key"))
      $0.passphrase = "secret"
    }
    try await connect {
      $0.pfx = .file(certificates.path("client.p12"))
      $0.passphrase = "secret"
    }
    let subjects = try recording.lines.filter { $0["type"] == "tls" }.map { $0["client_subject"] }
    #expect(subjects.count >= 3 && subjects.allSatisfy { $0 == "CN=client" }, "\(subjects)")
  }

  @Test("ciphers are the ones offered", arguments: transports)
  func ciphers(_ transport: TransportName) async throws {
    let recording = Recording()
    let (server, certificates) = try start("server", "--tls-max", "1.2", "--record", recording.path)
    try await connect(server, transport) {
      $0.ca = [.file(certificates.path("ca.pem"))]
      $0.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"
    }
    let lines = try recording.lines.filter { $0["type"] == "tls" }
    #expect(!lines.isEmpty && lines.allSatisfy { $0["cipher"] == "ECDHE-ECDSA-CHACHA20-POLY1305" })
    let (strict, _) = try start("server", "--tls-max", "1.2", "--tls-ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256")
    await expect(.tls) {
      try await connect(strict, transport) {
        $0.ca = [.file(certificates.path("ca.pem"))]
        $0.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"
      }
    }
  }

  @Test("Unreadable files are refused when the Socket is made, naming the option")
  func unusable() throws {
    let certificates = try Certificates.shared.get()
    let cases: [(String, (inout SocketIOOptions) -> Void)] = [
      ("ca", { $0.ca = [.file("/nonexistent.pem")] }),
      ("ca", { $0.ca = ["no certificate"] }),
      ("cert", { $0.cert = .file(certificates.path("client.pem")) }),
      (
        "key",
        {
          $0.cert = .file(certificates.path("client.pem")); $0.key = .file(certificates.path("server.key"))
        }
      ),
      (
        "key",
        {
          $0.cert = .file(certificates.path("client.pem"))
          $0.key = .file(certificates.path("encrypted.key"))
          $0.passphrase = "wrong"
        }
      ),
      (
        "pfx",
        {
          $0.pfx = .file(certificates.path("client.p12")); $0.passphrase = "wrong"
        }
      ),
      ("ciphers", { $0.ciphers = "NO-SUCH-CIPHER" }),
    ]
    for (option, configure) in cases {
      let error = #expect(throws: SocketIOError.self, "\(option)") { try makeSocket("https://127.0.0.1:1", configure) }
      #expect(
        error?.code == .tlsOption && error?.message.contains(option) == true, "\(option): \(String(describing: error))")
    }
  }
}
