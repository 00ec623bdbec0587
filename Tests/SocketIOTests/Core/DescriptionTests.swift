import Testing

@testable import SocketIO

@Suite("What is printed of Sockets, Managers and statistics", .timeLimit(.minutes(1)))
struct DescriptionTests {
  @Test("A Socket tells its namespace, state and id")
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
    socket.disconnect()
    #expect("\(socket)" == "Socket /news, disconnected")
  }

  @Test("A Manager tells its server, state and transport, and no credentials")
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

  @Test("Statistics are one line of what is not zero")
  func statistics() async throws {
    #expect("\(Statistics())" == "0 connections; 0 events out and 0 in")
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
    var behind = Statistics()
    behind.inboundBytes = 1
    behind.readingPauses = 2
    behind.readingPaused = .milliseconds(1500)
    let pauses = "1 byte waiting for handlers; 2 pauses of reading, 1.5 seconds in all"
    #expect("\(behind)" == "0 connections; 0 events out and 0 in; \(pauses)")
  }

  @Test("A measure of nothing says so, however it is printed")
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
