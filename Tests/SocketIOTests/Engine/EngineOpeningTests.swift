import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Opening an engine")
struct EngineOpeningTests {
  @Test(
    "The first transport of the list is opened, and the handshake opens the session on it",
    arguments: ["polling", "websocket"])
  func opening(transport: String) {
    let other = transport == "polling" ? "websocket" : "polling"
    let bench = EngineBench(transports: [TransportName(rawValue: transport), TransportName(rawValue: other)])
    bench.engine.open()
    #expect(bench.scripts.map(\.name.rawValue) == [transport])
    #expect(bench.main.initialSid == nil)
    #expect(bench.main.commands == [.open])
    bench.main.report(.opened)
    #expect(bench.reports == [])
    bench.main.report(.packet(.open(TransportScript.handshake(sid: "s"))))
    #expect(bench.reports == ["opened s on \(transport)"])
    #expect(bench.main.sid == "s")
  }

  @Test("An engine opens once")
  func openingTwice() {
    let bench = EngineBench()
    bench.engine.open()
    bench.engine.open()
    #expect(bench.scripts.count == 1)
  }

  @Test("Packets after the handshake are reported after the opening")
  func packetsWithHandshake() {
    let bench = EngineBench(transports: [.polling])
    bench.engine.open()
    bench.main.report(.opened, .packet(.open(TransportScript.handshake())), .packet(.text("early")))
    #expect(bench.reports == ["opened engine-1 on polling", "message early"])
  }

  @Test("A malformed handshake fails the attempt and ends the transport", arguments: ["", "{}", #"{"sid":"s"}"#])
  func malformedHandshake(json: String) {
    let bench = EngineBench(transports: [.polling])
    bench.engine.open()
    bench.main.report(.opened, .packet(.open(json)), .packet(.text("late")))
    #expect(bench.reports.count == 2)
    #expect(bench.reports.first?.hasPrefix("failed: the handshake is malformed") == true)
    #expect(bench.reports.last == "finished")
    #expect(bench.main.isAborted)
  }

  @Test("Any other first packet fails the attempt", arguments: [EnginePacket.text("a"), .noop, .ping(""), .close])
  func otherFirstPacket(packet: EnginePacket) {
    let bench = EngineBench(transports: [.websocket])
    bench.engine.open()
    bench.main.report(.opened, .packet(packet))
    #expect(bench.reports == ["failed: server error: the first packet is not a handshake", "finished"])
    #expect(bench.main.isAborted)
  }

  @Test("A transport that fails before the handshake fails the attempt", arguments: [false, true])
  func failure(isConnected: Bool) {
    let bench = EngineBench(transports: [.polling])
    bench.engine.open()
    if isConnected { bench.main.report(.opened) }
    bench.main.report(.failed(Fixture.refused))
    #expect(bench.reports == ["failed: refused", "finished"])
    #expect(bench.loop.pendingDelays == [])
  }

  @Test("A transport that is closed before the handshake fails the attempt")
  func closedEarly() {
    let bench = EngineBench(transports: [.websocket])
    bench.engine.open()
    bench.main.report(.opened, .closed(nil))
    #expect(bench.reports == ["failed: the connection was closed before the handshake", "finished"])
  }

  @Test("A transport that cannot even start fails the attempt")
  func cannotStart() {
    let bench = EngineBench(openFailures: [.polling: Fixture.refused])
    bench.engine.open()
    #expect(bench.reports == ["failed: refused", "finished"])
  }

  @Test("Without transports the attempt fails")
  func noTransports() {
    let bench = EngineBench(transports: [])
    bench.engine.open()
    #expect(bench.reports == ["failed: No transports available", "finished"])
  }

  @Test("Nothing is reported after the end")
  func silence() {
    let bench = EngineBench(transports: [.polling])
    bench.engine.open()
    bench.main.report(.failed(Fixture.refused))
    _ = bench.take()
    bench.main.report(.opened, .packet(.open(TransportScript.handshake())), .failed(Fixture.refused))
    bench.engine.close()
    bench.engine.open()
    #expect(bench.reports == [])
    #expect(bench.scripts.count == 1)
  }

  // MARK: tryAllTransports and the preferred transport

  @Test("With tryAllTransports the next transport is tried in the same attempt, and only the last failure is reported")
  func tryAll() {
    var configuration = EngineStateMachine.Configuration()
    configuration.tryAllTransports = true
    let bench = EngineBench(configuration)
    bench.engine.open()
    bench.scripts[0].report(.failed(Fixture.refused))
    #expect(bench.reports == [])
    #expect(bench.scripts.map(\.name) == [.polling, .websocket])
    bench.scripts[1].report(.failed(SocketIOError(.connectFailed, "refused too")))
    #expect(bench.reports == ["failed: refused too", "finished"])
  }

  @Test("tryAllTransports also applies if the first transport receives garbage or cannot start")
  func tryAllAfterGarbage() {
    var configuration = EngineStateMachine.Configuration()
    configuration.tryAllTransports = true
    configuration.transports = [.websocket, .polling]
    let garbage = EngineBench(configuration)
    garbage.engine.open()
    garbage.scripts[0].report(.opened, .packet(.open("garbage")))
    garbage.scripts[1].open()
    #expect(garbage.reports == ["opened engine-1 on polling"])
    #expect(garbage.scripts[0].isAborted)

    let unstartable = EngineBench(configuration, openFailures: [.websocket: Fixture.refused])
    unstartable.engine.open()
    unstartable.scripts[1].open()
    #expect(unstartable.reports == ["opened engine-1 on polling"])
  }

  @Test("A failed transport is not an upgrade target in the same session")
  func noUpgradeToFailed() {
    var configuration = EngineStateMachine.Configuration()
    configuration.tryAllTransports = true
    configuration.transports = [.websocket, .polling]
    let bench = EngineBench(configuration)
    bench.engine.open()
    bench.scripts[0].report(.failed(Fixture.refused))
    bench.scripts[1].open(TransportScript.handshake(upgrades: ["websocket"]))
    #expect(bench.scripts.count == 2)
    #expect(bench.reports == ["opened engine-1 on polling"])
  }

  @Test("Without tryAllTransports the first failure is final")
  func tryOne() {
    let bench = EngineBench()
    bench.engine.open()
    bench.main.report(.failed(Fixture.refused))
    #expect(bench.scripts.count == 1)
  }

  @Test("A preferred transport is opened first, if the list has it")
  func preferred() {
    var configuration = EngineStateMachine.Configuration()
    configuration.preferred = .websocket
    let bench = EngineBench(configuration)
    bench.engine.open()
    #expect(bench.main.name == .websocket)

    configuration.transports = [.polling]
    let other = EngineBench(configuration)
    other.engine.open()
    #expect(other.main.name == .polling)
  }
}
