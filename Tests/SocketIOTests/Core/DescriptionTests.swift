import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Descriptions of Sockets, Managers and statistics", .timeLimit(.minutes(1)))
struct DescriptionTests {
  @Test("A Socket shows its namespace, state and id")
  func sockets() {
    let bench = ClientBench { $0.autoConnect = false }
    let socket = bench.socket("/news", auth: ["token": "SECRET"])
    #expect("\(socket)" == "Socket /news, disconnected")
    socket.connect()
    #expect("\(socket)" == "Socket /news, connecting")
    bench.loop.run()
    bench.script.open()
    bench.join("/news", sid: #"\u001bX"#)
    #expect("\(socket)" == #"Socket /news, connected as \u001bX"#)
    #expect("\(socket.volatile.timeout(.seconds(5)))" == "\(socket), volatile, timeout 5.0 seconds")
    #expect("\(socket.compress(false))" == "\(socket), not compressed")
    socket.disconnect()
    #expect("\(socket)" == "Socket /news, disconnected")
  }

  /// What `dump` and debuggers show.
  private static func dumped(_ value: Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
  }

  @Test("Sockets, Managers and options show no secrets")
  func secrets() throws {
    let bench = ClientBench {
      $0.auth = ["token": "SECRET"]
      $0.extraHeaders = ["authorization": "SECRET"]
      $0.query = ["token": "SECRET"]
      $0.path = "/SECRET/"
      $0.passphrase = "SECRET"
      $0.key = "SECRET"
      $0.pfx = .file("/etc/client.p12")
      $0.agent.proxy = "http://user:SECRET@proxy:3128"
      $0.retries = 3
      $0.ackTimeout = .seconds(2)
      $0.rejectUnauthorized = false
    }
    let socket = bench.socket(auth: ["token": "SECRET"])
    let options = bench.manager.opts
    for shown in [socket, bench.manager, socket.volatile] as [Any] {
      #expect(!Self.dumped(shown).contains("SECRET"), "\(shown)")
    }
    bench.open(joining: "/")
    socket.on("e") { [log = bench.log] event in log.add(Self.dumped(event)) }
    bench.script.receive(#"21["e",1]"#)
    let event = bench.take().last ?? ""
    #expect(event.contains("SocketIO.Acknowledgement") && event.count < 300, "\(event)")
    let (auth, key, pfx) = (try #require(options.auth), try #require(options.key), try #require(options.pfx))
    for shown in [auth, key, options.agent] as [Any] {
      #expect(!Self.dumped(shown).contains("SECRET") && !"\(shown)".contains("SECRET"), "\(shown)")
    }
    #expect("\(auth)" == "a fixed object")
    #expect("\(SocketAuth.provider { [:] })" == "provided by a closure")
    #expect("\(key)" == "6 bytes" && "\(pfx)" == "/etc/client.p12")
    #expect("\(options.agent)" == "proxy http://…@proxy:3128" && "\(ConnectionAgent())" == "direct")
    #expect(
      "\(options)" == """
        SocketIOOptions(transports: [websocket], path: …, query: …, extraHeaders: …, agent: …, \
        randomizationFactor: 0.0, auth: …, ackTimeout: 2.0 seconds, retries: 3, delivery: …, key: …, passphrase: …, \
        pfx: …, rejectUnauthorized: false)
        """)
    #expect("\(SocketIOOptions())" == "SocketIOOptions()")
  }

  @Test("What handlers get is a sentence")
  func payloads() {
    let connection = SocketConnection(id: "a\u{1B}", recovered: false, transport: .websocket)
    #expect("\(connection)" == #"connected as a\u001b over websocket"#)
    let recovered = SocketConnection(id: "a", recovered: true, transport: .polling)
    #expect("\(recovered)" == "connected as a over polling, recovered")
    #expect("\(Disconnection(reason: .ioServerDisconnect, error: nil))" == "io server disconnect")
    let lost = Disconnection(reason: .transportClose, error: SocketIOError(.connectionLost, "code 1008"))
    #expect("\(lost)" == "transport close: code 1008")
    #expect("\(HandlerFailure(event: "news", error: SocketIOError(.decoding, "no text")))" == #""news": no text"#)
  }

  @Test("A Manager shows its server, state and transport, and no credentials")
  func managers() throws {
    let loop = VirtualLoop()
    let options = ClientBench.options { $0.autoConnect = false }
    let connector = ScriptedConnector(loop: loop, options: options)
    let url = try ServerURL("https://user:SECRET@example.com:8443/news?token=SECRET", location: nil)
    let manager = Manager(loop: loop, connector: connector, options: options, name: url.origin)
    #expect("\(manager)" == "Manager https://example.com:8443, closed")
    manager.connect()
    loop.run()
    connector.scripts[0].open()
    #expect("\(manager)" == "Manager https://example.com:8443, open over websocket")
  }

  @Test("Statistics are one line with the figures that are not zero")
  func statistics() async throws {
    #expect("\(ManagerStatistics())" == "0 connections; 0 events out and 0 in")
    let (bench, socket) = ClientBench.connected()
    try socket.emit("a", 1) { _ in }
    bench.script.receive(#"2["b"]"#)
    let before = await bench.statistics()
    let bytes = try #require(before.traffic[.websocket])
    let traffic = "websocket \(bytes.bytesSent) bytes out and \(bytes.bytesReceived) in"
    #expect("\(before)" == "1 connection; 1 event out and 1 in, 1 unacknowledged; \(traffic)")
    #expect("\(before.events)" == "1 event out and 1 in, 1 unacknowledged")
    bench.loop.advance(by: 5)
    bench.script.receive("30[]")
    let after = await bench.statistics()
    #expect("\(after.events)" == "1 event out and 1 in, acknowledged after 0.005 seconds on average")
    var behind = ManagerStatistics()
    behind.inboundBytes = 1
    behind.readingPauses = 2
    behind.readingPaused = .milliseconds(1500)
    let pauses = "1 byte waiting for handlers; 2 pauses of reading, 1.5 seconds in all"
    #expect("\(behind)" == "0 connections; 0 events out and 0 in; \(pauses)")
  }

  @Test("Statistics show failed attempts, pings, and why events were dropped")
  func losses() {
    var statistics = ManagerStatistics()
    statistics.attempts = 3
    statistics.connections = 1
    statistics.pingIntervals.record(nanoseconds: 25_000_000_000)
    statistics.events.drops.volatile = 2
    statistics.events.drops.timedOut = 1
    let events = "0 events out and 0 in, 3 dropped (2 volatile, 1 timed out)"
    #expect("\(statistics)" == "1 connection of 3 attempts; \(events); pinged every 25.0 seconds on average")
    #expect("\(EventStatistics.Drops())" == "none")
  }

  @Test("An empty summary prints as \"none\"")
  func measures() {
    var summary = DurationSummary()
    var dumped = ""
    dump(summary, to: &dumped)
    #expect("\(summary)" == "none" && !dumped.contains("18446744073709551615"))
    #expect(summary.shortest == nil && summary.longest == nil && summary.mean == nil)
    summary.add(DurationSummary())
    #expect(summary == DurationSummary())
    for milliseconds: UInt64 in [3, 1, 2] { summary.record(nanoseconds: milliseconds * 1_000_000) }
    #expect("\(summary)" == "3 of 0.002 seconds on average, from 0.001 seconds to 0.003 seconds")
    var sum = DurationSummary()
    sum.add(summary)
    #expect(sum == summary)
    #expect(sum.shortest == .milliseconds(1) && sum.longest == .milliseconds(3))
  }
}
