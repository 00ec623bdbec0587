import Foundation
import SocketIO
import SocketIOTesting
import Testing

extension OptionsPageTests {
  /// A server with TLS, and the folder with all certificates.
  private func secure(_ certificate: String, _ flags: String...) throws -> (page: Page, certificates: Certificates) {
    let certificates = try Certificates.shared.get()
    let page = try Page(
      ["--tls-cert", certificates.path("\(certificate).pem"), "--tls-key", certificates.path("\(certificate).key")]
        + flags)
    return (page, certificates)
  }

  private func expectEcho(_ socket: Socket) async throws {
    #expect(try await socket.emitWithAck("echo", "over TLS", timeout: .seconds(30)) == "over TLS")
    // Over both transports.
    try await Self.eventually("upgrade") { socket.io.transport == .websocket }
    await socket.io.close()
  }

  @Test("A self-signed certificate is only trusted through ca")
  func selfSigned() async throws {
    let (page, certificates) = try secure("self-signed")
    try await expectEcho(page.examples.selfSigned(certificates.folder.path))
    let distrusting = try page.examples.otherDomain()
    page.examples.tlsErrors(distrusting)
    let errors = Recorder<SocketIOError>()
    distrusting.io.on(.reconnectError) { errors.record($0) }
    #expect(try await errors.first("error").code == .tlsUntrusted)
    await distrusting.io.close()
  }

  @Test("A client certificate: PEM files, an encrypted key, PKCS#12")
  func clientCertificates() async throws {
    let (page, certificates) = try secure("server", "--client-ca", Certificates.shared.get().path("ca.pem"))
    let folder = certificates.folder.path
    try await expectEcho(page.examples.clientCertificate(folder))
    try await expectEcho(page.examples.encryptedKey(folder))
    try await expectEcho(page.examples.pkcs12(folder))
    let subjects = try page.recording.lines.filter { $0["type"] == "tls" }.map { $0["client_subject"] }
    #expect(subjects.count >= 3 && subjects.allSatisfy { $0 == "CN=client" }, "\(subjects)")
  }

  @Test("ciphers are the ones used")
  func cipherList() async throws {
    let (page, certificates) = try secure("server", "--tls-max", "1.2")
    try await expectEcho(page.examples.ciphers(certificates.folder.path))
    let used = try page.recording.lines.filter { $0["type"] == "tls" }.map { $0["cipher"]?.stringValue ?? "" }
    #expect(!used.isEmpty && used.allSatisfy { $0.hasPrefix("ECDHE-ECDSA-AES") && $0.contains("GCM") }, "\(used)")
  }

  @Test("A pin accepts the server with that key")
  func pinned() async throws {
    let (page, certificates) = try secure("server")
    let pin = "sha256/" + certificates.serverPin
    try await expectEcho(page.examples.pins(certificates.folder.path, pin))
    let wrong = try page.examples.pins(certificates.folder.path, certificates.clientPin)
    let errors = Recorder<SocketIOError>()
    wrong.io.on(.reconnectError) { errors.record($0) }
    #expect(try await errors.first("error").code == .tlsPinMismatch)
    await wrong.io.close()
  }

  @Test("Without rejectUnauthorized a certificate for another host is accepted")
  func anyCertificate() async throws {
    let (page, _) = try secure("other")
    try await expectEcho(page.examples.rejectUnauthorized())
  }

  @Test("A proxy carries the connection")
  func throughProxy() async throws {
    let recording = Recording()
    let proxy = try TestServerProcess(
      Server.pythonProgram(), [Server.script("proxy.py"), "--auth", "user:password", "--record", recording.path])
    let page = try Page()
    try await expectEcho(page.examples.proxy("http://user:password@127.0.0.1:\(proxy.port)"))
    #expect(try !recording.lines.isEmpty)
  }

  @Test("An agent without kept connections, with a local address")
  func agent() async throws {
    let page = try Page()
    try await expectEcho(page.examples.agent())
    let requests = try page.recording.lines.filter { $0["type"] == "request" }
    #expect(requests.allSatisfy { $0["address"] == "127.0.0.2" })
    #expect(Set(requests.compactMap { $0["connection"]?.intValue }).count == requests.count)
  }
}
