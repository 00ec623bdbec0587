import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("emitWithAck", .timeLimit(.minutes(1)))
struct EmitWithAckTests {
  // MARK: Answers

  @Test("emitWithAck gets the first argument, or null", arguments: ["30[\"yes\",2]", "30[]"])
  func firstArgument(answer: String) async throws {
    let (bench, socket) = ClientBench.connected()
    async let reply = socket.emitWithAck("ask", 1)
    await bench.loop.run { !bench.script.messages.isEmpty }
    #expect(bench.sent == [#"20["ask",1]"#])
    bench.script.receive(answer)
    #expect(try await reply == (answer == "30[]" ? .null : "yes"))
  }

  @Test("emitWithAck decodes the answer, one argument or several, or reports the mismatch")
  func typed() async throws {
    let (bench, socket) = ClientBench.connected()
    async let number = socket.emitWithAck("ask", as: Int.self)
    await bench.loop.run { bench.script.messages.count == 1 }
    bench.script.receive("30[42]")
    #expect(try await number == 42)

    async let several = socket.emitWithAck("ask", 1, as: Int.self, String.self, Bool?.self, timeout: .seconds(5))
    await bench.loop.run { bench.script.messages.count == 2 }
    bench.script.receive(#"31[1,"two"]"#)
    #expect(try await several == (1, "two", nil))

    let other = Task { try await socket.emitWithAck("ask", as: Int.self, [Int].self) }
    await bench.loop.run { bench.script.messages.count == 3 }
    bench.script.receive(#"32[1,[2,"no number"]]"#)
    let error = await #expect(throws: SocketIOError.self) { try await other.value }
    #expect(error?.code == .decoding)
    #expect(
      error?.message
        == "argument 2 of the acknowledgement of \"ask\" cannot be decoded as Array<Int>: at [1]: Expected Int, found a string."
    )
  }

  @Test("Literals of mixed types are arguments with and without timeout, type and modifiers")
  func literals() async throws {
    let (bench, socket) = ClientBench.connected()
    let answers = Task {
      let first = try await socket.emitWithAck("e", 1, "two", [3, nil, ["four": 5.5]])
      let second = try await socket.emitWithAck("e", ["a": 1, "b": "two"], timeout: .seconds(5))
      let third = try await socket.emitWithAck("e", nil, [1, "two"], as: Int.self)
      let fourth = try await socket.emitWithAck("e", [true, 2], as: Int.self, Int?.self, timeout: .seconds(5))
      let emitter = socket.timeout(.seconds(5))
      let fifth = try await emitter.emitWithAck("e", ["a": 1, "b": "two"])
      let sixth = try await emitter.emitWithAck("e", [1, "two"], as: Int.self)
      let seventh = try await emitter.emitWithAck("e", Data([1]), Date(timeIntervalSince1970: 0), as: Int.self)
      let eighth = try await emitter.emitWithAck("e", Data([1]))
      return [first.intValue, second.intValue, third, fourth.0, fifth.intValue, sixth, seventh, eighth.intValue]
    }
    for id in 0..<8 {
      await bench.loop.run { bench.script.messages.contains { $0.contains("-\(id)[") || $0.hasPrefix("2\(id)[") } }
      bench.script.receive("3\(id)[\(id)]")
    }
    #expect(try await answers.value == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(
      bench.sent == [
        #"20["e",1,"two",[3,null,{"four":5.5}]]"#, #"21["e",{"a":1,"b":"two"}]"#, #"22["e",null,[1,"two"]]"#,
        #"23["e",[true,2]]"#, #"24["e",{"a":1,"b":"two"}]"#, #"25["e",[1,"two"]]"#,
        #"51-6["e",{"_placeholder":true,"num":0},"1970-01-01T00:00:00.000Z"]"#, "<1 bytes>",
        #"51-7["e",{"_placeholder":true,"num":0}]"#, "<1 bytes>",
      ])
  }

  @Test(
    "With the arguments in an array, emitWithAck returns the whole answer, or the requested types",
    arguments: [true, false])
  func argumentsInAnArray(isModified: Bool) async throws {
    let (bench, socket) = ClientBench.connected()
    async let reply =
      isModified ? socket.compress(true).emitWithAck("ask", with: [1]) : socket.emitWithAck("ask", with: [1])
    await bench.loop.run { !bench.script.messages.isEmpty }
    bench.script.receive("30[1,[2],null]")
    #expect(try await reply == [1, [2], nil])
    async let typed =
      isModified
      ? socket.compress(true).emitWithAck("ask", with: [[2]], as: Int.self, String.self)
      : socket.emitWithAck("ask", with: [[2]], as: Int.self, String.self)
    await bench.loop.run { bench.script.messages.count == 2 }
    bench.script.receive(#"31[1,"two"]"#)
    #expect(try await typed == (1, "two"))
    #expect(bench.sent == [#"20["ask",1]"#, #"21["ask",[2]]"#])
  }

  @Test("A time limit applies to arguments in an array, too")
  func limitOfArguments() async throws {
    let (bench, socket) = ClientBench.connected()
    let plain = Task { try await socket.emitWithAck("ask", with: [], timeout: .milliseconds(50)) }
    let typed = Task { try await socket.emitWithAck("ask", with: [], as: Int.self, timeout: .milliseconds(50)) }
    await bench.loop.run { bench.script.messages.count == 2 }
    bench.loop.advance(by: 50)
    let errors = [
      await #expect(throws: SocketIOError.self) { try await plain.value },
      await #expect(throws: SocketIOError.self) { try await typed.value },
    ]
    #expect(errors.map(\.?.code) == [.timeout, .timeout])
  }

  // MARK: Failures

  @Test("emitWithAck ends with timeout or disconnected", arguments: [true, false])
  func failure(isTimeout: Bool) async throws {
    let (bench, socket) = ClientBench.connected()
    let reply = Task { try await socket.emitWithAck("ask", timeout: .milliseconds(50)) }
    await bench.loop.run { !bench.script.messages.isEmpty }
    if isTimeout { bench.loop.advance(by: 50) } else { bench.script.report(.closed(nil)) }
    let error = await #expect(throws: SocketIOError.self) { try await reply.value }
    #expect(error?.code == (isTimeout ? .timeout : .disconnected))
  }

  @Test("A timeout of any length works", arguments: [Duration.seconds(Int64.max), .seconds(-1), .seconds(Int64.min)])
  func extremeTimeouts(timeout: Duration) async throws {
    let (bench, socket) = ClientBench.connected()
    let reply = Task { try await socket.emitWithAck("ask", timeout: timeout) }
    await bench.loop.run { !bench.script.messages.isEmpty }
    if timeout < .zero {
      let error = await #expect(throws: SocketIOError.self) { try await reply.value }
      #expect(error?.code == .timeout)
    } else {
      #expect(bench.loop.pendingDelays.last == UInt64(Int64.max))
      bench.script.receive("30[1]")
      #expect(try await reply.value == 1)
    }
  }

  @Test("Durations are whole milliseconds, rounded up and clamped")
  func milliseconds() {
    #expect(Duration.microseconds(1).milliseconds == 1)
    #expect(Duration.milliseconds(1).milliseconds == 1)
    #expect(Duration.seconds(1.5).milliseconds == 1_500)
    #expect(Duration.zero.milliseconds == 0)
    #expect(Duration.nanoseconds(-1).milliseconds == 0)
    #expect(Duration.seconds(Int64.min).milliseconds == 0)
    #expect(Duration.seconds(Int64.max).milliseconds == UInt64(Int64.max))
    #expect(Duration.seconds(Int64.max / 1_000).milliseconds == UInt64(Int64.max))
    #expect(Duration.seconds(Int64.max / 1_000 - 1).milliseconds == UInt64(Int64.max / 1_000 - 1) * 1_000)
  }

  // MARK: Cancellation

  @Test("Cancelling the task ends emitWithAck, and an event in the buffer is not sent")
  func cancellation() async throws {
    let bench = ClientBench()
    let socket = bench.socket()
    bench.loop.run()
    let task = Task { try await socket.emitWithAck("ask", timeout: .seconds(50)) }
    await bench.loop.run { bench.loop.pendingDelays.contains(50_000) }
    task.cancel()
    await bench.loop.run { !bench.loop.pendingDelays.contains(50_000) }
    let error = await #expect(throws: SocketIOError.self) { try await task.value }
    #expect(error?.code == .cancelled)
    bench.open(joining: "/")
    #expect(bench.sent == ["0"])
  }

  @Test("Cancelling the task after the event was sent ends the wait, and a late answer is ignored")
  func cancelledAfterSending() async throws {
    let (bench, socket) = ClientBench.connected()
    let task = Task { try await socket.emitWithAck("ask") }
    await bench.loop.run { !bench.script.messages.isEmpty }
    task.cancel()
    await bench.loop.runNextArrival()
    let error = await #expect(throws: SocketIOError.self) { try await task.value }
    #expect(error?.code == .cancelled)
    bench.script.receive("30[1]")
    #expect(socket.connected)
  }

  @Test("Of many waiting tasks any can be cancelled, in any order")
  func cancellationOfSome() async throws {
    let bench = ClientBench()
    let socket = bench.socket()
    bench.loop.run()
    var tasks: [Task<SocketValue, any Error>] = []
    for number in 0..<40 {
      tasks.append(Task { try await socket.emitWithAck("ask", number) })
      await bench.loop.run { socket.bufferedEvents == number + 1 }
    }
    for number in (0..<40).reversed() where number % 10 != 0 { tasks[number].cancel() }
    await bench.loop.run { socket.bufferedEvents == 4 }
    bench.open(joining: "/")
    #expect(bench.sent.suffix(4) == (0..<4).map { #"2\#($0 * 10)["ask",\#($0 * 10)]"# })
    for number in 0..<4 { bench.script.receive("3\(number * 10)[\(number)]") }
    for (number, task) in tasks.enumerated() {
      let outcome = await task.result
      #expect((try? outcome.get()) == (number % 10 == 0 ? .int(number / 10) : nil))
    }
  }

  @Test("An already cancelled task emits nothing")
  func cancelledBefore() async {
    let (bench, socket) = ClientBench.connected()
    #expect(await bench.codeWhenCancelled { _ = try await socket.emitWithAck("ask") } == .cancelled)
    #expect(bench.sent == [])
  }
}
