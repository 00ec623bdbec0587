import ArgumentParser
import Foundation
import SocketIO
import SocketIOTesting
import Testing

@testable import sio

/// The commands for people: `connect`, `emit` and `listen`.
@Suite struct CommandTests {
  // MARK: emit

  @Test func emitPrintsTheAcknowledgement() async throws {
    let server = try Server.testServer.start()
    let result = try await SioProcess.run(
      "emit", server.url, "message-with-ack", "1", #""1""#, "word", #"{"b":{"$binary":"AQID"},"a":null}"#, "--", "-1")
    #expect(result.status == 0)
    #expect(result.output == [#"[1,"1","word",{"b":{"$binary":"AQID"},"a":null},-1]"#])
    #expect(result.errors == [])
  }

  @Test(arguments: ["polling", "websocket"]) func emitSendsWithoutWaiting(_ transport: String) async throws {
    let server = try Server.testServer.start()
    let listener = try ScriptProcess(server.url)
    _ = try await listener.next("connect")
    let result = try await SioProcess.run(
      "emit", server.url, "broadcast", "x", "--no-ack", "--transports", transport)
    #expect(result.status == 0)
    #expect(result.output == [])
    #expect(try await listener.next("event")["args"] == ["x"])
    #expect(try await listener.end().status == 0)
  }

  @Test func emitAppliesItsFlags() async throws {
    let server = try Server.testServer.start("--path", "/p/")
    let result = try await SioProcess.run(
      "emit", server.url + "/admin", "get-handshake", "--auth", #"{"token":"abcd"}"#, "--transports", "websocket",
      "--path", "/p", "--query", "a=b=c", "--query", "d=", "--header", "X-One: 1: 2")
    #expect(result.status == 0)
    let handshake = try SocketValue(json: result.output.first ?? "")[0]
    #expect(handshake?["query"]?["a"] == "b=c")
    #expect(handshake?["query"]?["d"] == "")
    #expect(handshake?["query"]?["transport"] == "websocket")
    #expect(handshake?["headers"]?["x-one"] == "1: 2")
    #expect(handshake?["auth"] == ["token": "abcd"])
  }

  @Test func emitTakesEveryOption() async throws {
    let server = try Server.testServer.start()
    let result = try await SioProcess.run(
      "emit", server.url, "get-handshake", "--header", "X-One: 1", "--options",
      #"{"transports":["websocket"],"timestampParam":"ts","extraHeaders":{"X-One":"0","X-Two":2}}"#)
    #expect(result.status == 0)
    let handshake = try SocketValue(json: result.output.first ?? "")[0]
    #expect(handshake?["query"]?["ts"] != nil)
    #expect(handshake?["query"]?["transport"] == "websocket")
    #expect(handshake?["headers"]?["x-one"] == "1")
    #expect(handshake?["headers"]?["x-two"] == "2")
  }

  @Test func emitHasOneLimitAndOwnDefaults() throws {
    func options(_ flags: String...) throws -> SocketIOOptions { try Emit.parse(["http://a", "e"] + flags).options() }
    let usual = try options()
    #expect(usual.timeout == .never && !usual.reconnection && !usual.upgrade)
    #expect(try options("--timeout", "60000").timeout == .never)
    let json = #"{"timeout":50,"reconnection":true,"upgrade":true}"#
    let given = try options("--options", json)
    #expect(given.timeout == .after(.milliseconds(50)) && given.reconnection && given.upgrade)
    #expect(try options("--options", json, "--timeout", "60000").timeout == .never)
  }

  @Test func aLargeEventPrefersWebSocket() throws {
    func options(_ size: Int, _ flags: String...) throws -> SocketIOOptions {
      try Emit.parse(["http://a", "e", #"[{"a":"\#(String(repeating: "x", count: size))"}]"#] + flags).options()
    }
    let small = try options(900_000)
    #expect(small.transports == [.polling, .websocket] && !small.tryAllTransports)
    let large = try options(1_000_000)
    #expect(large.transports == [.websocket, .polling] && large.tryAllTransports)
    let chosen = try options(1_000_000, "--transports", "polling")
    #expect(chosen.transports == [.polling] && !chosen.tryAllTransports)
    #expect(
      try options(1_000_000, "--options", #"{"tryAllTransports":false}"#).transports == [.polling, .websocket])
  }

  @Test func emitTriesAgainWithReconnection() async throws {
    let server = try RawServer(answering: RawServer.http("403 Forbidden", "text/plain", "no"))
    defer { server.stop() }
    let options = #"{"reconnection":true,"reconnectionAttempts":1,"reconnectionDelay":1}"#
    let result = try await SioProcess.run("emit", server.url, "e", "--verbose", "--options", options)
    #expect(result.status == 1)
    #expect(result.errors.last?.hasPrefix("sio: ") == true && result.errors.last?.contains("403") == true)
    #expect(result.errors.contains { $0.contains("sio.attempt=1") }, "\(result.errors)")
  }

  @Test func emitFailsWithOneLine() async throws {
    let server = try Server.testServer.start()
    let cases = [
      (["http://127.0.0.1:1", "e"], "refused"), ([server.url + "/admin", "e"], "invalid credentials"),
      ([server.url, "never-ack", "--timeout", "50"], "within 50 ms"), ([server.url, "disconnect-me"], "disconnected"),
    ]
    for (arguments, message) in cases {
      let sio = try SioProcess(["emit"] + arguments)
      let result = try await sio.exit()
      #expect(result.status == 1)
      #expect(result.output == [])
      #expect(result.errors.count == 1 && result.errors[0].contains(message), "\(result.errors)")
    }
  }

  @Test func connectPrintsStatisticsAtItsEnd() async throws {
    let server = try Server.testServer.start()
    let result = try await SioProcess.run(
      "connect", server.url, "--transports", "websocket", "--verbose", input: ["echo 1 ?", "echo 2 ?"])
    #expect(result.status == 0)
    let line = try #require(result.errors.last)
    #expect(line.hasPrefix("1 connection; 2 events out and 0 in, acknowledged after "), "\(line)")
    #expect(line.contains(" on average; websocket ") && !line.contains("polling"), "\(line)")
  }

  // MARK: listen

  @Test func listenPrintsEventsUntilThereAreEnough() async throws {
    let server = try Server.testServer.start()
    let ready = try ScriptProcess(server.url)
    _ = try await ready.next("connect")
    let sio = try SioProcess(["listen", server.url, "broadcast", "--count", "2"])
    // Only its output shows whether the listener has joined.
    while sio.output.values.isEmpty {
      try await ready.send(#"{"do":"emit","event":"broadcast","args":[1,{"$binary":"AQID"}]}"#)
      _ = try await ready.next("event")
    }
    try await ready.send(#"{"do":"emit","event":"broadcast","args":[1,{"$binary":"AQID"}]}"#)
    let result = try await sio.exit()
    #expect(result.status == 0)
    #expect(result.output == Array(repeating: #"{"event":"broadcast","args":[1,{"$binary":"AQID"}]}"#, count: 2))
    #expect(try await ready.end().status == 0)
  }

  @Test func listenSaysThatItIsConnected() async throws {
    let server = try Server.testServer.start()
    let address = server.url.replacing("http://", with: "")
    let result = try SioProcess(["listen", address, "--transports", "websocket", "--count", "1"])
    let speaker = try ScriptProcess(server.url)
    while result.output.values.isEmpty {
      try await speaker.send(#"{"do":"emit","event":"broadcast"}"#)
      _ = try await speaker.next("event")
    }
    let (status, _, errors) = try await result.exit()
    #expect(status == 0)
    #expect(errors.count == 1 && errors[0].hasPrefix("sio: connected to / as "), "\(errors)")
    #expect(errors.first?.hasSuffix(" over websocket") == true)
  }

  @Test func jsonOnSeveralLines() async throws {
    let server = try Server.testServer.start()
    let result = try await SioProcess.run("emit", server.url, "echo", #"{"a":[1]}"#, "--pretty")
    #expect(result.output == ["[", "  {", #"    "a": ["#, "      1", "    ]", "  }", "]"])
  }

  @Test func aFileIsBinary() async throws {
    let server = try Server.testServer.start()
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
    try Data([1, 2, 3]).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let result = try await SioProcess.run("emit", server.url, "echo", #"{"a":{"$file":"\#(file.path)"}}"#)
    #expect(result.output == [#"[{"a":{"$binary":"AQID"}}]"#])
  }

  @Test func listenEndsWhenTheNamespaceIsRefused() async throws {
    let server = try Server.testServer.start()
    let result = try await SioProcess.run("listen", server.url + "/admin")
    #expect(result.status == 1)
    #expect(result.errors == ["sio: invalid credentials"])
  }

  // MARK: connect

  @Test func connectEmitsTypedLines() async throws {
    let server = try Server.testServer.start()
    let sio = try SioProcess(["connect", server.url, "--transports", "websocket"])
    _ = try await sio.output.wait("connect") { !$0.isEmpty }
    try sio.type("{oops", "#1 late", #"message 1 {"a": [1, 2]} 'two words'"#, "", "message-with-ack x ?")
    sio.endInput()
    let result = try await sio.exit()
    #expect(result.status == 0)
    try #require(result.output.count == 5)
    #expect(result.output[0].hasPrefix("* connected to / as "))
    #expect(result.output[1].hasPrefix("! what begins with { is not JSON"))
    #expect(result.output[2] == "! nothing waits for the answer #1")
    #expect(result.output[3] == #"< message-back 1 {"a":[1,2]} "two words""#)
    #expect(result.output[4] == #"= message-with-ack "x""#)
  }

  @Test func connectEmitsLinesTypedBeforeItIsConnected() async throws {
    let server = try Server.testServer.start()
    let result = try await SioProcess.run("connect", server.url, input: ["message-with-ack 1 ?"])
    #expect(result.status == 0)
    #expect(result.output.contains("= message-with-ack 1"))
  }

  @Test func connectAnswersAndIsInterrupted() async throws {
    let server = try Server.testServer.start()
    let sio = try SioProcess(["connect", server.url])
    try sio.type("ask q")
    _ = try await sio.output.wait("question") { $0.contains(##"< question "q"  #1"##) }
    try sio.type("#1 yes {}")
    _ = try await sio.output.wait("answer") { $0.contains(#"< answer "yes" {}"#) }
    sio.interrupt()
    let result = try await sio.exit()
    #expect(result.status == 0)
    #expect(result.errors == [])
  }

  @Test func connectEscapesControlCharacters() async throws {
    let server = try Server.testServer.start()
    let result = try await SioProcess.run(
      "connect", server.url,
      input: [#"error-packet '2["\u001b[31mred\n* \u0085\u007f\u202e",1,"\u2066\u009b"]'"#, "echo 1 ?"])
    #expect(result.output.contains(#"< \u001b[31mred\u000a* \u0085\u007f\u202e 1 "\u2066\u009b""#))
  }

  @Test(arguments: ["listen", "emit", "script"]) func controlCharactersInJSONAreEscaped(_ command: String)
    async throws
  {
    let server = try Server.testServer.start()
    let (text, written) = ("\u{1B}[31m\u{9B}\u{7F}\u{202E}\u{2028}é", #"\u001b[31m\u009b\u007f\u202e\u2028é"#)
    let sio: SioProcess
    switch command {
    case "emit": sio = try SioProcess(["emit", server.url, "message-with-ack", text])
    case "listen": sio = try SioProcess(["listen", server.url, "--count", "1"])
    default: sio = try SioProcess(["script", server.url])
    }
    if command != "emit" {
      let speaker = try ScriptProcess(server.url)
      while !sio.output.values.contains(where: { $0.contains(#"\u001b"#) }) {
        try await speaker.send(#"{"do":"emit","event":"broadcast","args":["\#(written)"]}"#)
        _ = try await speaker.next("event")
      }
    }
    sio.endInput()
    let line = try #require(try await sio.exit().output.first { $0.contains(#"\u001b"#) })
    #expect(line.contains(written), "\(line)")
    let value = try SocketValue(json: line)
    #expect((value[0] ?? value["args"]?[0])?.stringValue == text)
  }

  @Test func theLogOfAHostileServerIsHarmless() async throws {
    let server = try RawServer(
      answering: "HTTP/1.1 302 Found\r\nLocation: http://u:SECRET@h/\u{9B}x?token=SECRET\r\nContent-Length: 0\r\n\r\n")
    defer { server.stop() }
    let result = try await SioProcess.run("emit", server.url + "?token=SECRET", "e", "--verbose")
    #expect(result.status == 1)
    #expect(result.errors.contains { $0.contains("a redirect to http://…@h/") }, "\(result.errors)")
    for line in result.errors { #expect(line.escapingControls == line && !line.contains("SECRET"), "\(line)") }
  }

  @Test func connectEndsWhenTheServerDisconnectsIt() async throws {
    let server = try Server.testServer.start()
    let sio = try SioProcess(["connect", server.url])
    try sio.type("disconnect-me")
    let result = try await sio.exit()
    #expect(result.status == 1)
    #expect(result.output.last == "* disconnected: io server disconnect")
    #expect(result.errors == [])
  }
}
