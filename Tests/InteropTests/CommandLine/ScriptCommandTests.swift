import SocketIO
import SocketIOTesting
import Testing

@testable import sio

/// Commands of `sio script` beyond the life of one Socket.
@Suite struct ScriptCommandTests {
  @Test func managersAreCounted() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess()
    let sockets: KeyValuePairs = [
      #""socket":"a","url":"URL""#: 1, #""socket":"b","url":"URL""#: 2, #""socket":"c","url":"URL/echo""#: 1,
      #""socket":"d","url":"URL/echo""#: 3, #""socket":"e","url":"URL/x","options":{"forceNew":true}"#: 4,
      #""socket":"f","url":"URL/y","options":{"multiplex":false}"#: 5,
      #""socket":"g","url":"URL/z","options":{"path":"/p"}"#: 6,
      #""socket":"h","url":"URL/y""#: 1,
    ]
    for (fields, manager) in sockets {
      try await script.send(#"{"do":"io","tag":"t",\#(fields)}"#.replacing("URL", with: server.url))
      let created = try await script.next("created", ["tag": "t"])
      #expect(created["manager"] == .int(manager), "\(fields)")
    }
    let (status, lines) = try await script.end()
    #expect(status == 0)
    // Events of a Manager are reported once, under the name of its first Socket.
    #expect(lines.contains { $0["on"] == "manager" && $0["socket"] == "a" })
    #expect(!lines.contains { $0["on"] == "manager" && ["c", "h"].contains($0["socket"]) })
  }

  @Test func urlsResolveAgainstTheLocation() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess()
    try await script.send(#"{"do":"io","tag":1}"#)
    #expect(try await script.next("error", ["tag": 1])["message"]?.stringValue?.contains("Manager.location") == true)
    try await script.send(
      #"{"do":"location","url":"\#(server.url)/page?x=1"}"#, #"{"do":"io"}"#,
      #"{"do":"io","socket":"s","url":"/echo"}"#,
      #"{"do":"io","socket":"s","url":"/slow","tag":2}"#)
    #expect(try await script.next("created", ["socket": "main"])["namespace"] == "/")
    #expect(try await script.next("created", ["socket": "s"])["namespace"] == "/echo")
    #expect(try await script.next("error", ["tag": 2])["message"] == #"the name "s" is in use"#)
    _ = try await script.next("connect", ["socket": "main"])
    _ = try await script.next("connect", ["socket": "s"])
    #expect(try await script.end().status == 0)
  }

  @Test func reactionsRunInsideTheHandler() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess(server.url, "--options", #"{"autoConnect":false,"transports":["websocket"]}"#)
    try await script.send(
      #"{"do":"when","on":"connect","times":2,"then":[{"do":"state","tag":"c"},{"do":"emit","event":"echo","args":[1]}]}"#,
      #"{"do":"when","on":"event:echo","then":[{"do":"disconnect"},{"do":"state","tag":"e"}]}"#,
      #"{"do":"when","on":"disconnect","times":3,"then":[{"do":"connect"}]}"#,
      #"{"do":"when","on":"manager:open","times":1,"then":[{"do":"state","tag":"o"}]}"#, #"{"do":"connect"}"#)
    // The third connection has no reaction.
    for _ in 0..<3 { _ = try await script.next("connect") }
    let (status, lines) = try await script.end()
    #expect(status == 0)
    let round = [
      "connect websocket", "state", "event echo", "state", "manager close", "disconnect io client disconnect",
    ]
    let opening = lines.map(summary).filter { $0 != "manager open" }
    #expect(opening.dropFirst(2).starts(with: round + round + ["connect websocket"]))
    #expect(lines.filter { $0["tag"] == "o" }.count == 1)
    #expect(lines.filter { $0["tag"] == "c" }.allSatisfy { $0["connected"] == true })
    #expect(lines.filter { $0["tag"] == "e" }.allSatisfy { $0["connected"] == false })
  }

  @Test func reactionsAnswerMakeSocketsAndQuit() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess(server.url)
    try await script.send(
      #"{"do":"when","on":"event:question","then":[{"do":"reply","args":["yes"]},{"do":"reply","tag":"twice"}]}"#,
      #"{"do":"when","on":"event:answer","then":[{"do":"reply","tag":"unasked"},{"do":"io","socket":"s","url":"\#(server.url)/echo"},{"do":"when","socket":"s","on":"connect","then":[{"do":"emit","event":"echo","args":["s"]}]},{"do":"when","socket":"s","on":"event:echo","then":[{"do":"quit"}]}]}"#,
      #"{"do":"emit","event":"ask"}"#)
    _ = try await script.next("error", ["tag": "twice"])
    #expect(try await script.next("event", ["name": "answer"])["args"] == ["yes"])
    _ = try await script.next("error", ["tag": "unasked"])
    #expect(try await script.next("created", ["socket": "s"])["manager"] == 1)
    #expect(try await script.next("event", ["socket": "s"])["args"] == ["s"])
    #expect(try await script.ended().status == 0)
  }

  @Test func optionsChangeWhileItRuns() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess(
      server.url, "--options",
      #"{"reconnectionDelay":1,"transports":["websocket"],"query":{"x":1},"extraHeaders":{"x":1}}"#)
    _ = try await script.next("connect")
    try await script.send(
      #"{"do":"opts","set":{"query":{"x":2},"transports":["smoke"]},"tag":"bad"}"#,
      #"{"do":"when","on":"manager:reconnect_attempt","then":[{"do":"opts","set":{"query":{"y":true},"extraHeaders":{"x":1.5}}}]}"#,
      #"{"do":"when","on":"connect","then":[{"do":"emit","event":"get-handshake","ack":true}]}"#,
      #"{"do":"emit","event":"get-handshake","ack":true}"#)
    #expect(try await script.next("error", ["tag": "bad"])["message"]?.stringValue?.contains("smoke") == true)
    let before = try await script.next("ack")
    #expect(before["args"]?[0]?["query"]?["x"] == "1")
    try await script.send(#"{"do":"close"}"#)
    let after = try await script.next("ack")
    #expect(after["args"]?[0]?["query"]?["y"] == "true")
    #expect(after["args"]?[0]?["query"]?["x"] == nil)
    #expect(after["args"]?[0]?["headers"]?["x"] == "1.5")
    #expect(try await script.end().status == 0)
  }

  @Test func sleepDelaysTheNextCommandButNoHandler() async throws {
    let server = try Server.testServer.start()
    let script = try ScriptProcess(server.url)
    try await script.send(
      #"{"do":"state","tag":1}"#, #"{"do":"sleep","ms":50.5}"#, #"{"do":"state","tag":2}"#,
      #"{"do":"when","on":"event:echo","then":[{"do":"quit"}]}"#, #"{"do":"emit","event":"echo"}"#,
      #"{"do":"sleep","ms":3600000}"#)
    let first = try await script.next("state", ["tag": 1])["ms"]?.doubleValue
    let second = try await script.next("state", ["tag": 2])["ms"]?.doubleValue
    #expect(try #require(second) - #require(first) >= 50)
    #expect(try await script.ended().status == 0)
  }

  @Test func linesThatAreNotCommands() async throws {
    let lines = [
      "nonsense", "[1]", "{}", #"{"do":"dance","tag":1,"socket":"s"}"#, #"{"do":1}"#, #"{"do":"emit"}"#,
      #"{"do":"emit","event":"x","args":[{"$binary":"?"}]}"#, #"{"do":"emit","event":"x","arg":[]}"#, "\u{1}",
      #"{"do":"sleep","ms":-1}"#, #"{"do":"when","on":"dinner","then":[]}"#, #"{"do":"state","socket":1}"#,
      #"{"do":"when","on":"connect","then":[{"do":"sleep","ms":1}]}"#, #"{"do":"location"}"#,
    ]
    let (status, output, errors) = try await SioProcess.run("script", input: ["", "  \r"] + lines)
    #expect(status == 0)
    #expect(errors == [])
    #expect(output.count == lines.count)
    for (index, (text, line)) in zip(output, lines).enumerated() {
      let error = try SocketValue(json: text)
      #expect(error["on"] == "error")
      #expect(error["line"] == .int(index + 3), "\(line)")
      #expect(error["message"]?.stringValue?.isEmpty == false)
      #expect(error["socket"] == (line.contains(#""s""#) ? "s" : "main"))
      #expect(error["tag"] == (line.contains("tag") ? 1 : nil))
    }
  }

  @Test func commandsThatCannotBeCarriedOut() async throws {
    let (status, output, _) = try await SioProcess.run(
      "script", "smoke://signals",
      input: [
        #"{"do":"state","tag":1}"#, #"{"do":"io","url":"http://127.0.0.1:1","options":{"colour":1},"tag":2}"#,
        #"{"do":"io","url":"http://127.0.0.1:1","options":{"autoConnect":false}}"#,
        #"{"do":"emit","event":"connect","tag":3}"#,
        #"{"do":"io","url":"http://127.0.0.1:1","tag":4}"#,
      ])
    let lines = try output.map { try SocketValue(json: $0) }
    #expect(status == 0)
    #expect(lines.map(summary) == ["error", "error", "error", "created", "error", "error"])
    #expect(lines.map { $0["tag"] } == [nil, 1, 2, nil, 3, 4])
    #expect(lines.allSatisfy { $0["line"] == nil })
    #expect(lines[2]["message"] == #"there is no option "colour""#)
  }

  @Test func theURLIsAnsweredFirst() async throws {
    let (status, output, _) = try await SioProcess.run(
      "script", "http://127.0.0.1:1", "--options", #"{"colour":1}"#, input: [#"{"do":"state"}"#])
    let lines = try output.map { try SocketValue(json: $0) }
    #expect(status == 0)
    #expect(lines.map(summary) == ["error", "error"])
    #expect(lines[0].without("ms", "message") == ["on": "error", "socket": "main"])
  }
}
