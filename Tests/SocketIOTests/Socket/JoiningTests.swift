import Dispatch
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Sessions that end before the namespace is joined")
struct JoiningTests {
  enum Ending: CaseIterable {
    case closeCode, end, broken, pingTimeout, garbage, unreadable, closedHere

    func happen(to bench: ClientBench) {
      switch self {
      case .closeCode:
        let error = SocketIOError(
          .connectionLost, "websocket connection closed (code 1008, auth failed)", closeCode: 1008)
        bench.script.report(.closed(error))
      case .end: bench.script.report(.closed(nil))
      case .broken: bench.script.report(.failed(Fixture.refused))
      case .pingTimeout: bench.loop.advance(by: 45_000)
      case .garbage: bench.script.receive("garbage")
      case .unreadable: bench.script.report(.failed(SocketIOError(.protocolViolation, "no Engine.IO packet")))
      case .closedHere: bench.manager.engine.close()
      }
    }

    var message: String {
      let intro = "the connection ended before the namespace was joined:"
      return switch self {
      case .closeCode: "\(intro) transport close: websocket connection closed (code 1008, auth failed)"
      case .end: "\(intro) transport close"
      case .broken: "refused"
      case .pingTimeout: "\(intro) ping timeout"
      case .garbage: "\(intro) parse error: unknown packet type g"
      case .unreadable: "no Engine.IO packet"
      case .closedHere: "\(intro) forced close"
      }
    }
  }

  @Test(
    "The Sockets get the reason, once, and the Manager reconnects after its delay", arguments: Ending.allCases,
    [true, false])
  func told(ending: Ending, reconnects: Bool) {
    let bench = ClientBench { $0.reconnection = reconnects }
    let socket = bench.socket()
    bench.open()
    #expect(bench.sent == ["0"])
    ending.happen(to: bench)
    #expect(bench.take() == ["connect_error: \(ending.message)"])
    #expect(socket.active && !socket.connected)
    bench.loop.advance(by: 999)
    #expect(bench.attempts == 1)
    bench.loop.advance(by: 1)
    #expect(bench.attempts == (reconnects ? 2 : 1))
    guard reconnects else { return }
    bench.open(joining: "/")
    #expect(bench.take() == ["connect"])
  }

  @Test("The error has the close code")
  func closeCode() {
    let bench = ClientBench()
    let codes = Log()
    bench.socket().on(.connectError) { codes.add("\($0.code) \($0.closeCode ?? 0)") }
    bench.open()
    Ending.closeCode.happen(to: bench)
    _ = bench.take()
    #expect(codes.entries == ["connection_lost 1008"])
  }

  @Test("Joined Sockets of the connection get a disconnect, the others a connect_error")
  func several() {
    let bench = ClientBench()
    _ = bench.socket("/a")
    _ = bench.socket("/b")
    bench.open(joining: "/a")
    _ = bench.take()
    bench.script.report(.closed(nil))
    #expect(
      bench.take() == [
        "/a disconnect: transport close",
        "/b connect_error: the connection ended before the namespace was joined: transport close",
      ])
  }

  @Test("An end while the credentials are evaluated is reported, too")
  func authenticating() async {
    let bench = ClientBench()
    let (answers, provider) = AsyncStream.makeStream(of: Void.self)
    defer { provider.finish() }
    _ = bench.socket(
      auth: .provider {
        for await _ in answers {}  // none comes
        return [:]
      })
    bench.open()
    bench.script.report(.closed(nil))
    #expect(
      bench.take() == ["connect_error: the connection ended before the namespace was joined: transport close"])
    bench.manager.socket().disconnect()
    bench.loop.run()
  }

  @Test("A server that is too old is reported once for each connection")
  func tooOld() {
    let bench = ClientBench()
    _ = bench.socket()
    bench.open()
    bench.script.receive("0")
    #expect(bench.take().count == 1)
    bench.script.report(.closed(nil))
    #expect(bench.take() == [])
  }

  // MARK: Opening by hand

  private func opening(_ bench: ClientBench) async -> Task<Void, any Error> {
    let manager = bench.manager
    let task = Task { try await manager.open() }
    await bench.loop.run { bench.attempts == 1 }
    bench.script.open()
    return task
  }

  private func outcome(of task: Task<Void, any Error>, _ bench: ClientBench) async -> SocketIOError? {
    await bench.ask {
      if case .failure(let error) = await task.result { error as? SocketIOError } else { nil }
    }
  }

  @Test("open() fails when the session ends, for whatever reason", arguments: Ending.allCases)
  func openEnds(ending: Ending) async {
    let bench = ClientBench {
      $0.autoConnect = false
      $0.reconnection = false
    }
    let socket = bench.socket()
    let task = await opening(bench)
    ending.happen(to: bench)
    #expect(await outcome(of: task, bench)?.message == ending.message)
    #expect(!socket.connected)
  }

  @Test("open() returns when all namespaces are joined, and not before")
  func openJoins() async {
    let bench = ClientBench { $0.autoConnect = false }
    let (a, b) = (bench.socket("/a"), bench.socket("/b"))
    let task = await opening(bench)
    let (log, loop) = (bench.log, bench.loop)
    let watcher = Task {
      _ = await task.result
      log.add("opened \(a.connected) \(b.connected)")
      loop.post {}
    }
    bench.join("/a")
    bench.join("/b")
    await bench.loop.run { log.entries.count == 3 }
    await watcher.value
    // The task may go on before the handlers run.
    #expect(bench.take().sorted() == ["/a connect", "/b connect", "opened true true"])
    #expect(await outcome(of: task, bench) == nil)
    #expect(a.connected && b.connected)
  }

  @Test("open() fails with the refusal of a namespace, or when the Socket is disconnected", arguments: [true, false])
  func openRefused(isRefused: Bool) async {
    let bench = ClientBench { $0.autoConnect = false }
    let socket = bench.socket()
    let task = await opening(bench)
    if isRefused { bench.script.receive(#"4{"message":"no"}"#) } else { socket.disconnect() }
    bench.loop.run()
    #expect(await outcome(of: task, bench)?.code == (isRefused ? .refused : .disconnected))
  }

  @Test("connect() is followed by a reconnection after a failure")
  func connect() {
    let bench = ClientBench { $0.autoConnect = false }
    let socket = bench.socket()
    bench.manager.connect()
    bench.loop.run()
    #expect(socket.active)
    bench.script.report(.failed(Fixture.refused))
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 2)
  }

  // MARK: Acknowledgements

  @Test(
    "Acknowledgements pending while the namespace is refused fail with the refusal, and their events are not sent")
  func acknowledgements() async throws {
    let bench = ClientBench()
    let socket = bench.socket()
    let log = bench.log
    bench.open()
    try socket.emit("plain")
    try socket.emit("asked") { log.add("asked \($0.outcome)") }
    try socket.timeout(.seconds(100)).emit("timed") { log.add("timed \($0.outcome)") }
    bench.script.receive(#"4{"message":"no","data":{"why":"because"}}"#)
    #expect(bench.take() == ["connect_error: no", "asked refused", "timed refused"])
    #expect(await bench.statistics().events.drops.refused == 2)
    #expect(bench.loop.pendingDelays.allSatisfy { $0 < 100_000 })

    socket.connect()
    bench.open(joining: "/")
    #expect(bench.sent == ["0", #"2["plain"]"#])
  }

  @Test("They stay pending if a handler of the refusal connects again")
  func connectedAgain() throws {
    let bench = ClientBench { $0.retries = 3 }
    let socket = bench.socket(auth: ["token": "old"])
    let log = bench.log
    socket.on(.connectError) { [weak socket] in
      socket?.auth = ["token": "new"]
      socket?.connect()
    }
    bench.open()
    try socket.emit("retried") { log.add("retried \($0.outcome)") }
    bench.script.receive(#"4{"message":"no"}"#)
    bench.loop.advance(by: 10_000)
    #expect(bench.take() == ["connect_error: no"])
    bench.open(joining: "/")
    #expect(bench.sent == [#"0{"token":"new"}"#, #"20["retried"]"#])
    bench.script.receive("30[1]")
    #expect(bench.take() == ["connect", "retried [1]"])
  }

  @Test("A blocking handler of the refusal does not delay them for long")
  func blockedHandler() async throws {
    let queue = DispatchQueue(label: "test")
    let bench = ClientBench { $0.delivery = .queue(queue) }
    let socket = bench.socket()
    bench.open()
    queue.suspend()
    defer { queue.resume() }
    let task = Task { try await socket.emitWithAck("asked") }
    await bench.loop.run { socket.bufferedEvents == 1 }
    bench.script.receive(#"4{"message":"no"}"#)
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 499)
    #expect(bench.loop.pendingDelays == [1])
    bench.loop.advance(by: 1)
    let error = await #expect(throws: SocketIOError.self) { try await task.value }
    #expect(error?.code == .refused)
    #expect(bench.loop.pendingDelays == [])
  }

  @Test("Pending acknowledgements of the retry queue fail as well")
  func retries() throws {
    let bench = ClientBench { $0.retries = 3 }
    let socket = bench.socket()
    let log = bench.log
    bench.open()
    try socket.emit("asked") { log.add("asked \($0.outcome)") }
    try socket.emit("plain")
    bench.script.receive(#"4{"message":"no"}"#)
    #expect(bench.take() == ["connect_error: no", "asked refused"])
    socket.connect()
    bench.open(joining: "/")
    #expect(bench.sent == ["0", #"20["plain"]"#])
  }

  // MARK: Servers that do not answer

  @Test("A server that does not answer CONNECT is logged once, after the time that an attempt may take")
  func silence() {
    let recorder = LogRecorder()
    let bench = ClientBench {
      $0.logger = recorder.logger
      $0.timeout = .after(.seconds(30))
    }
    _ = bench.socket("/a")
    _ = bench.socket("/b")
    bench.open(joining: "/a")
    bench.loop.advance(by: 29_999)
    func warnings() -> [String] { recorder.lines.filter { $0.hasPrefix("warning") } }
    #expect(warnings() == [])
    bench.loop.advance(by: 1)
    #expect(warnings() == ["warning the server has not answered the request to join the namespace; waiting on"])
    bench.script.report(.packet(.ping("")))
    bench.loop.advance(by: 40_000)
    #expect(warnings().count == 1)
    bench.join("/b")
    #expect(bench.take() == ["/a connect", "/b connect"])
  }

  @Test("Without such a limit it is logged after 45 seconds, the official server's limit")
  func silenceWithoutLimit() {
    let recorder = LogRecorder()
    let bench = ClientBench {
      $0.logger = recorder.logger
      $0.timeout = .never
    }
    _ = bench.socket()
    bench.open()
    bench.script.report(.packet(.ping("")))
    bench.loop.advance(by: 44_999)
    #expect(!recorder.lines.contains { $0.hasPrefix("warning") })
    bench.script.report(.packet(.ping("")))
    bench.loop.advance(by: 1)
    #expect(recorder.lines.contains { $0.hasPrefix("warning") })
  }
}
