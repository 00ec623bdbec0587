import Dispatch
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Commands and changes during a reconnection")
struct ReconnectionCommandTests {
  @Test("Disconnecting during the delay ends the attempts")
  func disconnectDuringDelay() {
    let (bench, socket) = ClientBench.connected()
    bench.script.report(.closed(nil))
    _ = bench.take()
    socket.disconnect()
    bench.loop.advance(by: 100_000)
    #expect(bench.take() == [])
    #expect(bench.attempts == 1)
    #expect(!socket.active)
  }

  @Test("A Socket that disconnects during the delay does not rejoin, while another reconnects")
  func oneDisconnectsDuringDelay() {
    let (bench, socket) = ClientBench.connected()
    let other = bench.socket("/other")
    bench.loop.run()
    bench.join("/other")
    bench.script.report(.closed(nil))
    socket.disconnect()
    bench.loop.advance(by: 1_000)
    bench.open()
    #expect(bench.sent == ["0/other,"])
    #expect(other.active)
  }

  @Test("An attempt waits for the handlers of reconnect_attempt, and what they set applies to it")
  func attemptWaitsForHandlers() {
    let (bench, _) = ClientBench.connected()
    let (manager, connector, log) = (bench.manager, bench.connector, bench.log)
    manager.on(.reconnectAttempt) { attempt in
      log.add("\(connector.scripts.count)")
      manager.opts.transports = [.polling]
    }
    bench.script.report(.closed(nil))
    _ = bench.take()
    bench.loop.advance(by: 1_000)
    #expect(bench.take() == ["1"])
    #expect(bench.attempts == 2)
    #expect(bench.script.name == .polling)
  }

  @Test("Disconnecting in a handler of reconnect_attempt cancels the attempt")
  func disconnectInAttempt() {
    let (bench, socket) = ClientBench.connected()
    bench.manager.on(.reconnectAttempt) { _ in socket.disconnect() }
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == 1)
    #expect(bench.loop.pendingDelays == [])
  }

  @Test("Disconnecting and connecting in a handler of reconnect_attempt leads to one attempt")
  func reconnectInAttempt() {
    let (bench, socket) = ClientBench.connected()
    bench.manager.on(.reconnectAttempt) { _ in socket.disconnect().connect() }
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 2)
    bench.open(joining: "/")
    #expect(bench.take() == ["disconnect: transport close", "connect"])
  }

  @Test("Turning reconnection off in a handler of reconnect_attempt cancels the attempt")
  func turningOffInAttempt() {
    let (bench, _) = ClientBench.connected()
    let manager = bench.manager
    manager.on(.reconnectAttempt) { _ in manager.opts.reconnection = false }
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == 1)
  }

  @Test("Connecting in a handler of disconnect does not change the reconnection")
  func connectInDisconnect() {
    let (bench, socket) = ClientBench.connected()
    socket.on(.disconnect) { socket.connect() }
    bench.script.report(.closed(nil))
    #expect(bench.attempts == 1)
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 2)
    bench.open(joining: "/")
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 3)
  }

  @Test("A handler that blocks until the connection is back does not delay the reconnection")
  func blockedHandlers() {
    let queue = DispatchQueue(label: "blocked")
    let bench = ClientBench { $0.delivery = .queue(queue) }
    queue.suspend()
    defer { queue.resume() }
    let socket = bench.manager.socket()
    bench.open(joining: "/")
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000 + 2 * ManagerStateMachine.patience - 1)
    #expect(bench.attempts == 1)
    bench.loop.advance(by: 1)
    #expect(bench.attempts == 2)
    bench.open(joining: "/")
    #expect(socket.connected)
  }

  @Test("Options changed by handlers of a failure or a loss apply to the delay after it")
  func settingsInHandlers() {
    let bench = ClientBench { $0.reconnection = false }
    let manager = bench.manager
    let socket = bench.manager.socket()
    socket.on(.connectError) {
      manager.opts.reconnection = true
      manager.opts.reconnectionDelay = .milliseconds(7)
    }
    socket.on(.disconnect) { manager.opts.reconnectionDelay = .milliseconds(9) }
    bench.loop.run()
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.loop.pendingDelays == [7])
    bench.loop.advance(by: 7)
    bench.open(joining: "/")
    bench.script.report(.closed(nil))
    #expect(bench.loop.pendingDelays == [9])
    socket.on(.disconnect) { manager.opts.reconnectionAttempts = .limited(0) }
    bench.followManager()
    bench.loop.advance(by: 9)
    bench.open(joining: "/")
    _ = bench.take()
    bench.script.report(.closed(nil))
    #expect(bench.take() == ["close: transport close", "reconnect_failed"])
  }

  @Test("connect() in a handler of the failure takes effect if nothing else connects", arguments: [true, false])
  func connectInHandler(isEnabled: Bool) {
    let bench = ClientBench { $0.reconnection = isEnabled }
    let socket = bench.manager.socket()
    socket.once(.connectError) { socket.connect() }
    bench.loop.run()
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.attempts == (isEnabled ? 1 : 2))
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 2)
  }

  @Test("A failed open() in place of a reconnection does not end the reconnection")
  func failedOpenInBetween() {
    let bench = ClientBench()
    let log = bench.log
    _ = bench.manager.socket()
    bench.loop.run()
    bench.script.report(.failed(Fixture.refused))
    bench.manager.open { log.add("opened: \($0?.message ?? "")") }
    bench.loop.run()
    #expect(bench.attempts == 2)
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.take() == ["opened: refused"])
    bench.loop.advance(by: 2_000)
    #expect(bench.attempts == 3)
    // If it did not replace a reconnection, the caller handles its failure.
    bench.open()
    bench.manager.opts.reconnection = false
    bench.script.report(.closed(nil))
    bench.manager.opts.reconnection = true
    bench.manager.open { log.add("opened: \($0?.message ?? "")") }
    bench.loop.run()
    bench.script.report(.failed(Fixture.refused))
    bench.loop.advance(by: 60_000)
    #expect(bench.attempts == 4)
  }
}
