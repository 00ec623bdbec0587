import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Retries and the default timeout of acknowledgements")
struct RetryTests {
  /// A bench whose main namespace is joined by a Socket with these settings.
  private func connected(
    retries: Int, ackTimeout: Duration? = .milliseconds(50), parser: any SocketParser = JSONParser()
  ) -> (ClientBench, Socket) {
    let bench = ClientBench { $0.parser = parser }
    let socket = bench.manager.socket("/", ackTimeout: ackTimeout, retries: retries)
    bench.log.follow(socket)
    bench.open(joining: "/")
    bench.forget()
    return (bench, socket)
  }

  @Test("Events go out one at a time, in order, each when the one before is acknowledged")
  func order() throws {
    let (bench, socket) = connected(retries: 1)
    let log = bench.log
    for number in 1...3 { try socket.emit("echo", number) { log.add("\(number) \($0.outcome)") } }
    #expect(bench.sent == [#"20["echo",1]"#])
    bench.script.receive("30[1]")
    #expect(bench.sent == [#"20["echo",1]"#, #"21["echo",2]"#])
    bench.script.receive("31[2]")
    bench.script.receive("32[3]")
    #expect(bench.sent.last == #"22["echo",3]"#)
    #expect(bench.take() == ["1 [1]", "2 [2]", "3 [3]"])
  }

  @Test("Without an answer an event is sent once and then retried the given number of times, then the next follows")
  func exhausted() throws {
    let (bench, socket) = connected(retries: 3)
    let log = bench.log
    try socket.emit("a") { log.add("a \($0.outcome)") }
    try socket.emit("b")
    for _ in 0..<4 {
      bench.loop.run()
      bench.loop.advance(by: 50)
    }
    #expect(bench.sent == [#"20["a"]"#, #"21["a"]"#, #"22["a"]"#, #"23["a"]"#, #"24["b"]"#])
    #expect(bench.take() == ["a timeout"])
  }

  @Test("Any answer is a success, whatever its arguments")
  func answerIsNoError() throws {
    let (bench, socket) = connected(retries: 3)
    let log = bench.log
    try socket.emit("a") { log.add($0.outcome) }
    bench.loop.run()
    bench.script.receive(#"30["looks like an error"]"#)
    bench.loop.advance(by: 1_000)
    #expect(bench.sent == [#"20["a"]"#])
    #expect(bench.take() == [#"["looks like an error"]"#])
  }

  @Test("A late answer to an earlier try is ignored")
  func lateAnswer() throws {
    let (bench, socket) = connected(retries: 1)
    let log = bench.log
    try socket.emit("a") { log.add($0.outcome) }
    bench.loop.run()
    bench.loop.advance(by: 50)
    bench.script.receive("30[1]")
    #expect(bench.take() == [])
    bench.script.receive("31[2]")
    #expect(bench.take() == ["[2]"])
  }

  @Test(
    "Nothing is sent while disconnected; a loss counts as a failed try, and the rest is sent on the next connection")
  func loss() throws {
    let (bench, socket) = connected(retries: 1, ackTimeout: nil)
    let log = bench.log
    try socket.emit("a") { log.add("a \($0.outcome)") }
    try socket.emit("b") { log.add("b \($0.outcome)") }
    bench.loop.run()
    bench.script.report(.closed(nil))
    try socket.emit("c")
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/")
    #expect(bench.sent == ["0", #"21["a"]"#])
    bench.forget()
    bench.script.report(.closed(nil))
    #expect(bench.take() == ["disconnect: transport close", "a disconnected"])
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/")
    #expect(bench.sent == ["0", #"22["b"]"#])
  }

  @Test("An event emitted in the connect handler is sent once")
  func connectHandler() throws {
    let bench = ClientBench()
    let socket = bench.manager.socket("/", retries: 2)
    socket.on(.connect) { try socket.emit("hello") }
    bench.open(joining: "/")
    #expect(bench.sent == ["0", #"20["hello"]"#])
  }

  @Test("Volatile events bypass the queue")
  func volatile() throws {
    let (bench, socket) = connected(retries: 2)
    try socket.emit("a")
    try socket.emit("b")
    try socket.volatile.emit("now")
    #expect(bench.sent == [#"20["a"]"#, #"2["now"]"#])
  }

  @Test("The default timeout applies to emits without their own", arguments: [nil, Duration.milliseconds(500)])
  func ackTimeout(own: Duration?) throws {
    let (bench, socket) = connected(retries: 0)
    let log = bench.log
    let emitter = own.map { socket.timeout($0) }
    if let emitter {
      try emitter.emit("a") { log.add($0.outcome) }
    } else {
      try socket.emit("a") { log.add($0.outcome) }
    }
    bench.loop.run()
    bench.loop.advance(by: 49)
    #expect(bench.take() == [])
    bench.loop.advance(by: own == nil ? 1 : 450)
    #expect(bench.take() == (own == nil ? ["timeout"] : []))
    bench.loop.advance(by: 1)
    #expect(bench.take() == (own == nil ? [] : ["timeout"]))
  }

  @Test("Cancelling the task removes its event from the queue, in flight or not", .timeLimit(.minutes(1)))
  func cancellation() async throws {
    let (bench, socket) = connected(retries: 3, ackTimeout: nil)
    let first = Task { try await socket.emitWithAck("under way") }
    await bench.loop.run { bench.script.messages.count == 1 }
    let second = Task { try await socket.emitWithAck("waits") }
    await bench.loop.runNextArrival()
    try socket.emit("goes on")
    bench.loop.run()
    for task in [second, first] {
      #expect(bench.sent == [#"20["under way"]"#])
      task.cancel()
      await bench.loop.runNextArrival()
      let error = await #expect(throws: SocketIOError.self) { try await task.value }
      #expect(error?.code == .cancelled)
    }
    #expect(bench.sent == [#"20["under way"]"#, #"21["goes on"]"#])
  }

  @Test("Events in the queue of a freed Socket fail")
  func disposed() throws {
    let bench = ClientBench()
    let log = bench.log
    do {
      let socket = bench.manager.socket("/", retries: 2)
      try socket.emit("a") { log.add("a \($0.outcome)") }
      try socket.emit("b") { log.add("b \($0.outcome)") }
      socket.disconnect()
    }
    #expect(bench.take() == ["a disconnected", "b disconnected"])
  }

  @Test("An event that cannot be encoded is given up at once, without retries, and the next follows")
  func unencodable() throws {
    let (bench, socket) = connected(retries: .max, parser: LateParser())
    let log = bench.log
    for number in 0..<1_000 {
      try socket.emit("deep", Fixture.nested(513)) { if number % 200 == 0 { log.add("\(number) \($0.outcome)") } }
    }
    try socket.emit("next") { log.add("next \($0.outcome)") }
    #expect(bench.sent == [#"21000["next"]"#])
    bench.script.receive("31000[1]")
    #expect(bench.take() == ["0", "200", "400", "600", "800"].map { "\($0) encoding" } + ["next [1]"])
    // Only the heartbeat's.
    #expect(bench.loop.pendingDelays == [5_000])
  }
}
