import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Statistics", .timeLimit(.minutes(1)))
struct StatisticsTests {
  @Test("Nothing was counted before the first connection")
  func unused() async {
    let bench = ClientBench { $0.autoConnect = false }
    var expected = ManagerStatistics()
    expected.traffic = [.polling: ManagerStatistics.Traffic(), .websocket: ManagerStatistics.Traffic()]
    #expect(await bench.statistics() == expected)
  }

  @Test("Packets and bytes are counted in both directions, binary as it is")
  func traffic() async throws {
    let (bench, socket) = ClientBench.connected()
    let before = try #require(await bench.statistics().traffic[.websocket])
    #expect(before.packetsReceived == 2)
    #expect(before.bytesReceived == "0\(TransportScript.handshake())".utf8.count + #"40{"sid":"s"}"#.utf8.count)
    #expect(before.packetsSent == 1 && before.bytesSent == 2)
    try socket.emit("a", Data(count: 1_000))
    bench.script.receive(#"2["ä"]"#)
    bench.script.report(.packet(.ping("")))
    let statistics = await bench.statistics()
    let after = try #require(statistics.traffic[.websocket])
    let header = #"451-["a",{"_placeholder":true,"num":0}]"#
    // The header, the attachment and the pong; the event and the ping.
    #expect(after.packetsSent - before.packetsSent == 3)
    #expect(after.bytesSent - before.bytesSent == header.utf8.count + 1_000 + 1)
    #expect(after.packetsReceived - before.packetsReceived == 2)
    #expect(after.bytesReceived - before.bytesReceived == 8 + 1)
    #expect(statistics.traffic[.polling] == ManagerStatistics.Traffic())
    #expect(statistics.events.sent == 1 && statistics.events.received == 1)
  }

  @Test("After an upgrade the better transport counts, and its probe is a measured round trip")
  func upgrade() async throws {
    let bench = ClientBench { $0.transports = [.polling, .websocket] }
    let socket = bench.socket()
    bench.loop.run()
    let polling = bench.script
    polling.answer(.pause, with: .paused)
    polling.open(TransportScript.handshake(upgrades: ["websocket"]))
    let websocket = bench.script
    websocket.report(.opened)
    bench.loop.advance(by: 30)
    websocket.report(.packet(.pong("probe")))
    websocket.receive(#"0{"sid":"s"}"#)
    try socket.emit("a")
    let statistics = await bench.statistics()
    #expect(statistics.upgrades == 1)
    #expect(statistics.probeRoundTrips.count == 1)
    #expect(statistics.probeRoundTrips.total == .milliseconds(30))
    #expect(statistics.traffic[.polling]?.packetsReceived == 1)
    #expect(statistics.traffic[.polling]?.packetsSent == 1)
    // The pong and the answer to CONNECT; the ping, the upgrade and the event.
    #expect(statistics.traffic[.websocket]?.packetsReceived == 2)
    #expect(statistics.traffic[.websocket]?.packetsSent == 3)
  }

  @Test("The round trip of each acknowledgement is measured")
  func roundTrips() async throws {
    let (bench, socket) = ClientBench.connected()
    for delay in [40, 60] as [UInt64] {
      try socket.emit("a") { _ in }
      bench.loop.advance(by: delay)
      bench.script.receive("3\(delay == 40 ? 0 : 1)[]")
    }
    try socket.timeout(.milliseconds(5)).emit("too late") { _ in }
    bench.loop.run()
    #expect(await bench.statistics().events.unacknowledged == 1)
    bench.loop.advance(by: 5)
    let statistics = await bench.ask { await socket.statistics() }
    #expect(statistics.unacknowledged == 0)
    #expect(statistics.ackRoundTrips.count == 2)
    #expect(statistics.ackRoundTrips.shortest == .milliseconds(40))
    #expect(statistics.ackRoundTrips.longest == .milliseconds(60))
    #expect(statistics.ackRoundTrips.mean == .milliseconds(50))
    #expect(statistics.ackRoundTrips.total == .milliseconds(100))
  }

  @Test("Time in the buffer does not count as part of the round trip")
  func bufferedRoundTrip() async throws {
    let bench = ClientBench()
    let socket = bench.socket()
    try socket.emit("a") { _ in }
    bench.loop.advance(by: 500)
    bench.open(joining: "/")
    bench.loop.advance(by: 20)
    bench.script.receive("30[]")
    #expect(await bench.statistics().events.ackRoundTrips.longest == .milliseconds(20))
  }

  @Test("Each try of an event with retries is measured separately")
  func retriedRoundTrip() async throws {
    let bench = ClientBench()
    let socket = bench.manager.socket("/", ackTimeout: .milliseconds(50), retries: 1)
    bench.open(joining: "/")
    try socket.emit("a")
    try socket.emit("b")
    bench.loop.advance(by: 50)
    #expect(await bench.statistics().events.buffered == 1)
    bench.loop.advance(by: 10)
    bench.script.receive("31[]")
    let events = await bench.statistics().events
    #expect(events.sent == 3)
    #expect(events.buffered == 0 && events.bufferedBytes == 0)
    #expect(events.ackRoundTrips.count == 1)
    #expect(events.ackRoundTrips.longest == .milliseconds(10))
  }

  @Test("The intervals between the server's pings are measured, within one connection")
  func pings() async {
    let (bench, _) = ClientBench.connected()
    #expect(await bench.statistics().sinceLastPing == nil)
    for interval in [25_000, 25_040] as [UInt64] {
      bench.loop.advance(by: interval)
      bench.script.report(.packet(.ping("")))
    }
    bench.loop.advance(by: 100)
    var statistics = await bench.statistics()
    #expect(statistics.pingIntervals.count == 1)
    #expect(statistics.pingIntervals.longest == .milliseconds(25_040))
    #expect(statistics.sinceLastPing == .milliseconds(100))
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    #expect(await bench.statistics().sinceLastPing == nil)
    bench.open(joining: "/")
    bench.script.report(.packet(.ping("")))
    statistics = await bench.statistics()
    #expect(statistics.pingIntervals.count == 1)
    #expect(statistics.sinceLastPing == .zero)
  }

  @Test("Attempts, connections and reconnections")
  func connections() async {
    let (bench, socket) = ClientBench.connected()
    bench.connector.setOpenFailure(.websocket, Fixture.refused)
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    bench.connector.setOpenFailure(.websocket, nil)
    bench.loop.advance(by: 2_000)
    bench.open(joining: "/")
    socket.disconnect().connect()
    bench.open(joining: "/")
    let statistics = await bench.statistics()
    #expect(statistics.attempts == 4)
    #expect(statistics.connections == 3)
    #expect(statistics.reconnections == 1)
  }

  @Test("Events that wait for a connection are counted until they are sent")
  func buffered() async throws {
    let bench = ClientBench()
    let socket = bench.socket()
    try socket.emit("a", Data(count: 10_000))
    try socket.emit("b") { _ in }
    var events = await bench.statistics().events
    #expect(events.buffered == 2 && events.sent == 0 && events.unacknowledged == 0)
    #expect((10_000...10_200).contains(events.bufferedBytes))
    bench.open(joining: "/")
    events = await bench.statistics().events
    #expect(events.buffered == 0 && events.sent == 2 && events.unacknowledged == 1)
    #expect(events.bufferedBytes == 0)
  }

  @Test("What waits counts with the bytes that it takes on the wire, but for an acknowledgement id")
  func bufferedBytes() async throws {
    let bench = ClientBench()
    let socket = bench.socket("/chat")
    try socket.emit("e", 1, "€")
    try socket.emit("b", Data(count: 3)) { _ in }
    let texts = [#"2/chat,["e",1,"€"]"#, #"51-/chat,["b",{"_placeholder":true,"num":0}]"#]
    #expect(await bench.statistics().events.bufferedBytes == texts.reduce(3) { $0 + $1.utf8.count })
    bench.open(joining: "/chat")
    let sent = [texts[0], #"51-/chat,0["b",{"_placeholder":true,"num":0}]"#, "<3 bytes>"]
    #expect(Array(bench.sent.dropFirst()) == sent)
  }

  @Test("Bytes that the connection has not handed over yet are counted")
  func queued() async throws {
    let (bench, socket) = ClientBench.connected()
    bench.script.takesMore = false
    bench.script.queuedBytes = 500
    try socket.emit("first")
    try socket.emit("second")
    #expect(await bench.statistics().queuedBytes == 500 + #"42["second"]"#.utf8.count)
    bench.script.queuedBytes = 0
    bench.script.report(.writable)
    #expect(await bench.statistics().queuedBytes == 0)
    bench.script.report(.closed(nil))
    #expect(await bench.statistics().queuedBytes == 0)
  }

  @Test("Drops are counted by reason")
  func drops() async throws {
    let bench = ClientBench()
    let socket = bench.socket()
    try socket.volatile.emit("a")
    try socket.timeout(.milliseconds(5)).emit("b") { _ in }
    let task = Task { try await socket.emitWithAck("c", timeout: .seconds(50)) }
    await bench.loop.run { socket.bufferedEvents == 2 }
    task.cancel()
    await bench.loop.run { socket.bufferedEvents == 1 }
    bench.loop.advance(by: 5)
    let drops = await bench.statistics().events.drops
    #expect(drops.volatile == 1 && drops.timedOut == 1 && drops.cancelled == 1)
    #expect(drops.total == 3)
    #expect(await bench.statistics().events.buffered == 0)
  }

  @Test("A freed Socket still counts in its Manager's sum")
  func released() async throws {
    let bench = ClientBench()
    do {
      let socket = bench.socket()
      bench.open(joining: "/")
      try socket.emit("sent")
      socket.disconnect()
      try socket.emit("waits for ever")
    }
    let events = await bench.statistics().events
    #expect(events.sent == 1)
    #expect(events.buffered == 0)
    #expect(events.drops.released == 1)
  }
}
