import Foundation
import Logging
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Logging")
struct LoggingTests {
  private let log = Log()

  private func logger(_ level: Logger.Level = .trace) -> Logger {
    var logger = Logger(label: "test") { _ in RecordLineHandler(log: log) }
    logger.logLevel = level
    return logger
  }

  private func bench(
    _ level: Logger.Level = .trace, _ configure: (inout SocketIOOptions) -> Void = { _ in }
  ) -> ClientBench {
    ClientBench {
      $0.logger = logger(level)
      configure(&$0)
    }
  }

  @Test("A connection, its loss and its reconnection")
  func connection() {
    let bench = bench()
    let socket = bench.socket("/news")
    bench.open(joining: "/news", sid: "id-1")
    #expect(
      log.take() == [
        "debug | connected | sio.sid=engine-1 | sio.transport=websocket",
        "debug | joined | sio.id=id-1 | sio.namespace=/news",
      ])
    bench.script.report(.packet(.ping("")))
    #expect(log.take() == ["trace | the server's ping"])
    bench.script.report(.failed(SocketIOError(.connectionLost, "broken", httpStatus: 502)))
    #expect(
      log.take() == [
        "debug | the connection failed: broken | sio.error=connection_lost | sio.status=502",
        "info | disconnected | sio.error=connection_lost | sio.namespace=/news | sio.reason=transport error | sio.status=502",
        "debug | the connection is closed | sio.reason=transport error",
        "debug | waiting to reconnect | sio.delay=1000 ms",
      ])
    bench.loop.advance(by: 1_000)
    bench.script.open()
    #expect(
      log.take() == [
        "debug | trying to reconnect | sio.attempt=1",
        "debug | connected | sio.sid=engine-1 | sio.transport=websocket", "info | reconnected | sio.attempt=1",
      ])
    bench.script.receive(#"4/news,{"message":"no"}"#)
    #expect(
      log.take() == [
        "debug | the connection is closed | sio.reason=forced close",
        "debug | not joined: no | sio.error=refused | sio.namespace=/news",
      ])
    #expect(!socket.active)
  }

  @Test("Attempts that fail, and giving up")
  func failing() {
    let bench = bench { $0.reconnectionAttempts = 1 }
    bench.connector.setOpenFailure(.websocket, Fixture.refused)
    _ = bench.socket()
    bench.loop.run()
    bench.loop.advance(by: 1_000)
    #expect(
      log.take() == [
        "debug | not joined: refused | sio.error=connect_failed | sio.namespace=/",
        "debug | the connection failed: refused | sio.error=connect_failed",
        "debug | waiting to reconnect | sio.delay=1000 ms", "debug | trying to reconnect | sio.attempt=1",
        "debug | not joined: refused | sio.error=connect_failed | sio.namespace=/",
        "debug | the connection failed: refused | sio.error=connect_failed", "warning | gave up reconnecting",
      ])
  }

  @Test("Upgrades, successful and failed")
  func upgrades() {
    let bench = bench { $0.transports = [.polling, .websocket] }
    _ = bench.socket()
    bench.loop.run()
    let polling = bench.script
    polling.open(TransportScript.handshake(upgrades: ["websocket"]))
    _ = log.take()
    bench.script.report(.failed(Fixture.refused))
    #expect(
      log.take() == [
        "info | the upgrade failed, the connection stays as it is: refused | sio.error=connect_failed | sio.transport=websocket"
      ])

    let second = self.bench { $0.transports = [.polling, .websocket] }
    _ = second.socket()
    second.loop.run()
    second.script.answer(.pause, with: .paused)
    second.script.open(TransportScript.handshake(upgrades: ["websocket"]))
    _ = log.take()
    second.script.report(.opened, .packet(.pong("probe")))
    #expect(log.take() == ["debug | the connection is upgraded | sio.transport=websocket"])
  }

  @Test("Throwing handlers are logged with their event, and other handlers still run")
  func throwing() {
    struct Mistake: Error, CustomStringConvertible { let description = "a mistake" }
    let bench = bench(.info)
    let socket = bench.socket("/news")
    socket.on("e") { _ in throw Mistake() }
    socket.on("e") { [log] _ in log.add("ran") }
    bench.open(joining: "/news")
    bench.script.receive(#"2/news,["e"]"#)
    #expect(
      log.take() == [
        #"error | a handler of "e" threw: a mistake | sio.event=e | sio.namespace=/news"#, "ran",
      ])
  }

  @Test("The first dropped event is logged as a warning, and so is their number when the Socket is connected again")
  func overflow() throws {
    let bench = bench { $0.offlineBuffer = OfflineBuffer(maxEvents: 1, overflow: .dropNewest) }
    let socket = bench.socket("/news")
    bench.loop.run()
    for _ in 0..<2 {
      _ = log.take()
      for _ in 0..<3 { try socket.emit("e") }
      bench.loop.run()
      #expect(
        log.take() == ["warning | the offline buffer is full, events are dropped | sio.event=e | sio.namespace=/news"])
      bench.open(joining: "/news")
      #expect(
        log.take().filter { $0.hasPrefix("warning") } == [
          "warning | the offline buffer was full: 2 events were dropped | sio.namespace=/news"
        ])
      bench.script.report(.closed(nil))
      bench.loop.advance(by: 1_000)
    }
  }

  @Test("The close code and the reason of an end are logged, whether or not a Socket had joined")
  func ends() {
    for isJoined in [true, false] {
      let bench = bench()
      _ = bench.socket()
      bench.open()
      if isJoined { bench.join() }
      let error = SocketIOError(.connectionLost, "closed (code 1008, auth failed)", closeCode: 1008)
      bench.script.report(.closed(error))
      #expect(
        log.take().contains(
          "debug | the connection ended: closed (code 1008, auth failed) | sio.error=connection_lost | sio.reason=transport close"
        ))
    }
  }

  @Test("Packets that cannot be decoded")
  func undecodable() {
    let bench = bench(.info)
    _ = bench.socket()
    bench.open(joining: "/")
    bench.script.receive("garbage")
    #expect(log.entries.count == 2)
    #expect(log.entries[0].hasPrefix("warning | undecodable packet: "))
    #expect(log.entries[1].hasPrefix("info | disconnected | "))
  }

  @Test("Every record of a Manager names its server, and no credentials")
  func server() throws {
    let loop = VirtualLoop()
    var options = ClientBench.options { $0.logger = logger() }
    options.autoConnect = false
    let url = try ServerURL("https://user:secret@example.com:8443/news?token=secret", location: nil)
    let manager = Manager(
      loop: loop, connector: ScriptedConnector(loop: loop, options: options), options: options, name: url.origin)
    manager.socket("/news", auth: ["token": "secret"]).connect()
    loop.run()
    manager.socket("/news").disconnect()
    loop.run()
    #expect(!log.entries.isEmpty)
    #expect(log.entries.allSatisfy { $0.contains("sio.server=https://example.com:8443") && !$0.contains("secret") })
  }

  @Test("No text is made for records below the log level")
  func quiet() {
    let bench = bench(.error)
    _ = bench.socket()
    bench.open(joining: "/")
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    #expect(log.entries == [])
  }
}
