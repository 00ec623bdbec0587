import Foundation
import SocketIO
import Testing

extension OptionsPageTests {
  /// Runs an example until its Socket has echoed something, over both transports if there is an upgrade, and closes it.
  private func run(_ page: Page, upgrades: Bool = false, _ example: () throws -> Socket) async throws -> TransportName?
  {
    let socket = try example()
    #expect(try await socket.emitWithAck("echo", Data([1]), timeout: .seconds(30)) == .binary(Data([1])))
    if upgrades { try await Self.eventually("upgrade") { socket.io.transport == .websocket } }
    let transport = socket.io.transport
    await socket.io.close()
    return transport
  }

  // MARK: Transports

  @Test("WebSocket only: nothing is polled")
  func webSocketOnly() async throws {
    let page = try Page()
    #expect(try await run(page) { try page.examples.webSocketOnly() } == .websocket)
    #expect(try page.recording.requests(.polling).isEmpty && page.recording.requests(.websocket).count == 1)
  }

  @Test("WebSocket first: if it is refused, the next attempt begins with polling")
  func webSocketFirst() async throws {
    let page = try Page()
    #expect(try await run(page) { try page.examples.webSocketFirst() } == .websocket)
    #expect(try page.recording.requests(.polling).isEmpty)

    let pollingOnly = try Page("--transports", "polling")
    #expect(try await run(pollingOnly) { try pollingOnly.examples.webSocketFirst() } == .polling)
    let transports = try pollingOnly.handshakes.map { $0["query"]?["transport"] }
    #expect(transports.count >= 2 && transports.last == "polling", "\(transports)")
    #expect(transports.dropLast().allSatisfy { $0 == "websocket" }, "\(transports)")
  }

  @Test("tryAllTransports: if WebSocket is refused, the same attempt continues with polling")
  func tryAllTransports() async throws {
    let page = try Page("--transports", "polling")
    let socket = try page.examples.tryAllTransports()
    let attempts = Recorder<Int>()
    socket.io.on(.reconnectAttempt) { attempts.record($0) }
    try await Self.eventually("connected") { socket.connected }
    #expect(socket.io.transport == .polling && attempts.values.isEmpty)
    #expect(try page.handshakes.map { $0["query"]?["transport"] } == ["websocket", "polling"])
    await socket.io.close()
  }

  @Test("upgrade off: polling for good")
  func noUpgrade() async throws {
    let page = try Page()
    let socket = try page.examples.noUpgrade()
    for number in 0..<20 {
      #expect(try await socket.emitWithAck("echo", number, timeout: .seconds(30)) == .int(number))
    }
    #expect(socket.io.transport == .polling)
    await socket.io.close()
    #expect(try page.recording.requests(.websocket).isEmpty)
  }

  @Test("rememberUpgrade: the second connection begins with WebSocket")
  func rememberUpgrade() async throws {
    let page = try Page()
    for _ in 0..<2 { _ = try await run(page, upgrades: true) { try page.examples.rememberUpgrade() } }
    #expect(try page.handshakes.map { $0["query"]?["transport"] } == ["polling", "websocket"])
  }

  // MARK: Requests

  @Test("path: that of all requests, not the namespace")
  func path() async throws {
    let page = try Page("--path", "/my-custom-path/")
    _ = try await run(page, upgrades: true) { try page.examples.path() }
    let echo = try page.examples.pathAndNamespace()
    #expect(echo.namespace == "/echo")
    try await Self.eventually("connected") { echo.connected }
    await echo.io.close()
    let requests = try page.recording.lines.filter { $0["type"] == "request" }
    #expect(requests.count > 4 && requests.allSatisfy { $0["path"] == "/my-custom-path/" })
  }

  @Test("query: a change takes effect with the next session")
  func query() async throws {
    let page = try Page()
    let socket = try page.examples.query()
    #expect(try await Self.handshake(of: socket)["query"]?["x"] == "42")
    let first = try #require(socket.id)
    try socket.emit("drop-me")
    try await Self.eventually("reconnection") { socket.id.map { $0 != first } ?? false }
    #expect(try await Self.handshake(of: socket)["query"]?["x"] == "43")
    await socket.io.close()
  }

  @Test("extraHeaders: sent with every request, over both transports")
  func extraHeaders() async throws {
    let page = try Page()
    _ = try await run(page, upgrades: true) { try page.examples.extraHeaders() }
    _ = try await run(page) { try page.examples.extraHeadersOfWebSocket() }
    let requests = try page.recording.lines.filter { $0["type"] == "request" }
    #expect(try page.recording.requests(.websocket).count == 2)
    #expect(requests.count > 3 && requests.allSatisfy { $0["headers"]?["my-custom-header"] == "1234" })
  }

  @Test("extraHeaders: a change is sent with the next request, and the handshake stays unchanged")
  func countingHeader() async throws {
    let page = try Page("--transports", "polling")
    let (socket, counting) = try page.examples.countingHeader()
    let before = try await Self.handshake(of: socket)
    // On a busy machine, counting can begin before the first request.
    let first = try #require(before["headers"]?["count"]?.stringValue.flatMap { Int($0) })
    try await Self.eventually("second count") {
      (socket.io.opts.extraHeaders["count"].flatMap { Int($0) } ?? 0) >= first + 2
    }
    let after = try await Self.handshake(of: socket)
    #expect(after["headers"]?["count"] == before["headers"]?["count"])
    counting.cancel()
    await socket.io.close()
    let counts = try page.recording.requests(.polling).compactMap {
      $0["headers"]?["count"]?.stringValue.flatMap { Int($0) }
    }
    #expect(counts.first == first && counts.last ?? 0 >= first + 2, "\(counts)")
  }

  @Test("withCredentials: cookies are sent back")
  func withCredentials() async throws {
    let page = try Page("--set-cookie", "node=a1")
    _ = try await run(page, upgrades: true) { try page.examples.withCredentials() }
    let cookies = try page.recording.lines.filter { $0["type"] == "request" }.map { $0["headers"]?["cookie"] }
    #expect(cookies.first == .some(nil) && cookies.dropFirst().allSatisfy { $0 == "node=a1" }, "\(cookies)")
  }

  @Test("forceBase64: binary is sent as text")
  func forceBase64() async throws {
    let page = try Page()
    _ = try await run(page) { try page.examples.forceBase64() }
    let messages = try page.recording.messages
    #expect(
      messages.contains { $0["data"] == "bAQ==" } && messages.allSatisfy { $0["opcode"] == "text" }, "\(messages)")
  }

  @Test("timestampRequests and timestampParam")
  func timestamps() async throws {
    let without = try Page()
    _ = try await run(without, upgrades: true) { try without.examples.noTimestamps() }
    #expect(try without.recording.lines.allSatisfy { $0["query"]?["t"] == nil })
    let named = try Page()
    _ = try await run(named, upgrades: true) { try named.examples.timestampParam() }
    let requests = try named.recording.lines.filter { $0["type"] == "request" }
    #expect(Set(requests.compactMap { $0["query"]?["ts"]?.stringValue }).count == requests.count)
    #expect(requests.allSatisfy { $0["query"]?["t"] == nil })
  }

  // MARK: Beyond the page

  @Test("transportOptions: each transport has its own options")
  func transportOptions() async throws {
    let page = try Page()
    _ = try await run(page, upgrades: true) { try page.examples.transportOptions() }
    for transport in [TransportName.polling, .websocket] {
      let requests = try page.recording.requests(transport)
      let expected = SocketValue.string(transport.rawValue)
      #expect(!requests.isEmpty && requests.allSatisfy { $0["headers"]?["x-transport"] == expected })
    }
  }

  @Test("perMessageDeflate: large messages are compressed")
  func perMessageDeflate() async throws {
    let page = try Page("--deflate")
    let socket = try page.examples.perMessageDeflate()
    let large = String(repeating: "compress me ", count: 100)
    for text in [large, "small"] {
      #expect(try await socket.emitWithAck("echo", text, timeout: .seconds(30)) == .string(text))
    }
    await socket.io.close()
    let echoes = try page.recording.messages.filter { $0["data"]?.stringValue?.contains("echo") == true }
    #expect(echoes.map { $0["compressed"] } == [true, false])
  }

  @Test("maxMessageSize: a larger message breaks the connection", arguments: [TransportName.polling, .websocket])
  func limits(_ transport: TransportName) async throws {
    let page = try Page("--transports", transport.rawValue)
    let socket = try page.examples.limits()
    socket.io.opts.transports = [transport]
    let disconnects = socket.recordDisconnects()
    // If the server only accepts WebSocket, a first attempt by polling may come before.
    try await Self.eventually("connected") { socket.connected }
    try socket.emit("binary", 2 << 20)
    let loss = try await disconnects.first("disconnect")
    #expect(loss.reason == .transportError && loss.error?.code == .tooLarge, "\(loss)")
    await socket.io.close()
  }

  @Test("protocols: offered in the handshake")
  func protocols() async throws {
    let page = try Page()
    _ = try await run(page) { try page.examples.protocols() }
    let request = try #require(try page.recording.requests(.websocket).first)
    #expect(request["headers"]?["sec-websocket-protocol"] == "chat.v2")
  }
}
