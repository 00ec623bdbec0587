import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("The upgrade from polling to WebSocket")
struct EngineUpgradeTests {
  private typealias Command = TransportScript.Command

  /// An engine whose probe was answered, and which waits for polling to pause.
  private func switching() -> EngineBench {
    let bench = EngineBench.upgrading()
    bench.probe.report(.opened, .packet(.pong("probe")))
    return bench
  }

  @Test("Goes probe, answer, pause, upgrade packet, buffered packets")
  func upgrade() {
    let bench = EngineBench.upgrading()
    #expect(bench.probe.name == .websocket)
    #expect(bench.probe.initialSid == "engine-1")
    #expect(bench.probe.commands == [.open])
    bench.probe.report(.opened)
    #expect(bench.probe.commands == [.open, .send([.ping("probe")])])
    bench.send("while probing")
    #expect(bench.main.messages == ["while probing"])
    bench.main.report(.writable)
    bench.probe.report(.packet(.pong("probe")))
    #expect(bench.main.commands.last == .pause)
    bench.send("b")
    bench.send("c")
    #expect(!bench.engine.canSendNow)
    bench.main.report(.packet(.text("late")))
    #expect(bench.take() == ["message late"])
    bench.main.report(.paused)
    #expect(bench.take() == ["upgraded to websocket"])
    #expect(bench.probe.packets.wire == "2probe 5 4b 4c")
    #expect(bench.main.messages == ["while probing"])
    #expect(bench.main.isAborted)
    bench.send("d")
    bench.probe.receive("answer")
    #expect(bench.probe.packets.wire == "2probe 5 4b 4c 4d")
    #expect(bench.take() == ["message answer"])
  }

  @Test("A polling transport that is idle pauses at once")
  func pausingAtOnce() {
    let bench = EngineBench.upgrading()
    bench.main.answer(.pause, with: .paused)
    bench.probe.report(.opened, .packet(.pong("probe")))
    #expect(bench.reports == ["upgraded to websocket"])
    #expect(bench.probe.packets.wire == "2probe 5")
  }

  @Test("After the upgrade the end of the WebSocket ends the session, and the end of polling is ignored")
  func afterUpgrade() {
    let bench = switching()
    bench.main.report(.paused)
    _ = bench.take()
    bench.main.report(.failed(Fixture.refused))
    #expect(bench.reports == [])
    bench.probe.report(.closed(nil))
    #expect(bench.reports == ["closed: transport close", "finished"])
  }

  @Test("Pings that arrive while polling pauses are answered on the WebSocket, after the upgrade packet, once")
  func pingWhileSwitching() {
    let bench = switching()
    bench.send("a")
    for _ in 0..<3 { bench.main.report(.packet(.ping(""))) }
    #expect(bench.main.packets == [])
    bench.main.report(.paused)
    #expect(bench.probe.packets.wire == "2probe 5 3 4a")
  }

  @Test("Is tried only if both the server and the list have WebSocket, and the option is on")
  func conditions() {
    for (transports, offered, upgrade) in [
      ([.polling], ["websocket"], true), ([.polling, .websocket], [], true),
      ([.polling, .websocket], ["webtransport"], true),
      ([.polling, .websocket], ["websocket"], false), ([.websocket, .polling], ["websocket"], true),
    ] as [([TransportName], [String], Bool)] {
      let bench = EngineBench(transports: transports, upgrade: upgrade)
      bench.engine.open()
      bench.main.open(TransportScript.handshake(upgrades: offered))
      #expect(bench.scripts.count == 1, "\(transports) \(offered) \(upgrade)")
    }
  }

  // MARK: Failures

  private func expectGoesOnWithPolling(_ bench: EngineBench, sourceLocation: SourceLocation = #_sourceLocation) {
    bench.send("x")
    #expect(bench.main.messages.last == "x", sourceLocation: sourceLocation)
    bench.main.receive("y")
    #expect(bench.reports.last == "message y", sourceLocation: sourceLocation)
    #expect(bench.probe.isAborted, sourceLocation: sourceLocation)
  }

  @Test("A refused WebSocket leaves the session on polling")
  func refused() {
    let bench = EngineBench.upgrading()
    bench.probe.report(.failed(Fixture.refused))
    #expect(bench.take() == ["upgrade failed: refused"])
    expectGoesOnWithPolling(bench)
    #expect(!bench.main.commands.contains(.resume))
  }

  @Test("A session that is closed as soon as it is open tries no upgrade")
  func closedAtOnce() {
    let bench = EngineBench()
    bench.onReport = { engine, report in if case .opened = report { engine.close() } }
    bench.engine.open()
    bench.main.open(TransportScript.handshake(upgrades: ["websocket"]))
    #expect(bench.scripts.count == 1)
  }

  @Test("A WebSocket that cannot even start leaves the session on polling, which is reported as open first")
  func cannotStart() {
    let bench = EngineBench(openFailures: [.websocket: Fixture.refused])
    bench.engine.open()
    bench.main.open(TransportScript.handshake(upgrades: ["websocket"]))
    #expect(bench.take() == ["opened engine-1 on polling", "upgrade failed: refused"])
    bench.send("x")
    #expect(bench.main.messages == ["x"])
  }

  @Test(
    "A wrong answer to the probe leaves the session on polling and ends the WebSocket",
    arguments: [EnginePacket.pong(""), .text("a"), .noop, .pong("prob")])
  func wrongAnswer(packet: EnginePacket) {
    let bench = EngineBench.upgrading()
    bench.probe.report(.opened, .packet(packet))
    #expect(bench.take() == ["upgrade failed: it answered the probe with another packet"])
    expectGoesOnWithPolling(bench)
    bench.probe.report(.packet(.pong("probe")))
    #expect(!bench.main.commands.contains(.pause))
  }

  @Test("A WebSocket lost while probing leaves the session on polling", arguments: [true, false])
  func lostWhileProbing(isFailure: Bool) {
    let bench = EngineBench.upgrading()
    bench.probe.report(.opened, isFailure ? .failed(Fixture.refused) : .closed(nil))
    #expect(bench.take() == ["upgrade failed: \(isFailure ? "refused" : "it was closed")"])
    expectGoesOnWithPolling(bench)
  }

  @Test("A WebSocket lost while polling pauses resumes polling and sends what waited", arguments: [true, false])
  func lostWhileSwitching(isFailure: Bool) {
    let bench = switching()
    bench.send("waiting")
    bench.probe.report(isFailure ? .failed(Fixture.refused) : .closed(nil))
    #expect(bench.take() == ["upgrade failed: \(isFailure ? "refused" : "it was closed")"])
    #expect(bench.main.commands == [.pause, .resume, .send([.text("waiting")])] as [Command])
    bench.main.report(.writable)
    expectGoesOnWithPolling(bench)
  }

  @Test("A failed upgrade is not tried again in the session")
  func noRetry() {
    let bench = EngineBench.upgrading()
    bench.probe.report(.failed(Fixture.refused))
    bench.loop.advance(by: 40_000)
    #expect(bench.scripts.count == 2)
  }

  @Test("The session's loss ends the WebSocket too, in every phase", arguments: 0...2)
  func lossOfMain(phase: Int) {
    let bench = EngineBench.upgrading()
    if phase >= 1 { bench.probe.report(.opened) }
    if phase >= 2 { bench.probe.report(.packet(.pong("probe"))) }
    bench.main.report(.failed(Fixture.refused))
    #expect(bench.reports == ["closed: transport error (refused)", "finished"])
    #expect(bench.probe.isAborted)
    bench.probe.report(.opened, .packet(.pong("probe")))
    #expect(bench.reports.count == 2)
  }

  @Test("The heartbeat continues during an upgrade")
  func heartbeat() {
    let bench = EngineBench()
    bench.engine.open()
    bench.main.open(TransportScript.handshake(upgrades: ["websocket"], pingInterval: 100, pingTimeout: 50))
    bench.loop.advance(by: 100)
    bench.probe.report(.opened, .packet(.pong("probe")))
    bench.main.report(.paused)
    _ = bench.take()
    bench.loop.advance(by: 50)
    #expect(bench.reports == ["closed: ping timeout", "finished"])
    #expect(bench.probe.isAborted)
  }

  // MARK: Closing

  @Test("Closing before the probe is answered cancels the upgrade", arguments: [false, true])
  func closingWhileProbing(isConnected: Bool) {
    let bench = EngineBench.upgrading()
    if isConnected { bench.probe.report(.opened) }
    bench.engine.close()
    #expect(bench.probe.isAborted)
    #expect(bench.main.commands == [.close])
    #expect(bench.reports == ["closed: forced close"])
  }

  @Test("Closing while switching completes the upgrade, sends waiting packets, and closes the WebSocket")
  func closingWhileSwitching() {
    let bench = switching()
    bench.send("last")
    bench.engine.close()
    #expect(bench.reports == ["closed: forced close"])
    #expect(bench.main.commands == [.pause])
    bench.main.report(.paused)
    #expect(bench.probe.packets.wire == "2probe 5 4last")
    #expect(bench.probe.commands.last == .close)
    bench.probe.report(.closed(nil))
    #expect(bench.reports.last == "finished")
  }

  @Test("Closing while switching falls back to polling if the WebSocket is lost")
  func closingWhileSwitchingFails() {
    let bench = switching()
    bench.send("last")
    bench.engine.close()
    bench.probe.report(.failed(Fixture.refused))
    #expect(bench.main.commands == [.pause, .resume, .send([.text("last")])] as [Command])
    bench.main.report(.writable)
    #expect(bench.main.commands.last == .close)
  }

  @Test("closeTimeout ends both transports of a switch that hangs")
  func closeTimeout() {
    let bench = switching()
    bench.engine.close()
    bench.loop.advance(by: 5_000)
    #expect(bench.main.isAborted)
    #expect(bench.probe.isAborted)
    #expect(bench.reports == ["closed: forced close", "finished"])
  }
}
