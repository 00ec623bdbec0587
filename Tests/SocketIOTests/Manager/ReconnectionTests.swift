import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Reconnection")
struct ReconnectionTests {
  // MARK: Orders of events

  @Test("A refused server: errors, attempts, and reconnect_failed before the last reconnect_error")
  func refusedServer() {
    let bench = ClientBench { $0.reconnectionAttempts = 2 }
    bench.connector.setOpenFailure(.websocket, Fixture.refused)
    bench.followManager()
    let socket = bench.socket()
    #expect(bench.take() == ["connect_error: refused", "error: refused"])
    bench.loop.advance(by: 1_000)
    #expect(
      bench.take() == ["reconnect_attempt 1", "connect_error: refused", "error: refused", "reconnect_error: refused"])
    bench.loop.advance(by: 2_000)
    #expect(
      bench.take() == [
        "reconnect_attempt 2", "connect_error: refused", "error: refused", "reconnect_failed",
        "reconnect_error: refused",
      ])
    bench.loop.advance(by: 1_000_000)
    #expect(bench.take() == [])
    #expect(bench.attempts == 3)
    #expect(socket.active)
    #expect(!bench.manager.isOpen)
  }

  @Test("Loss and recovery: disconnect, close, reconnect_attempt, open, reconnect, connect")
  func lossAndRecovery() {
    let (bench, socket) = ClientBench.connected()
    bench.followManager()
    #expect(socket.id == "s")
    bench.script.report(.closed(nil))
    #expect(bench.take() == ["disconnect: transport close", "close: transport close"])
    #expect(socket.id == nil)
    #expect(socket.active)
    bench.loop.advance(by: 999)
    #expect(bench.take() == [])
    bench.loop.advance(by: 1)
    #expect(bench.take() == ["reconnect_attempt 1"])
    bench.open()
    #expect(bench.take() == ["open", "reconnect 1"])
    #expect(bench.sent == ["0"])
    bench.join(sid: "t")
    #expect(bench.take() == ["connect"])
    #expect(socket.id == "t")
  }

  @Test("A failure after the opening is an error, then a close with transport error")
  func failureWhileOpen() {
    let (bench, _) = ClientBench.connected()
    bench.followManager()
    let waiting = bench.socket("/waiting")
    bench.loop.run()
    bench.script.report(.failed(SocketIOError(.httpStatus, "status 500", httpStatus: 500)))
    #expect(
      bench.take() == [
        "/waiting connect_error: status 500", "error: status 500", "disconnect: transport error",
        "close: transport error",
      ])
    #expect(waiting.active)
  }

  @Test("A disconnection has the error behind its reason")
  func disconnectionError() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on(.disconnect) { log.add("\($0.error?.closeCode ?? 0)") }
    bench.script.report(.closed(SocketIOError(.connectionLost, "closed", closeCode: 1_009)))
    #expect(bench.take() == ["disconnect: transport close", "1009"])
  }

  @Test(
    "Every loss leads to a reconnection",
    arguments: [DisconnectReason.pingTimeout, .transportClose, .transportError, .parseError, .forcedClose])
  func reasons(reason: DisconnectReason) {
    let (bench, _) = ClientBench.connected()
    switch reason {
    case .pingTimeout: bench.loop.advance(by: 45_000)
    case .transportClose: bench.script.report(.closed(nil))
    case .transportError: bench.script.report(.failed(Fixture.refused))
    case .parseError: bench.script.receive("garbage")
    default: bench.manager.engine.close()
    }
    #expect(bench.take() == ["disconnect: \(reason)"])
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/")
    #expect(bench.take() == ["connect"])
  }

  @Test("What is emitted after the heartbeat's deadline waits for the next connection")
  func sleep() throws {
    let (bench, socket) = ClientBench.connected()
    bench.loop.sleep(45_001)
    try socket.emit("late")
    let old = bench.script
    bench.loop.run()
    #expect(bench.take() == ["disconnect: ping timeout"])
    #expect(!old.packets.wire.contains("late"))
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/")
    #expect(bench.script.packets.wire.contains("late"))
  }

  @Test("A client that only listens notices a dead connection within seconds after a sleep")
  func sleepOfAListener() {
    let (bench, _) = ClientBench.connected()
    bench.loop.advance(by: 1_000)
    bench.loop.suspend(3_600_000)
    #expect(bench.take() == [])
    bench.loop.advance(by: 5_000)
    #expect(bench.take() == ["disconnect: ping timeout"])
  }

  @Test("A sleep shorter than the heartbeat's deadline keeps the connection")
  func shortSleep() {
    let (bench, socket) = ClientBench.connected()
    bench.loop.suspend(30_000)
    bench.loop.advance(by: 14_999)
    #expect(bench.take() == [] && socket.connected)
    bench.loop.advance(by: 1)
    #expect(bench.take() == ["disconnect: ping timeout"])
  }

  @Test("A server of Engine.IO 3 is not tried again, at first or when reconnecting", arguments: [true, false])
  func incompatible(isFirst: Bool) {
    let bench = ClientBench()
    bench.followManager()
    let socket = bench.socket()
    bench.loop.run()
    if !isFirst {
      bench.open(joining: "/")
      bench.script.report(.closed(nil))
      bench.loop.advance(by: 1_000)
    }
    _ = bench.take()
    bench.script.report(.failed(.incompatible("in Engine.IO 3")))
    let message =
      "the server answered in Engine.IO 3, as servers of Socket.IO v2.x do; this client speaks to v3.x and v4.x"
    #expect(
      bench.take() == ["connect_error: \(message)", "error: \(message)"]
        + (isFirst ? [] : ["reconnect_error: \(message)"]))
    let attempts = bench.attempts
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == attempts && socket.active)
    socket.connect()
    bench.loop.run()
    #expect(bench.attempts == attempts + 1)
  }

  @Test("A first connection that fails emits neither close nor disconnect nor reconnect_error")
  func firstFailure() {
    let bench = ClientBench()
    bench.followManager()
    _ = bench.socket()
    bench.loop.run()
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.take() == ["connect_error: refused", "error: refused"])
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/")
    #expect(bench.take() == ["reconnect_attempt 1", "open", "reconnect 1", "connect"])
  }

  // MARK: Delays and attempts

  @Test("Without jitter the delays double up to the maximum, and start over after a connection")
  func delays() {
    let bench = ClientBench()
    _ = bench.socket()
    bench.loop.run()
    for delay: UInt64 in [1_000, 2_000, 4_000, 5_000, 5_000] {
      bench.script.report(.failed(Fixture.refused))
      #expect(bench.loop.pendingDelays == [delay])
      bench.loop.advance(by: delay)
    }
    bench.open(joining: "/")
    bench.script.report(.closed(nil))
    #expect(bench.loop.pendingDelays.first == 1_000)
  }

  @Test("A change of the options takes effect with the next delay")
  func liveOptions() {
    let bench = ClientBench()
    _ = bench.socket()
    bench.loop.run()
    bench.manager.opts.reconnectionDelay = .milliseconds(10)
    bench.manager.opts.reconnectionDelayMax = .milliseconds(35)
    for delay: UInt64 in [10, 20, 35] {
      bench.script.report(.failed(Fixture.refused))
      #expect(bench.loop.pendingDelays == [delay])
      bench.loop.advance(by: delay)
    }
  }

  @Test("A delay of 0 means at once, and 0 attempts none")
  func zeros() {
    let immediate = ClientBench { $0.reconnectionDelay = .zero }
    _ = immediate.socket()
    immediate.loop.run()
    immediate.script.report(.failed(Fixture.refused))
    #expect(immediate.attempts == 2)

    let none = ClientBench { $0.reconnectionAttempts = 0 }
    none.followManager()
    _ = none.socket()
    none.loop.run()
    none.script.report(.failed(Fixture.refused))
    #expect(none.take() == ["connect_error: refused", "error: refused", "reconnect_failed"])
    #expect(none.loop.pendingDelays == [])
  }

  @Test(
    "With reconnection off, nothing is tried after a failure or a loss until the user connects",
    arguments: [true, false])
  func reconnectionOff(isLoss: Bool) {
    let bench = ClientBench { $0.reconnection = false }
    let socket = bench.socket()
    if isLoss { bench.open(joining: "/") } else { bench.loop.run() }
    bench.script.report(.failed(Fixture.refused))
    bench.loop.advance(by: 1_000_000)
    #expect(bench.attempts == 1)
    #expect(socket.active)
    _ = bench.take()
    socket.connect()
    bench.open(joining: "/")
    #expect(bench.attempts == 2)
    #expect(bench.take() == ["connect"])
  }

  @Test("Turning reconnection off stops a running delay; connecting still works")
  func turningOff() {
    let (bench, socket) = ClientBench.connected()
    bench.script.report(.closed(nil))
    bench.manager.opts.reconnection = false
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == 1)
    socket.connect()
    bench.loop.run()
    #expect(bench.attempts == 2)
  }

  @Test("After reconnect_failed, connecting starts over with all attempts")
  func afterReconnectFailed() {
    let bench = ClientBench { $0.reconnectionAttempts = 1 }
    bench.connector.setOpenFailure(.websocket, Fixture.refused)
    bench.followManager()
    let socket = bench.socket()
    bench.loop.advance(by: 10_000)
    _ = bench.take()
    socket.connect()
    #expect(bench.take() == ["connect_error: refused", "error: refused"])
    bench.loop.advance(by: 1_000)
    #expect(
      bench.take() == [
        "reconnect_attempt 1", "connect_error: refused", "error: refused", "reconnect_failed",
        "reconnect_error: refused",
      ])
  }
}
