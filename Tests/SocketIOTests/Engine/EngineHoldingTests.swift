import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("An engine that holds messages until the server has read others")
struct EngineHoldingTests {
  private static func open(_ transport: TransportName) -> EngineBench {
    let bench = EngineBench.open(transport)
    bench.main.readsAtOnce = false
    return bench
  }

  /// Sends with one POST or frame, so that polling is idle again.
  private static func sendAndPost(_ bench: EngineBench, _ text: String) {
    bench.send(text)
    bench.main.report(.writable)
  }

  // MARK: When it leaves

  @Test("A message without anything to wait for is sent at once", arguments: [TransportName.polling, .websocket])
  func atOnce(transport: TransportName) {
    let bench = Self.open(transport)
    _ = bench.engine.hold([.text("bye")])
    #expect(bench.main.packets.wire == "4bye")
    #expect(bench.main.receiptRequests == [])
    #expect(bench.loop.pendingDelays.count == 1, "the heartbeat")
  }

  @Test("On a WebSocket the receipt is requested after what was sent, and releases the message")
  func onWebSocket() {
    let bench = Self.open(.websocket)
    bench.send("event")
    #expect(bench.main.receiptRequests == [])
    _ = bench.engine.hold([.text("bye")])
    #expect(bench.main.packets.wire == "4event")
    #expect(bench.main.receiptRequests == [1])
    bench.send("of another namespace")
    #expect(bench.main.packets.wire == "4event 4of another namespace")
    bench.main.readAll()
    #expect(bench.main.packets.wire == "4event 4of another namespace 4bye")
    #expect(bench.main.receiptRequests == [1])
    #expect(bench.loop.pendingDelays.count == 1, "the heartbeat")
  }

  @Test("On a busy WebSocket the request waits behind the buffer")
  func onBusyWebSocket() {
    let bench = Self.open(.websocket)
    bench.main.takesMore = false
    bench.send("a")
    bench.send("b")
    _ = bench.engine.hold([.text("bye")])
    // For the messages that the transport has.
    #expect(bench.main.receiptRequests == [1])
    bench.main.readAll()
    #expect(bench.main.packets.wire == "4a")
    bench.main.takesMore = true
    bench.main.report(.writable)
    #expect(bench.main.packets.wire == "4a 4b")
    #expect(bench.main.receiptRequests == [1, 2])
    bench.main.readAll()
    #expect(bench.main.packets.wire == "4a 4b 4bye")
  }

  @Test("On polling the message waits for the POST that carries its predecessors")
  func onPolling() {
    let bench = Self.open(.polling)
    bench.send("a")
    bench.send("b")
    _ = bench.engine.hold([.text("bye")])
    bench.main.report(.readReceipt(1), .writable)
    #expect(bench.main.batches.map(\.wire) == ["4a", "4b"])
    #expect(bench.main.receiptRequests == [1, 2])
    bench.main.report(.readReceipt(2), .writable)
    #expect(bench.main.batches.map(\.wire) == ["4a", "4b", "4bye"])
  }

  @Test("Messages do not wait for the engine's own packets")
  func pongs() {
    let bench = Self.open(.websocket)
    bench.main.report(.packet(.ping("")))
    _ = bench.engine.hold([.text("bye")])
    #expect(bench.main.packets.wire == "3 4bye")
  }

  // MARK: The upgrade

  @Test("Messages sent by polling are read when the upgrade switches; those on the WebSocket need a receipt")
  func upgrade() {
    let bench = EngineBench.upgrading()
    bench.main.readsAtOnce = false
    bench.send("on polling")
    bench.probe.readsAtOnce = false
    bench.probe.report(.opened, .packet(.pong("probe")))
    bench.send("buffered")
    _ = bench.engine.hold([.text("bye")])
    #expect(bench.main.packets.wire == "4on polling")
    bench.main.report(.writable, .paused)
    #expect(bench.probe.packets.wire == "2probe 5 4buffered")
    #expect(bench.probe.receiptRequests == [2])
    bench.probe.readAll()
    #expect(bench.probe.packets.wire == "2probe 5 4buffered 4bye")
  }

  @Test("A receipt that comes while the upgrade switches sends the message on the WebSocket")
  func receiptWhileSwitching() {
    let bench = EngineBench.upgrading()
    bench.main.readsAtOnce = false
    bench.send("on polling")
    _ = bench.engine.hold([.text("bye")])
    #expect(bench.main.receiptRequests == [1])
    bench.probe.report(.opened, .packet(.pong("probe")))
    bench.main.report(.readReceipt(1), .writable)
    #expect(bench.main.packets.wire == "4on polling")
    bench.main.report(.paused)
    #expect(bench.probe.packets.wire == "2probe 5 4bye")
    #expect(bench.probe.receiptRequests == [])
  }

  @Test("After a failed upgrade, polling sends the message")
  func failedUpgrade() {
    let bench = EngineBench.upgrading()
    bench.probe.report(.opened, .packet(.pong("probe")))
    bench.send("event")
    _ = bench.engine.hold([.text("bye")])
    bench.probe.report(.failed(Fixture.refused))
    #expect(bench.main.batches.map(\.wire) == ["4event"])
    bench.main.report(.writable)
    #expect(bench.main.batches.map(\.wire) == ["4event", "4bye"])
  }

  // MARK: The end

  @Test("A closing engine sends what it holds first", arguments: [TransportName.polling, .websocket])
  func closing(transport: TransportName) {
    let bench = Self.open(transport)
    bench.send("event")
    _ = bench.engine.hold([.text("bye")])
    bench.engine.close()
    #expect(bench.take() == ["closed: forced close"])
    #expect(!bench.main.commands.contains(.close))
    bench.main.report(.readReceipt(1), .writable)
    #expect(bench.main.packets.wire == "4event 4bye")
    if transport == .polling { bench.main.report(.writable) }
    #expect(bench.main.commands.last == .close)
  }

  @Test("A closing engine whose server confirms nothing is cut off after five seconds, without sending held messages")
  func closingInVain() {
    let bench = Self.open(.websocket)
    bench.send("event")
    _ = bench.engine.hold([.text("bye")])
    bench.loop.advance(by: 4_000)
    bench.engine.close()
    bench.loop.advance(by: 4_999)
    #expect(bench.main.packets.wire == "4event")
    #expect(!bench.main.isAborted)
    bench.loop.advance(by: 1)
    #expect(bench.main.isAborted)
    #expect(bench.reports == ["closed: forced close", "finished"])
    #expect(bench.main.packets.wire == "4event")
    #expect(bench.loop.timerCount == 0)
  }

  @Test("On an open connection the message is sent after five seconds, even without a receipt")
  func holdTimeout() {
    let bench = Self.open(.websocket)
    bench.send("event")
    let bye = bench.engine.hold([.text("bye")])
    _ = bench.engine.hold([.text("hello again")], behind: bye)
    bench.loop.advance(by: 4_999)
    #expect(bench.main.packets.wire == "4event")
    bench.loop.advance(by: 1)
    #expect(bench.main.packets.wire == "4event 4bye")
    bench.loop.advance(by: 4_999)
    #expect(bench.main.packets.wire == "4event 4bye")
    bench.loop.advance(by: 1)
    #expect(bench.main.packets.wire == "4event 4bye 4hello again")
    #expect(bench.loop.pendingDelays.count == 1, "the heartbeat")
  }

  @Test("If the transport is busy after five seconds, the message is held for five more")
  func slowLink() {
    let bench = Self.open(.websocket)
    bench.main.takesMore = false
    bench.send("large")
    _ = bench.engine.hold([.text("bye")])
    bench.loop.advance(by: 14_000)
    bench.main.takesMore = true
    bench.main.report(.writable)
    #expect(bench.main.packets.wire == "4large")
    bench.loop.advance(by: 5_000)
    #expect(bench.main.packets.wire == "4large 4bye")
  }

  @Test("Engines forget sent messages that were read, even if nothing waits for them")
  func forgetting() {
    let bench = Self.open(.websocket)
    for _ in 0..<1_001 { _ = bench.engine.hold([.text("bye")]) }
    #expect(bench.main.receiptRequests == [1_001])
    bench.main.readAll()
    for _ in 0..<1_000 { _ = bench.engine.hold([.text("bye")]) }
    #expect(bench.main.receiptRequests == [1_001])
    _ = bench.engine.hold([.text("bye")])
    #expect(bench.main.receiptRequests == [1_001, 2_002])
  }

  @Test("An engine that is told to stop holding sends everything and closes")
  func hurried() {
    let bench = Self.open(.websocket)
    bench.send("event")
    _ = bench.engine.hold([.text("bye")])
    bench.engine.close()
    bench.engine.stopHolding()
    #expect(bench.main.packets.wire == "4event 4bye")
    #expect(bench.main.commands.last == .close)
  }

  @Test("A withdrawn message is never sent, and a closing engine does not wait for it")
  func withdrawn() {
    let bench = Self.open(.websocket)
    bench.send("event")
    let bye = bench.engine.hold([.text("bye")])
    bench.engine.close()
    bench.engine.withdraw(bye)
    #expect(bench.main.packets.wire == "4event")
    #expect(bench.main.commands.last == .close)
  }

  @Test("Held messages are dropped with the connection")
  func lost() {
    let bench = Self.open(.websocket)
    bench.send("event")
    _ = bench.engine.hold([.text("bye")])
    bench.main.report(.closed(nil))
    #expect(bench.reports == ["closed: transport close", "finished"])
    #expect(bench.main.packets.wire == "4event")
    #expect(bench.loop.pendingDelays == [])
  }
}
