import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// The flags of the command line for TLS: whom it trusts, and how it identifies itself.
@Suite(.timeLimit(.minutes(2))) struct TLSFlagTests {
  private let certificates: Certificates
  private var authority: [String] { ["--ca", certificates.path("ca.pem")] }
  private var identity: [String] {
    ["--cert", certificates.path("client.pem"), "--key", certificates.path("client.key")]
  }

  init() throws { certificates = try Certificates.shared.get() }

  private func start(_ flags: String...) throws -> TestServerProcess {
    let identity = ["--tls-cert", certificates.path("server.pem"), "--tls-key", certificates.path("server.key")]
    return try TestServerProcess(flags: identity + flags)
  }

  private func expectAnswer(from server: TestServerProcess, _ flags: [String]) async throws {
    let result = try await SioProcess(["emit", "https://127.0.0.1:\(server.port)", "echo", "1"] + flags).exit()
    #expect(result.output == ["[1]"] && result.errors == [] && result.status == 0, "\(flags): \(result)")
  }

  private func expectFailure(_ server: TestServerProcess, _ flags: [String], _ message: String) async throws {
    let result = try await SioProcess(["emit", "https://127.0.0.1:\(server.port)", "echo", "1"] + flags).exit()
    #expect(result.output == [] && result.status == 1, "\(flags): \(result)")
    #expect(result.errors.count == 1 && result.errors[0].contains(message), "\(flags): \(result.errors)")
  }

  @Test(arguments: ["polling", "websocket"]) func whomToTrust(_ transport: String) async throws {
    let server = try start()
    let transports = ["--transports", transport]
    try await expectFailure(server, transports, "certificate")
    try await expectFailure(server, transports + ["--ca", certificates.path("stranger.pem")], "certificate")
    try await expectAnswer(from: server, transports + authority)
    try await expectAnswer(from: server, transports + ["-k"])
    try await expectAnswer(from: server, transports + ["--insecure"])
  }

  @Test(arguments: ["polling", "websocket"]) func whoAsks(_ transport: String) async throws {
    let recording = Recording()
    let server = try start("--client-ca", certificates.path("ca.pem"), "--record", recording.path)
    let flags = authority + ["--transports", transport]
    try await expectFailure(server, flags, "certificate")
    try await expectAnswer(from: server, flags + identity)
    let subjects = try recording.lines.filter { $0["type"] == "tls" }.map { $0["client_subject"] }
    #expect(subjects.last == "CN=client", "\(subjects)")
  }

  @Test func aContextKeepsThem() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let server = try start("--client-ca", certificates.path("ca.pem"))
    for (name, trust) in [("checked", authority), ("unchecked", ["-k"])] {
      let added = try await SioProcess(
        ["context", "add", name, "https://127.0.0.1:\(server.port)"] + trust + identity,
        environment: ["XDG_CONFIG_HOME=\(folder)"]
      ).exit()
      #expect(added.status == 0, "\(added)")
      let result = try await SioProcess(["emit", "@\(name)", "echo", "1"], environment: ["XDG_CONFIG_HOME=\(folder)"])
        .exit()
      #expect(result.output == ["[1]"] && result.status == 0, "\(name): \(result)")
    }
  }
}
