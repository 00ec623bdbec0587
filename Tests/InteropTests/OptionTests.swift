import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Each option has its effect on each transport that it applies to, as the server's record shows.
@Suite("Options on the wire", .timeLimit(.minutes(2)))
struct OptionTests {
  static let each: [TransportName] = [.polling, .websocket]

  /// Connects, echoes something, closes gracefully, and returns the server's record.
  private func record(
    _ route: Route, path: String = "", server arguments: [String] = [],
    _ configure: (inout SocketIOOptions) -> Void = { _ in }
  ) async throws -> Recording {
    let recording = Recording()
    let server = try TestServerProcess(
      flags: ["--record", recording.path] + arguments)
    let socket = try makeSocket(server.url + path) {
      $0.transports = route.transports
      configure(&$0)
    }
    let upgrades = Recorder<TransportName>()
    socket.io.on(.upgrade) { upgrades.record($0) }
    _ = try await socket.connected()
    if route == .upgrade { _ = try await upgrades.first("upgrade") }
    #expect(try await socket.emitWithAck("echo", Data([1, 2, 3])) == .binary(Data([1, 2, 3])))
    await socket.io.close()
    return recording
  }

  @Test("path and addTrailingSlash", arguments: Route.allCases)
  func path(_ route: Route) async throws {
    var requests = try await record(route, path: "/echo", server: ["--path", "/custom/"]) { $0.path = "/custom" }.lines
      .filter { $0["type"] == "request" }
    #expect(!requests.isEmpty && requests.allSatisfy { $0["path"] == "/custom/" })
    requests = try await record(route, server: ["--path", "/custom"]) {
      $0.path = "/custom/"
      $0.addTrailingSlash = false
    }.lines.filter { $0["type"] == "request" }
    #expect(!requests.isEmpty && requests.allSatisfy { $0["path"] == "/custom" })
  }

  @Test("query: the URL takes precedence, and the protocol's own parameters are added", arguments: each)
  func query(_ transport: TransportName) async throws {
    let route: Route = transport == .polling ? .polling : .websocket
    let requests = try await record(route, path: "/?c=d&x=url") {
      $0.query = ["x": "option", "n": 42, "yes": true, "&a": "&=?a"]
    }.requests(transport)
    let first = try #require(requests.first?["query"])
    #expect(first["c"] == "d" && first["x"] == "url" && first["n"] == "42" && first["yes"] == "true")
    #expect(first["&a"] == "&=?a" && first["EIO"] == "4" && first["transport"] == .string(transport.rawValue))
  }

  @Test("extraHeaders, and those of one transport only", arguments: Route.allCases)
  func headers(_ route: Route) async throws {
    let recording = try await record(route) {
      $0.extraHeaders = ["My-Custom-Header": "1234"]
      $0.transportOptions[.polling] = { $0.extraHeaders["x-polling"] = "yes" }
    }
    for transport in route.transports {
      let requests = try recording.requests(transport)
      #expect(!requests.isEmpty && requests.allSatisfy { $0["headers"]?["my-custom-header"] == "1234" })
      #expect(requests.allSatisfy { ($0["headers"]?["x-polling"] == "yes") == (transport == .polling) })
    }
  }

  @Test("timestampRequests and timestampParam", arguments: Route.allCases)
  func timestamps(_ route: Route) async throws {
    let named = try await record(route) { $0.timestampParam = "ts" }.lines.filter { $0["type"] == "request" }
    let stamps = named.compactMap { $0["query"]?["ts"]?.stringValue }
    #expect(!named.isEmpty && stamps.count == named.count && Set(stamps).count == stamps.count)
    #expect(named.allSatisfy { $0["query"]?["t"] == nil })
    let none = try await record(route) { $0.timestampRequests = false }.lines.filter { $0["type"] == "request" }
    #expect(!none.isEmpty && none.allSatisfy { $0["query"]?["t"] == nil })
  }

  @Test("forceBase64", arguments: [true, false])
  func forceBase64(isForced: Bool) async throws {
    let recording = try await record(.websocket) { $0.forceBase64 = isForced }
    let request = try #require(try recording.requests(.websocket).first)
    #expect((request["query"]?["b64"] == "1") == isForced)
    let messages = try recording.messages
    #expect(messages.contains { $0["opcode"] == "text" && $0["data"] == "bAQID" } == isForced)
    #expect(messages.contains { $0["opcode"] == "binary" } == !isForced)
  }

  @Test("transports and upgrade")
  func order() async throws {
    #expect(try await record(.websocket).requests(.polling).isEmpty)
    #expect(try await record(.polling).requests(.websocket).isEmpty)
    #expect(try await !record(.upgrade).requests(.websocket).isEmpty)
    let recording = Recording()
    let server = try Server.testServer.start("--record", recording.path)
    let socket = try makeSocket(server.url) { $0.upgrade = false }
    _ = try await socket.connected()
    for number in 0..<20 { #expect(try await socket.emitWithAck("echo", number) == .int(number)) }
    #expect(socket.io.transport == .polling)
    await socket.io.close()
    #expect(try recording.requests(.websocket).isEmpty)
  }

  @Test("rememberUpgrade", arguments: [true, false])
  func rememberUpgrade(isSet: Bool) async throws {
    let server = try Server.testServer.start()
    for round in 0..<2 {
      let socket = try makeSocket(server.url) { $0.rememberUpgrade = isSet }
      let upgrades = Recorder<TransportName>()
      socket.io.on(.upgrade) { upgrades.record($0) }
      let connection = try await socket.connected()
      #expect(connection.transport == (isSet && round == 1 ? .websocket : .polling))
      if connection.transport == .polling { _ = try await upgrades.first("upgrade") }
      await socket.io.close()
    }
  }

  @Test("protocols")
  func protocols() async throws {
    let request = try #require(
      try await record(.websocket) { $0.protocols = ["chat", "chat.v2"] }.requests(.websocket).first)
    #expect(request["headers"]?["sec-websocket-protocol"]?.stringValue?.contains("chat.v2") == true)
  }

  @Test(
    "withCredentials keeps cookies over both transports and reconnections", arguments: Route.allCases, [true, false])
  func cookies(_ route: Route, isSet: Bool) async throws {
    let recording = Recording()
    let server = try Server.testServer.start(
      "--record", recording.path, "--set-cookie", "node=a1; Path=/; HttpOnly", "--set-cookie", "gone=1; Max-Age=0",
      "--set-cookie", "elsewhere=1; Path=/other")
    let socket = try makeSocket(server.url) {
      $0.transports = route.transports
      $0.withCredentials = isSet
      $0.extraHeaders = ["Cookie": "own=1"]
    }
    let connects = Recorder<SocketConnection>()
    socket.on(.connect) { connects.record($0) }
    _ = try await socket.connected()
    socket.io.engine.close()
    _ = try await connects.wait("reconnection") { $0.count == 2 }
    await socket.io.close()
    let requests = try recording.lines.filter { $0["type"] == "request" }
    let sent = requests.map { $0["headers"]?["cookie"]?.stringValue ?? "" }
    #expect(sent.first == "own=1")
    #expect(sent.dropFirst().allSatisfy { $0 == (isSet ? "own=1; node=a1" : "own=1") }, "\(sent)")
  }

  @Test(
    "extraHeaders: a header of the WebSocket handshake is refused by name",
    arguments: ["Upgrade", "connection", "Sec-WebSocket-Key"])
  func handshakeHeaders(_ name: String) async throws {
    let made = #expect(throws: SocketIOError.self) {
      try makeSocket("http://127.0.0.1:1") { $0.extraHeaders = [name: "mine"] }
    }
    #expect(made?.code == .invalidOption)
    #expect(made?.message.contains("extraHeaders: \"\(name)\"") == true, "\(String(describing: made))")

    // Values set later are not checked before they are used.
    let socket = try makeSocket("http://127.0.0.1:1") {
      $0.transports = [.websocket]
      $0.reconnection = false
    }
    socket.io.opts.extraHeaders = [name: "mine"]
    let used = await #expect(throws: SocketIOError.self) { try await socket.connected() }
    #expect(used?.code == .invalidOption)
    #expect(used?.message.contains("extraHeaders: \"\(name)\"") == true, "\(String(describing: used))")
    socket.disconnect()
  }

  @Test("perMessageDeflate compresses large messages")
  func deflate() async throws {
    let recording = Recording()
    let server = try Server.testServer.start("--record", recording.path, "--deflate")
    let socket = try makeSocket(server.url) {
      $0.transports = [.websocket]
      $0.perMessageDeflate = PerMessageDeflate(threshold: 1_000)
    }
    _ = try await socket.connected()
    let large = String(repeating: "compress me ", count: 1_000)
    #expect(try await socket.emitWithAck("echo", large) == .string(large))
    #expect(try await socket.emitWithAck("echo", "small") == "small")
    await socket.io.close()
    let echoes = try recording.messages.filter { $0["data"]?.stringValue?.contains("echo") == true }
    #expect(echoes.map { $0["compressed"] } == [true, false])
    #expect(try recording.requests(.websocket)[0]["headers"]?["sec-websocket-extensions"] != nil)
  }

  @Test("requestTimeout ends a poll that is answered too late")
  func requestTimeout() async throws {
    let server = try Server.testServer.start()
    let socket = try makeSocket(server.url) {
      $0.transports = [.polling]
      // Far below the 25 s for which the server holds a poll, and far above the time of a handshake on a busy machine.
      $0.requestTimeout = .seconds(2)
      $0.reconnection = false
    }
    let disconnects = socket.recordDisconnects()
    _ = try await socket.connected()
    let lost = try await disconnects.first("disconnect")
    #expect(lost.reason == .transportError && lost.error?.code == .timeout)
  }

  @Test("agent: keepAlive and localAddress", arguments: [true, false])
  func agent(keepAlive: Bool) async throws {
    let recording = try await record(.polling) {
      $0.agent.keepAlive = keepAlive
      $0.agent.localAddress = "127.0.0.2"
    }
    let requests = try recording.requests(.polling)
    let connections = Set(requests.compactMap { $0["connection"]?.intValue })
    #expect(keepAlive ? connections.count < requests.count : connections.count == requests.count)
    #expect(requests.allSatisfy { $0["address"] == "127.0.0.2" })
    let sockets = try await record(.websocket) { $0.agent.localAddress = "127.0.0.2" }.requests(.websocket)
    #expect(sockets.allSatisfy { $0["address"] == "127.0.0.2" })
  }

  @Test("agent: a proxy carries both transports, with user and password", arguments: each)
  func proxy(_ transport: TransportName) async throws {
    let recording = Recording()
    let proxy = try TestServerProcess(
      Server.pythonProgram(),
      [Server.script("proxy.py"), "--auth", "user:pass word", "--record", recording.path])
    let server = try Server.testServer.start()
    let socket = try makeSocket(server.url) {
      $0.transports = [transport]
      $0.agent.proxy = "http://user:pass%20word@127.0.0.1:\(proxy.port)"
    }
    _ = try await socket.connected()
    #expect(try await socket.emitWithAck("echo", "by proxy") == "by proxy")
    await socket.io.close()
    #expect(try !recording.lines.isEmpty)

    let refused = try makeSocket(server.url) {
      $0.transports = [transport]
      $0.reconnection = false
      $0.agent.proxy = "http://user:wrong@127.0.0.1:\(proxy.port)"
    }
    let error = await #expect(throws: SocketIOError.self) { try await refused.connected() }
    #expect(error?.code == .proxyAuthentication, "\(String(describing: error))")
  }

  @Test("agent: an https proxy is verified under the Socket's TLS options", arguments: [false, true])
  func httpsProxy(secure: Bool) async throws {
    let certificates = try Certificates.shared.get()
    let proxy = try TestServerProcess(
      Server.pythonProgram(),
      [Server.script("proxy.py"), "--tls", certificates.path("server.pem"), certificates.path("server.key")])
    let tls = ["--tls-cert", certificates.path("server.pem"), "--tls-key", certificates.path("server.key")]
    let server = try TestServerProcess(flags: secure ? tls : [])
    func makeProxied(_ configure: (inout SocketIOOptions) -> Void) throws -> Socket {
      try makeSocket("\(secure ? "https" : "http")://127.0.0.1:\(server.port)") {
        $0.transports = [.polling]
        $0.reconnection = false
        $0.agent.proxy = "https://127.0.0.1:\(proxy.port)"
        configure(&$0)
      }
    }
    let refused = try makeProxied { _ in }
    let error = await #expect(throws: SocketIOError.self) { try await refused.connected() }
    #expect(error?.code == .tlsUntrusted, "\(String(describing: error))")
    let lenient = try makeProxied { $0.rejectUnauthorized = false }
    _ = try await lenient.connected()
    await lenient.io.close()
    let trusting = try makeProxied {
      $0.ca = [.file(certificates.path("ca.pem"))]
      $0.pins = secure ? [certificates.serverPin] : []
    }
    _ = try await trusting.connected()
    #expect(try await trusting.emitWithAck("echo", "by TLS") == "by TLS")
    await trusting.io.close()
  }

  @Test("agent: unusable values are refused when the Socket is made")
  func badAgent() {
    for agent in [
      ConnectionAgent(proxy: "ftp://127.0.0.1"), ConnectionAgent(proxy: "http://"),
      ConnectionAgent(proxy: "https://127.0.0.1:1"),
      ConnectionAgent(localAddress: "not-an-address"),
    ] {
      let error = #expect(throws: SocketIOError.self) { try makeSocket("http://127.0.0.1:1") { $0.agent = agent } }
      #expect(error?.code == .invalidOption && error?.message.contains("agent") == true, "\(String(describing: error))")
    }
  }
}
