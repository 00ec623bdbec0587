import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Runs the examples of the articles about options, and checks the effects that the articles promise.
@Suite("Examples of the options, run", .timeLimit(.minutes(2)))
struct OptionsPageTests {
  /// A server, its record, and the examples that use it.
  struct Page {
    let recording = Recording()
    let server: TestServerProcess
    var examples: OptionsPageExamples { OptionsPageExamples(server: server.url) }

    init(_ flags: String...) throws { try self.init(flags) }

    init(_ flags: [String]) throws {
      server = try TestServerProcess(
        flags: ["--record", recording.path] + flags)
    }

    /// The requests that begin a session.
    var handshakes: [SocketValue] {
      get throws { try recording.lines.filter { $0["type"] == "request" && $0["query"]?["sid"] == nil } }
    }
  }

  /// Examples return Sockets that already connect. Their state is polled, since a handler may come too late.
  static func eventually(_ what: String, _ condition: () throws -> Bool) async throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(30)
    while try !condition() {
      guard clock.now < end else { throw TestFailure("never: \(what)") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// The server's data about a Socket; waits until it is connected.
  static func handshake(of socket: Socket) async throws -> SocketValue {
    try await socket.emitWithAck("get-handshake", timeout: .seconds(30))
  }

  static func close(_ sockets: [Socket]) async {
    for socket in sockets { await socket.io.close() }
  }

  // MARK: URLs and namespaces

  @Test("A URL of another domain")
  func otherDomain() async throws {
    let page = try Page()
    let socket = try page.examples.otherDomain()
    #expect(socket.namespace == "/")
    #expect(try await socket.emitWithAck("echo", 1, timeout: .seconds(30)) == 1)
    await socket.io.close()
  }

  @Test("https and wss, http and ws, mean the same server", arguments: [false, true])
  func sameServer(isSecure: Bool) async throws {
    let certificates = try Certificates.shared.get()
    let flags = ["--tls-cert", certificates.path("server.pem"), "--tls-key", certificates.path("server.key")]
    let page = try Page(isSecure ? flags : [])
    let sockets = try page.examples.sameServer()
    #expect(sockets[0].io === sockets[1].io)
    if isSecure {
      // The example sets no authority: it is enough that both try TLS, together.
      let errors = Recorder<SocketIOError>()
      sockets[0].io.on(.reconnectError) { errors.record($0) }
      #expect(try await errors.first("error").code == .tlsUntrusted)
    } else {
      try await Self.eventually("both connected") { sockets.allSatisfy(\.connected) }
      #expect(try page.handshakes.count == 1)
    }
    await Self.close(sockets)
  }

  @Test("Without a server, URLs are relative to Manager.location")
  func location() async throws {
    let page = try Page()
    defer { Manager.location = nil }
    let sockets = try page.examples.location()
    #expect(sockets.map(\.namespace) == ["/", "/echo"])
    try await Self.eventually("both connected") { sockets.allSatisfy(\.connected) }
    await Self.close(sockets)
  }

  @Test("The path of the URL, or the name for a Manager, is the namespace")
  func namespace() async throws {
    let page = try Page()
    let echo = try page.examples.namespace()
    let admin = page.examples.namespaceOfManager(echo)
    #expect([echo, admin].map(\.namespace) == ["/echo", "/admin"] && echo.io === admin.io)
    #expect(try await Self.handshake(of: admin)["auth"] == ["token": "abcd"])
    try await Self.eventually("both connected") { echo.connected && admin.connected }
    #expect(try page.handshakes.count == 1)
    await echo.io.close()
  }

  @Test("A URL of another kind is refused")
  func badURL() throws {
    var messages: [String] = []
    try OptionsPageExamples(server: "http://127.0.0.1:1").badURL { messages.append($0) }
    #expect(messages.count == 1 && messages.allSatisfy { $0.contains("ftp") }, "\(messages)")
  }

  // MARK: Managers and forceNew

  @Test("Three namespaces share one Manager and one connection")
  func sharedManager() async throws {
    let server = try Server.python.start("--any-namespace")
    let sockets = try OptionsPageExamples(server: server.url).sharedManager()
    #expect(sockets.map(\.namespace) == ["/", "/product", "/order"])
    #expect(sockets.allSatisfy { $0.io === sockets[0].io })
    try await Self.eventually("all connected") { sockets.allSatisfy(\.connected) }
    await Self.close(sockets)

    // This server has only the main namespace of the three; the others were refused on the same connection.
    let page = try Page()
    let others = try page.examples.sharedManager()
    try await Self.eventually("one connected, two refused") {
      others.map(\.connected) == [true, false, false] && others.map(\.active) == [true, false, false]
    }
    #expect(try page.handshakes.count == 1)
    await Self.close(others)
  }

  @Test("With forceNew each has its own Manager and connection")
  func forceNew() async throws {
    let page = try Page()
    let sockets = try page.examples.forceNew()
    #expect(Set(sockets.map { ObjectIdentifier($0.io) }).count == 3)
    try await Self.eventually("one connected, two refused") {
      sockets.map(\.connected) == [true, false, false] && sockets.map(\.active) == [true, false, false]
    }
    #expect(try page.handshakes.count == 3)
    await Self.close(sockets)
  }

  @Test("Four calls for two namespaces make three Managers")
  func fourCalls() async throws {
    let page = try Page()
    let sockets = try page.examples.fourCalls()
    try await Self.eventually("all connected") { sockets.allSatisfy(\.connected) }
    #expect(sockets[2].io === sockets[0].io)
    #expect(Set(sockets.map { ObjectIdentifier($0.io) }).count == 3)
    #expect(try page.handshakes.count == 3)
    await Self.close(sockets)
  }

  @Test("Without multiplex a Manager is not shared")
  func multiplex() async throws {
    let page = try Page()
    let sockets = try page.examples.multiplex()
    try await Self.eventually("both connected") { sockets.allSatisfy(\.connected) }
    #expect(sockets[0].io !== sockets[1].io)
    #expect(try page.handshakes.count == 2)
    await Self.close(sockets)
  }

  @Test("io does not share a Manager that the program made")
  func ownManager() async throws {
    let page = try Page()
    let socket = try page.examples.ownManager()
    let other = try page.examples.otherDomain()
    #expect(socket.namespace == "/echo" && socket.io !== other.io)
    try await Self.eventually("both connected") { socket.connected && other.connected }
    await Self.close([socket, other])
  }
}
