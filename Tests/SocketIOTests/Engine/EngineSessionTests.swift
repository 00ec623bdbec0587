import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("An open engine")
struct EngineSessionTests {
  // MARK: Heartbeat

  @Test("A second handshake ends the session, on either transport", arguments: [TransportName.polling, .websocket])
  func secondHandshake(_ transport: TransportName) {
    let bench = EngineBench.open(transport)
    bench.main.report(.packet(.open(TransportScript.handshake())))
    #expect(bench.take().map { $0.prefix(39) } == ["closed: transport error (server error: ", "finished"])
    #expect(bench.main.isAborted)
  }

  @Test("A ping is answered by a bare pong and reported", arguments: [TransportName.polling, .websocket])
  func pong(transport: TransportName) {
    let bench = EngineBench.open(transport)
    bench.main.report(.packet(.ping("payload")))
    #expect(bench.main.packets.wire == "3")
    #expect(bench.reports == ["ping"])
  }

  @Test("On polling one pong answers all pings, before queued messages")
  func onePong() {
    let bench = EngineBench.open(.polling)
    for text in ["a", "b", "c"] { bench.send(text) }
    for _ in 0..<1_000 { bench.main.report(.packet(.ping(""))) }
    #expect(bench.main.batches.map(\.wire) == ["4a"])
    bench.main.report(.writable)
    #expect(bench.main.batches.map(\.wire) == ["4a", "3 4b 4c"])
    bench.main.report(.writable)
    #expect(bench.main.batches.count == 2)
    #expect(bench.engine.queuedBytes == 0)
  }

  @Test("The pong is the first packet of a POST")
  func pongBeforeManyPackets() {
    let bench = EngineBench.open(.polling)
    for index in 0...40 { bench.send("\(index)") }
    bench.main.report(.packet(.ping("")))
    bench.main.report(.writable)
    #expect(bench.main.batches.map(\.count) == [1, 16])
    #expect(bench.main.packets.wire.hasPrefix("40 3 41 42"))
  }

  @Test("A busy WebSocket gets the pong at once, and queued messages when it is writable")
  func pongOnABusyWebSocket() {
    let bench = EngineBench.open(.websocket)
    bench.main.takesMore = false
    for text in ["a", "b", "c"] { bench.send(text) }
    bench.main.report(.packet(.ping("")))
    #expect(bench.main.batches.map(\.wire) == ["4a", "3"])
    bench.main.report(.writable)
    #expect(bench.main.batches.map(\.wire) == ["4a", "3", "4b 4c"])
  }

  @Test("A WebSocket gets everything queued before it closes, even if it is busy")
  func closingABusyWebSocket() {
    let bench = EngineBench.open(.websocket)
    bench.main.takesMore = false
    for text in ["a", "b", "c"] { bench.send(text) }
    bench.engine.close()
    #expect(bench.main.commands == [.send([.text("a")]), .send([.text("b"), .text("c")]), .close])
  }

  @Test("Without a ping the session ends after pingInterval and pingTimeout, whatever else arrives")
  func pingTimeout() {
    let bench = EngineBench.open(.websocket, TransportScript.handshake(pingInterval: 100, pingTimeout: 50))
    for _ in 0..<14 {
      bench.loop.advance(by: 10)
      bench.main.receive("data")
    }
    _ = bench.take()
    bench.loop.advance(by: 9)
    #expect(bench.reports == [])
    bench.loop.advance(by: 1)
    #expect(bench.reports == ["closed: ping timeout", "finished"])
    #expect(bench.main.isAborted)
    #expect(bench.loop.pendingDelays == [])
  }

  @Test("Pings in time keep the session")
  func pingsInTime() {
    let bench = EngineBench.open(.websocket, TransportScript.handshake(pingInterval: 100, pingTimeout: 50))
    for _ in 0..<20 {
      bench.loop.advance(by: 149)
      bench.main.report(.packet(.ping("")))
    }
    #expect(bench.reports == Array(repeating: "ping", count: 20))
    #expect(bench.main.packets.wire == Array(repeating: "3", count: 20).joined(separator: " "))
  }

  @Test(
    "Stray packets are ignored",
    arguments: [EnginePacket.noop, .pong(""), .pong("probe"), .upgrade, .close])
  func strayPackets(packet: EnginePacket) {
    let bench = EngineBench.open(.websocket)
    bench.main.report(.packet(packet))
    #expect(bench.reports == [])
    #expect(bench.main.commands == [])
  }

  // MARK: Writing

  @Test("On polling, messages sent during a POST go out together in the next one")
  func batching() {
    let bench = EngineBench.open(.polling)
    bench.send("a")
    bench.send("b")
    bench.send("c")
    #expect(bench.main.batches.map(\.wire) == ["4a"])
    bench.main.report(.writable)
    #expect(bench.main.batches.map(\.wire) == ["4a", "4b 4c"])
  }

  @Test("A busy WebSocket gets the rest when it is writable again, in order")
  func backpressure() {
    let bench = EngineBench.open(.websocket)
    bench.send("a")
    bench.main.takesMore = false
    bench.send("b")
    bench.send("c")
    #expect(!bench.engine.canSendNow)
    #expect(bench.main.packets.wire == "4a 4b")
    bench.main.takesMore = true
    bench.main.report(.writable)
    #expect(bench.main.packets.wire == "4a 4b 4c")
    #expect(bench.engine.canSendNow)
  }

  @Test("A message can be sent at once only while the transport is free")
  func canSendNow() {
    let bench = EngineBench(transports: [.polling])
    #expect(!bench.engine.canSendNow)
    bench.engine.open()
    bench.main.report(.opened)
    #expect(!bench.engine.canSendNow)
    bench.main.report(.packet(.open(TransportScript.handshake())))
    #expect(bench.engine.canSendNow)
    bench.send("a")
    #expect(!bench.engine.canSendNow)
    bench.main.report(.writable)
    #expect(bench.engine.canSendNow)
    bench.engine.close()
    #expect(!bench.engine.canSendNow)
  }

  @Test(
    "maxPayload limits the packets of one POST, counted in bytes",
    arguments: [
      // Exactly 100 bytes each; the first is sent alone because nothing is under way then.
      ([99, 30, 30, 35, 99].map { .text(String(repeating: "a", count: $0)) }, [1, 3, 1]),
      ([99, 30, 30, 36, 99].map { .text(String(repeating: "a", count: $0)) }, [1, 2, 1, 1]),
      (
        [.text(String(repeating: "a", count: 99)), .text("aa"), .text(String(repeating: "€", count: 33)), .text("a")],
        [1, 1, 1, 1]
      ),
      (
        [
          .binary(.init(count: 72)), .binary(.init(count: 20)), .text(String(repeating: "a", count: 20)),
          .binary(.init(count: 20)), .binary(.init(count: 72)),
        ], [1, 3, 1]
      ),
      // A packet beyond the limit is sent alone; the server decides about it.
      ([.text("a"), .text(String(repeating: "a", count: 101)), .text("a")], [1, 1, 1]),
      ([.text("a"), .text("b"), .text(String(repeating: "a", count: 101)), .text("c"), .text("d")], [1, 1, 1, 2]),
    ] as [([EngineMessage], [Int])])
  func maxPayload(messages: [EngineMessage], counts: [Int]) {
    let bench = EngineBench.open(.polling, TransportScript.handshake(maxPayload: 100))
    for message in messages { bench.engine.send([message]) }
    for _ in counts.dropFirst() { bench.main.report(.writable) }
    #expect(bench.main.batches.map(\.count) == counts)
    #expect(bench.main.packets == messages.map { .message($0) })
    for batch in bench.main.batches where batch.count > 1 {
      #expect(EnginePayload.encode(batch).count <= 100)
    }
    bench.main.report(.writable)
    #expect(bench.main.batches.count == counts.count)
  }

  @Test("A POST holds at most 16 packets, even if the server sets no limit")
  func packetsPerPost() {
    let bench = EngineBench.open(.polling, TransportScript.handshake(maxPayload: 0))
    bench.send("first")
    for index in 0..<40 { bench.send("\(index)") }
    for _ in 0..<3 { bench.main.report(.writable) }
    #expect(bench.main.batches.map(\.count) == [1, 16, 16, 8])
    #expect(bench.main.messages == ["first"] + (0..<40).map(String.init))
  }

  @Test("Neither limit applies to a WebSocket")
  func websocketUnlimited() {
    let bench = EngineBench.open(.websocket, TransportScript.handshake(maxPayload: 100))
    bench.engine.send((0..<40).map { .text(String(repeating: "a", count: 90) + "\($0)") })
    #expect(bench.main.batches.map(\.count) == [40])
  }

  @Test("Messages are reported in order, text and binary")
  func receiving() {
    let bench = EngineBench.open(.polling)
    bench.main.report(.packet(.text("a")), .packet(.message(.binary(Data([1, 2])))), .packet(.text("")))
    #expect(bench.reports == ["message a", "message of 2 bytes", "message "])
  }

  // MARK: Loss

  @Test("A failed transport ends the session with transport error, a closed one with transport close")
  func loss() {
    let failed = EngineBench.open(.polling)
    failed.main.report(.failed(SocketIOError(.httpStatus, "413", httpStatus: 413)))
    #expect(failed.reports == ["closed: transport error (413)", "finished"])
    #expect(failed.loop.pendingDelays == [])

    let closed = EngineBench.open(.websocket)
    closed.main.report(.closed(SocketIOError(.connectionLost, "code 1006", closeCode: 1006)))
    #expect(closed.reports == ["closed: transport close (code 1006)", "finished"])
    #expect(closed.loop.pendingDelays == [])
  }

  // MARK: Closing

  @Test("Closing an idle session closes its transport, and the session counts as closed at once")
  func closing() {
    let bench = EngineBench.open(.websocket)
    bench.engine.close()
    #expect(bench.reports == ["closed: forced close"])
    #expect(bench.main.commands == [.close])
    bench.engine.close()
    bench.send("late")
    #expect(bench.main.commands == [.close])
    bench.main.report(.closed(nil))
    #expect(bench.reports == ["closed: forced close", "finished"])
    #expect(bench.loop.pendingDelays == [])
  }

  @Test("A transport that closes inside the call loses no report")
  func closingSynchronously() {
    let bench = EngineBench.open(.websocket)
    bench.main.answer(.close, with: .closed(nil))
    bench.engine.close()
    #expect(bench.reports == ["closed: forced close", "finished"])

    let opening = EngineBench(transports: [.websocket])
    opening.engine.open()
    opening.main.answer(.close, with: .closed(nil))
    opening.engine.close()
    #expect(opening.reports == ["closed: forced close", "finished"])
    #expect(opening.loop.pendingDelays == [])
  }

  @Test("Messages sent before the close still go out, then the transport is closed")
  func draining() {
    let bench = EngineBench.open(.polling)
    bench.send("a")
    bench.send("b")
    bench.engine.close()
    bench.send("late")
    bench.main.report(.writable)
    #expect(bench.main.commands == [.send([.text("a")]), .send([.text("b")])])
    bench.main.report(.writable)
    #expect(bench.main.commands.last == .close)
    #expect(bench.main.messages == ["a", "b"])
  }

  @Test("Pings are answered while draining")
  func pingWhileDraining() {
    let bench = EngineBench.open(.polling)
    bench.send("a")
    bench.engine.close()
    bench.main.report(.packet(.ping("")), .writable)
    #expect(bench.main.batches.map(\.wire) == ["4a", "3"])
  }

  @Test("A loss while draining is not reported a second time")
  func lossWhileDraining() {
    let bench = EngineBench.open(.polling)
    bench.send("a")
    bench.engine.close()
    bench.main.report(.failed(Fixture.refused))
    #expect(bench.reports == ["closed: forced close", "finished"])
  }

  @Test("An unanswered close ends after closeTimeout", arguments: [false, true])
  func closeTimeout(isDraining: Bool) {
    let bench = EngineBench.open(.polling)
    if isDraining { bench.send("a") }
    bench.engine.close()
    bench.loop.advance(by: 4_999)
    #expect(bench.reports == ["closed: forced close"])
    bench.loop.advance(by: 1)
    #expect(bench.reports == ["closed: forced close", "finished"])
    #expect(bench.main.isAborted)
    #expect(bench.loop.pendingDelays == [])
  }

  @Test("Closing before opening finishes at once")
  func closingIdle() {
    let bench = EngineBench()
    bench.engine.close()
    bench.engine.open()
    #expect(bench.reports == ["finished"])
    #expect(bench.scripts.isEmpty)
  }

  @Test("Closing while opening sets the session's id, so that polling can close the session")
  func closingWhileOpening() {
    let bench = EngineBench(transports: [.polling])
    bench.engine.open()
    bench.engine.close()
    #expect(bench.main.commands == [.open, .close])
    bench.main.report(.packet(.open(TransportScript.handshake(sid: "late"))))
    #expect(bench.main.sid == "late")
    #expect(bench.reports == ["closed: forced close"])
    bench.main.report(.closed(nil))
    #expect(bench.reports == ["closed: forced close", "finished"])
  }

  @Test("Closing while opening gives up on a malformed handshake")
  func closingWhileOpeningGarbage() {
    let bench = EngineBench(transports: [.polling])
    bench.engine.open()
    bench.engine.close()
    bench.main.report(.packet(.open("garbage")))
    #expect(bench.main.isAborted)
    #expect(bench.reports == ["closed: forced close", "finished"])
  }

  @Test("Closing in reaction to the opening works like any close")
  func closingInsideReport() {
    let bench = EngineBench(transports: [.websocket])
    bench.onReport = { engine, report in
      if case .opened = report {
        engine.send([.text("hello")])
        engine.close()
      }
    }
    bench.engine.open()
    bench.main.open()
    #expect(bench.reports == ["opened engine-1 on websocket", "closed: forced close"])
    #expect(bench.main.commands == [.open, .send([.text("hello")]), .close])
  }

  @Test("An engine and its timers are freed when it has finished and nobody holds it")
  func freed() {
    weak var engine: Engine?
    let loop: VirtualLoop
    do {
      let bench = EngineBench.upgrading()
      loop = bench.loop
      engine = bench.engine
      bench.engine.close()
      bench.main.report(.closed(nil))
      #expect(bench.reports == ["closed: forced close", "finished"])
    }
    #expect(engine == nil)
    #expect(loop.timerCount == 0)
  }
}
