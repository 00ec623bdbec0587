import SocketIO
import SocketIOTesting
import Testing

@testable import sio

/// `sio script` against the test server: the content and order of its lines.
@Suite struct ScriptStoryTests {
  @Test func aConnectionFromBeginningToEnd() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess(server.url, "--options", #"{"transports":["websocket"]}"#)
    let created = try await script.next("created")
    #expect(created.without("ms") == ["on": "created", "socket": "main", "manager": 1, "namespace": "/"])
    let connect = try await script.next("connect")
    #expect(connect["id"]?.stringValue?.isEmpty == false)
    #expect(connect["recovered"] == false)
    #expect(connect["transport"] == "websocket")
    try await script.send(#"{"do":"state","tag":[1]}"#)
    let state = try await script.next("state")
    #expect(
      state.without("ms") == [
        "on": "state", "socket": "main", "tag": [1], "connected": true, "active": true, "id": connect["id"] ?? .null,
        "recovered": false, "transport": "websocket",
      ])
    try await script.send(#"{"do":"disconnect"}"#)
    _ = try await script.next("disconnect")
    try await script.send(#"{"do":"state"}"#, #"{"do":"quit"}"#)
    let (status, all) = try await script.ended()
    // On a busy machine this may take longer than the interval of the heartbeat.
    let lines = all.filter { summary($0) != "manager ping" }
    #expect(status == 0)
    #expect(
      lines.map(summary) == [
        "created", "manager open", "connect websocket", "state", "manager close", "disconnect io client disconnect",
        "state",
      ])
    #expect(lines[4]["args"] == ["forced close"])
    #expect(lines[5]["active"] == false)
    #expect(
      lines[6].without("ms").json
        == #"{"on":"state","socket":"main","connected":false,"active":false,"id":null,"recovered":false,"transport":null}"#
    )
    let times = lines.compactMap { $0["ms"]?.doubleValue }
    #expect(times.count == lines.count && times == times.sorted())
  }

  @Test func changesOfTransport() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess(server.url)
    #expect(try await script.next("connect")["transport"] == "polling")
    #expect(try await script.next("upgrade")["transport"] == "websocket")
    try await script.send(#"{"do":"state"}"#)
    #expect(try await script.next("state")["transport"] == "websocket")
    #expect(try await script.end().status == 0)
  }

  @Test func eventsAndAcknowledgementsBothWays() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess(server.url)
    let values =
      #"[null,{"b":[{"$binary":"AQID"}],"a":{"$binary":""}},18446744073709551615,-9223372036854775808,0.1,"é😀"]"#
    try await script.send(
      #"{"do":"emit","event":"message","args":\#(values)}"#,
      #"{"do":"emit","event":"message-with-ack","args":\#(values),"ack":true,"tag":{"n":1}}"#,
      #"{"do":"emit","event":"message-with-ack","ack":true}"#)
    let event = try await script.next("event", ["name": "message-back"])
    #expect(event["args"]?.json == values)
    #expect(event["call"] == nil)
    let ack = try await script.next("ack", ["tag": ["n": 1]])
    #expect(ack["args"]?.json == values)
    let untagged = try await script.next("ack")
    #expect(untagged.without("ms") == ["on": "ack", "socket": "main", "args": []])

    try await script.send(#"{"do":"emit","event":"ask","args":["q"]}"#)
    let question = try await script.next("event", ["name": "question", "args": ["q"]])
    let call = try #require(question["call"]?.intValue)
    try await script.send(#"{"do":"reply","call":\#(call),"args":["r",{"$binary":"AQID"}]}"#)
    let answer = try await script.next("event", ["name": "answer"])
    #expect(answer["args"]?.json == #"["r",{"$binary":"AQID"}]"#)
    try await script.send(
      #"{"do":"reply","call":\#(call),"tag":"again"}"#, #"{"do":"reply","call":\#(call + 1),"tag":"unknown"}"#,
      #"{"do":"reply","tag":"none"}"#)
    for tag in ["again", "unknown", "none"] {
      let error = try await script.next("error")
      #expect(error["tag"] == .string(tag))
      #expect(error["line"] == nil)
    }
    #expect(try await script.end().status == 0)
  }

  @Test func acknowledgementsThatDoNotCome() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess(server.url, "--options", #"{"transports":["websocket"],"autoConnect":false}"#)
    try await script.send(#"{"do":"emit","event":"never-ack","ack":true,"volatile":true,"tag":"volatile"}"#)
    #expect(try await script.next("ack", ["tag": "volatile"])["error"] == "the volatile event was dropped")
    try await script.send(#"{"do":"connect"}"#)
    _ = try await script.next("connect")
    try await script.send(
      #"{"do":"emit","event":"never-ack","ack":true,"tag":"lost"}"#,
      #"{"do":"emit","event":"never-ack","ack":true,"timeout":20,"tag":"late"}"#)
    #expect(try await script.next("ack")["error"] == "timeout")
    try await script.send(#"{"do":"disconnect"}"#)
    let lost = try await script.next("ack")
    #expect(lost.without("ms") == ["on": "ack", "socket": "main", "tag": "lost", "error": "disconnected"])
    #expect(try await script.end().status == 0)
  }

  @Test func theLastEventIsStillSent() async throws {
    let server = try Server.testServer.start()
    for transport in ["polling", "websocket"] {
      let options = #"{"transports":["\#(transport)"]}"#
      let listener = try ScriptProcess(server.url, "--options", options)
      _ = try await listener.next("connect")
      let speaker = try ScriptProcess(server.url, "--options", options)
      _ = try await speaker.next("connect")
      for number in 0..<20 { try await speaker.send(#"{"do":"emit","event":"broadcast","args":[\#(number)]}"#) }
      let (status, lines) = try await speaker.end()
      #expect(status == 0)
      #expect(lines.last { $0["on"] == "disconnect" }?["reason"] == "io client disconnect")
      for number in 0..<20 { _ = try await listener.next("event", ["args": [.int(number)]]) }
      #expect(try await listener.end().status == 0)
    }
  }

  @Test func refusalByTheServer() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess(server.url + "/admin", "--options", #"{"auth":{"token":"wrong"}}"#)
    let refusal = try await script.next("connect_error")
    #expect(
      refusal.without("ms") == [
        "on": "connect_error", "socket": "main", "message": "invalid credentials",
        "data": ["code": "invalid_credentials"], "active": false,
      ])
    try await script.send(#"{"do":"auth","value":{"token":"abcd"}}"#, #"{"do":"connect"}"#)
    _ = try await script.next("connect")
    try await script.send(#"{"do":"auth","value":null}"#, #"{"do":"disconnect"}"#, #"{"do":"connect"}"#)
    #expect(try await script.next("connect_error")["active"] == false)
    #expect(try await script.end().status == 0)
  }

  @Test func failuresOfTheConnection() async throws {
    let server = try RawServer(answering: RawServer.http("403 Forbidden", "text/plain", "no"))
    defer { server.stop() }
    let script = try ScriptProcess(
      server.url, "--options", #"{"reconnectionAttempts":1,"reconnectionDelay":1,"randomizationFactor":0}"#)
    _ = try await script.next("manager", ["name": "reconnect_error"])
    try await script.send(#"{"do":"open","tag":7}"#)
    let opened = try await script.next("opened", ["tag": 7])
    #expect(opened["error"]?.stringValue?.contains("403") == true)
    let (status, lines) = try await script.end()
    #expect(status == 0)
    #expect(
      lines.map(summary) == [
        "created", "connect_error", "manager error", "manager reconnect_attempt", "connect_error", "manager error",
        "manager reconnect_failed", "manager reconnect_error", "connect_error", "manager error", "opened",
      ])
    #expect(lines[1]["status"] == 403)
    #expect(lines[1]["active"] == true)
    #expect(lines[1]["data"] == nil)
    #expect(lines[2]["args"] == [lines[1]["message"] ?? .null])
    #expect(lines[3]["args"] == [1])
    #expect(lines[6]["args"] == [])
  }

  @Test func openingAndClosingTheManager() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess(
      server.url, "--options", #"{"autoConnect":false,"reconnectionDelay":1,"transports":["websocket"]}"#)
    try await script.send(#"{"do":"state"}"#, #"{"do":"open","tag":"o"}"#)
    #expect(try await script.next("state")["active"] == false)
    let opened = try await script.next("opened")
    #expect(opened.without("ms").json == #"{"on":"opened","socket":"main","tag":"o","error":null}"#)
    _ = try await script.next("connect")
    try await script.send(#"{"do":"close"}"#)
    let disconnect = try await script.next("disconnect")
    #expect(disconnect["reason"] == "forced close")
    #expect(disconnect["active"] == true)
    #expect(try await script.next("manager", ["name": "reconnect"])["args"] == [1])
    _ = try await script.next("connect")
    #expect(try await script.end().status == 0)
  }
}
