import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Opening a Manager")
struct ManagerOpeningTests {
  // MARK: Timeout

  @Test("An attempt that takes too long fails with timeout, and its late success is ignored")
  func timeout() {
    let bench = ClientBench { $0.timeout = .after(.milliseconds(100)) }
    bench.followManager()
    _ = bench.socket()
    bench.loop.advance(by: 99)
    #expect(bench.take() == [])
    bench.loop.advance(by: 1)
    #expect(bench.take() == ["connect_error: timeout", "error: timeout"])
    let late = bench.script
    #expect(late.commands.last == .close)
    late.open()
    #expect(bench.take() == [])
    #expect(!bench.manager.isOpen)
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 2)
  }

  @Test("The limit is 20 seconds by default, and ends with the handshake, not with the namespace")
  func defaultTimeout() {
    let bench = ClientBench()
    _ = bench.socket()
    bench.loop.advance(by: 19_999)
    bench.open()
    bench.loop.advance(by: 20_000)
    #expect(bench.take() == [])
    bench.join()
    #expect(bench.take() == ["connect"])
  }

  @Test("Without a limit an attempt waits for ever")
  func noTimeout() {
    let bench = ClientBench { $0.timeout = .never }
    _ = bench.socket()
    bench.loop.advance(by: 1_000_000_000)
    bench.open(joining: "/")
    #expect(bench.take() == ["connect"])
  }

  @Test("A limit of 0 times out at once")
  func zeroTimeout() {
    let bench = ClientBench { $0.timeout = .after(.zero) }
    _ = bench.socket()
    #expect(bench.take() == ["connect_error: timeout"])
  }

  // MARK: Manager.open

  @Test("Opening during the delay tries at once, and later losses still reconnect")
  func openDuringDelay() {
    let (bench, _) = ClientBench.connected()
    let log = bench.log
    bench.script.report(.closed(nil))
    _ = bench.take()
    bench.manager.open { log.add("opened \($0 == nil)") }
    bench.open(joining: "/")
    #expect(bench.take() == ["opened true", "connect"])
    #expect(bench.attempts == 2)
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 3)
  }

  @Test("Opening with a callback reports the outcome, and no reconnection follows a failure")
  func openWithCallback() {
    let bench = ClientBench()
    let log = bench.log
    bench.followManager()
    bench.manager.open { log.add("outcome: \($0?.message ?? "open")") }
    bench.loop.run()
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.take() == ["error: refused", "outcome: refused"])
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == 1)

    bench.manager.open { log.add("outcome: \($0?.message ?? "open")") }
    bench.open()
    #expect(bench.take() == ["open", "outcome: open"])
    bench.manager.open { log.add("outcome: \($0?.message ?? "open")") }
    #expect(bench.take() == ["outcome: open"])
    #expect(bench.attempts == 2)
  }

  @Test("Opening with a callback joins an attempt under way, whose failure is followed by a reconnection")
  func openJoins() {
    let bench = ClientBench()
    let log = bench.log
    _ = bench.socket()
    bench.loop.run()
    bench.manager.open { log.add("outcome: \($0?.message ?? "open")") }
    bench.loop.run()
    #expect(bench.attempts == 1)
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.take() == ["connect_error: refused", "outcome: refused"])
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 2)
  }

  @Test("Cancelling a task ends its wait for the opening, which continues")
  func openCancelled() async {
    let bench = ClientBench()
    let manager = bench.manager
    let task = Task { try await manager.open() }
    await bench.loop.run { bench.attempts == 1 }
    task.cancel()
    let error = await #expect(throws: SocketIOError.self) { try await task.value }
    #expect(error?.code == .cancelled)
    bench.open()
    #expect(manager.isOpen)
  }

  @Test("An already cancelled task opens nothing")
  func openCancelledBefore() async {
    let bench = ClientBench()
    let manager = bench.manager
    #expect(await bench.codeWhenCancelled { try await manager.open() } == .cancelled)
    #expect(bench.attempts == 0)
  }

  @Test("Opening without a callback reconnects like a Socket")
  func openWithoutCallback() {
    let bench = ClientBench()
    bench.manager.connect()
    bench.manager.connect()
    bench.loop.run()
    #expect(bench.attempts == 1)
    bench.script.report(.failed(Fixture.refused))
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 2)
  }

  @Test(
    "With autoConnect off nothing happens until Manager.open, which connects the Sockets that were never disconnected")
  func openConnectsSockets() {
    let bench = ClientBench { $0.autoConnect = false }
    let first = bench.socket("/first")
    let left = bench.socket("/left")
    let second = bench.socket("/second")
    left.disconnect()
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == 0)
    #expect(!first.active)
    bench.manager.connect()
    #expect(first.active)
    bench.open()
    #expect(bench.sent == ["0/first,", "0/second,"])
    #expect(second.active)
    #expect(!left.active)
  }

  @Test("Closing the engine while it opens fails the attempt, and the next one follows")
  func engineClosedWhileOpening() {
    let bench = ClientBench()
    _ = bench.socket()
    bench.loop.run()
    bench.manager.engine.close()
    #expect(bench.take() == ["connect_error: forced close"])
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 2)
  }

  // MARK: What an attempt reports

  @Test("The Manager shows its transport, its upgrade and its pings")
  func upgrade() {
    let bench = ClientBench { $0.transports = [.polling, .websocket] }
    bench.followManager()
    _ = bench.socket()
    bench.loop.run()
    #expect(bench.manager.transport == nil)
    bench.connector.scripts[0].open(TransportScript.handshake(upgrades: ["websocket"]))
    #expect(bench.manager.isOpen)
    #expect(bench.manager.transport == .polling)
    bench.connector.scripts[1].report(.opened, .packet(.pong("probe")))
    bench.connector.scripts[0].report(.packet(.ping("")), .paused)
    #expect(bench.manager.transport == .websocket)
    #expect(bench.take() == ["open", "ping", "upgrade: websocket"])
    bench.script.report(.closed(nil))
    #expect(!bench.manager.isOpen)
    #expect(bench.manager.transport == nil)
    #expect(bench.connector.remembered == [false, true])
  }

  @Test("A connection on a WebSocket is remembered, until any failure")
  func remembering() {
    let (bench, _) = ClientBench.connected()
    #expect(bench.connector.remembered == [true])
    bench.script.report(.closed(nil))
    #expect(bench.connector.remembered == [true])
    bench.loop.advance(by: 1_000)
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.connector.remembered == [true, false])
    bench.loop.advance(by: 2_000 + 20_000)
    #expect(bench.connector.remembered == [true, false, false])
    bench.loop.advance(by: 4_000)
    bench.open()
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.connector.remembered == [true, false, false, true, false])
  }

  @Test("A connector that cannot make an engine fails the attempt like any other failure")
  func noEngine() {
    let bench = ClientBench()
    bench.connector.engineFailure = SocketIOError(.invalidOption, "option query")
    _ = bench.socket()
    #expect(bench.take() == ["connect_error: option query"])
    bench.connector.engineFailure = nil
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/")
    #expect(bench.take() == ["connect"])
  }

  @Test("Without transports there is a connect_error, and attempts go on")
  func noTransports() {
    let bench = ClientBench { $0.transports = [] }
    _ = bench.socket()
    #expect(bench.take() == ["connect_error: No transports available"])
    bench.manager.opts.transports = [.websocket]
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/")
    #expect(bench.take() == ["connect"])
  }
}
