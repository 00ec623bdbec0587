import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Servers that are missing, are something else, or disappear: always a named error, never a crash.
@Suite("Failures", .timeLimit(.minutes(2)))
struct FailureTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let answer: String?
    let code: SocketIOError.Code
    var status: Int?
  }

  static let cases = [
    Case(
      testDescription: "HTTP 404", answer: RawServer.http("404 Not Found", "text/plain", "not here"),
      code: .httpStatus, status: 404),
    Case(
      testDescription: "HTTP 403",
      answer: RawServer.http("403 Forbidden", "application/json", #"{"code":4,"message":"Forbidden"}"#),
      code: .httpStatus, status: 403),
    Case(
      testDescription: "an HTML page",
      answer: RawServer.http("200 OK", "text/html", "<html><body>welcome</body></html>"),
      code: .protocolViolation),
    Case(
      testDescription: "an empty answer", answer: RawServer.http("200 OK", "text/plain", ""), code: .protocolViolation),
    Case(
      testDescription: "malformed JSON", answer: RawServer.http("200 OK", "text/plain", #"0{"sid":"x","#),
      code: .protocolViolation),
    Case(
      testDescription: "a handshake without intervals",
      answer: RawServer.http("200 OK", "text/plain", #"0{"sid":"x"}"#),
      code: .protocolViolation),
    Case(testDescription: "no HTTP at all", answer: "SSH-2.0-OpenSSH_9.2\r\n", code: .protocolViolation),
    Case(testDescription: "silence", answer: nil, code: .timeout),
  ]

  @Test("gives a named error on polling", arguments: cases)
  func polling(_ failure: Case) async throws {
    try await expect(failure, over: .polling, failure.code)
  }

  @Test("gives a named error on WebSocket", arguments: cases)
  func websocket(_ failure: Case) async throws {
    // Any HTTP status means a refused handshake here.
    switch failure.answer {
    case nil: try await expect(failure, over: .websocket, .timeout)
    case let answer? where answer.hasPrefix("HTTP"): try await expect(failure, over: .websocket, .httpStatus)
    default: try await expect(failure, over: .websocket, .protocolViolation)
    }
  }

  private func expect(_ failure: Case, over transport: TransportName, _ code: SocketIOError.Code) async throws {
    let server = try RawServer(answering: failure.answer)
    defer { server.stop() }
    let socket = try makeSocket(server.url) {
      $0.transports = [transport]
      $0.timeout = .after(.milliseconds(failure.answer == nil ? 200 : 20_000))
      $0.reconnectionAttempts = 1
    }
    let errors = socket.recordErrors()
    let failed = Recorder<Bool>()
    socket.io.on(.reconnectFailed) { failed.record(true) }
    socket.connect()
    let error = try await errors.first("connect_error")
    #expect(error.code == code, "\(error)")
    if let status = failure.status { #expect(error.httpStatus == status) }
    #expect(!error.message.isEmpty)
    #expect(socket.active && !socket.connected)
    _ = try await failed.first("reconnect_failed")
    #expect(errors.values.count == 2)
    socket.disconnect()
  }

  @Test("names a refused port and an unknown host", arguments: [TransportName.polling, .websocket])
  func unreachable(_ transport: TransportName) async throws {
    let server = try RawServer(answering: nil)
    let port = server.port
    server.stop()
    for (url, code) in [
      ("http://127.0.0.1:\(port)", SocketIOError.Code.connectFailed), ("http://no-such-host.invalid", .unresolvedHost),
    ] {
      let socket = try makeSocket(url) {
        $0.transports = [transport]
        $0.reconnection = false
      }
      let error = await #expect(throws: SocketIOError.self) { try await socket.connected() }
      #expect(error?.code == code, "\(String(describing: error))")
    }
  }

  @Test("notices a server that stops sending its heartbeat", arguments: Route.allCases)
  func heartbeat(_ route: Route) async throws {
    // The server also disconnects a slow client, so the timeout must suit a busy machine.
    let server = try Server.testServer.start("--ping-interval", "300", "--ping-timeout", "2000")
    // The other tests' shared loop may be busy for longer.
    let loop = try SocketEventLoop()
    let socket = try makeSocket(server.url) {
      $0.transports = route.transports
      $0.eventLoop = loop
    }
    let disconnects = socket.recordDisconnects()
    let pings = Recorder<Bool>()
    socket.io.on(.ping) { pings.record(true) }
    _ = try await socket.connected()
    // Longer than interval and timeout together: only pings keep the connection.
    _ = try await pings.wait("nine pings") { $0.count >= 9 }
    #expect(disconnects.values.isEmpty)
    try socket.emit("silence")
    #expect(try await disconnects.first("disconnect").reason == .pingTimeout)
    socket.disconnect()
  }

  @Test("survives a server that is killed and started again", arguments: Server.allCases, Route.allCases)
  func restart(_ kind: Server, _ route: Route) async throws {
    let first = try kind.start()
    let socket = try makeSocket(first.url) { $0.transports = route.transports }
    let disconnects = socket.recordDisconnects()
    let connects = Recorder<SocketConnection>()
    socket.on(.connect) { connects.record($0) }
    _ = try await socket.connected()
    first.kill()
    let reason = try await disconnects.first("disconnect").reason
    #expect([.transportClose, .transportError].contains(reason))
    let second = try kind.start("--port", "\(first.port)")
    _ = try await connects.wait("reconnection") { $0.count == 2 }
    #expect(try await socket.emitWithAck("echo", "back") == "back")
    socket.disconnect()
    second.kill()
  }

  @Test("distinguishes a broken connection from a closed one", arguments: Route.allCases)
  func dropped(_ route: Route) async throws {
    let server = try Server.testServer.start()
    let socket = try makeSocket(server.url) { $0.transports = route.transports }
    let disconnects = socket.recordDisconnects()
    _ = try await socket.connected()
    try socket.emit("drop-me")
    let lost = try await disconnects.first("disconnect")
    #expect([.transportClose, .transportError].contains(lost.reason))
    #expect(lost.error != nil)
    socket.disconnect()
  }
}
