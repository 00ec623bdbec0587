import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Typed handlers, answers by return value, and handler errors")
struct TypedHandlerTests {
  private struct Oops: Error {}

  private struct Order: Codable, Sendable {
    struct Line: Codable, Sendable { var count: Int }
    var lines: [Line]
  }

  /// A bench whose Socket's failures are logged.
  private func connected() -> (ClientBench, Socket, Log) {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on(.handlerError) { log.add("failed \($0.event): \($0.error)") }
    return (bench, socket, log)
  }

  // MARK: Arguments

  @Test("A handler gets as many arguments as it takes, decoded")
  func arguments() {
    let (bench, socket, log) = connected()
    socket.on("e") { (x: Int, name: String, data: Data) in log.add("3: \(x) \(name) \(data.count)") }
    socket.on("e") { (x: Int) in log.add("1: \(x)") }
    socket.on("e") { log.add("0") }
    socket.on("e") { (x: SocketValue, _: String, _: Data, missing: Int?) in log.add("4: \(x) \(missing == nil)") }
    socket.once("e") { (x: Int) in log.add("once: \(x)") }
    socket.once(TypedEvent("e", Double.self)) { log.add("once as: \($0)") }
    for _ in 0..<2 {
      bench.script.receive(#"51-["e",7,"n",{"_placeholder":true,"num":0},null]"#)
      bench.script.report(.packet(.binary(3)))
    }
    let always = ["3: 7 n 3", "1: 7", "0", "4: 7 true"]
    #expect(bench.take() == always + ["once: 7", "once as: 7.0"] + always)
  }

  @Test("A decoding failure is reported with event, argument and place, and affects no other handler")
  func undecodable() {
    let (bench, socket, log) = connected()
    socket.on("order") { (id: Int, order: Order) in log.add("\(id) \(order.lines.count)") }
    socket.on("order") { _ in log.add("next") }
    bench.script.receive(
      #"2["order",1,{"lines":[{"count":1},{"count":"two"}]}]"#, #"2["order","x",{"lines":[]}]"#, #"2["order",1]"#,
      #"2["order",1,{"lines":[]}]"#)
    let failed = "failed order: argument"
    #expect(
      bench.take() == [
        "\(failed) 2 of \"order\" cannot be decoded as Order: at lines[1].count: Expected Int, found a string.", "next",
        "\(failed) 1 of \"order\" cannot be decoded as Int: Expected Int, found a string.", "next",
        "\(failed) 2 of \"order\" cannot be decoded as Order: Expected Dictionary<String, Any>, found null.", "next",
        "1 0", "next",
      ])
    #expect(socket.connected)
  }

  @Test("An event's arguments can be decoded together")
  func decodeTogether() throws {
    let event = SocketEvent(name: "e", args: [1, "two", [3]], ack: nil)
    let number: Int = try event.decode()
    let (first, second) = try event.decode(Int.self, String.self)
    let (_, _, third, fourth) = try event.decode(Int.self, String.self, [Int].self, Bool?.self)
    #expect((number, first, second, third, fourth) == (1, 1, "two", [3], nil))
    let error = #expect(throws: SocketIOError.self) { try event.decode(Int.self, String.self, [String].self) }
    #expect(error?.code == .decoding)
    #expect(error?.message.hasPrefix("argument 3 of \"e\" cannot be decoded as Array<String>: at [0]: ") == true)
  }

  @Test("An encoding failure is reported with event, argument and place")
  func unencodable() {
    struct Faulty: Encodable {
      func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(0, .init(codingPath: encoder.codingPath, debugDescription: "No."))
      }
    }
    let (_, socket, _) = connected()
    let error = #expect(throws: SocketIOError.self) { try socket.emit("e", 1, ["a": [Faulty()]]) }
    #expect(error?.code == .encoding)
    #expect(error?.message == "argument 2 of \"e\" cannot be encoded: at a[0]: No.")
  }

  // MARK: Errors

  @Test("An error thrown by any handler is reported as handlerError, afterwards")
  func failures() throws {
    let (bench, socket, log) = connected()
    socket.onAny { _ in throw Oops() }
    socket.onAnyOutgoing { _ in throw Oops() }
    socket.on(.disconnect) { throw Oops() }
    socket.on("a") { _ in
      log.add("a")
      throw Oops()
    }
    socket.on("a") { _ in log.add("second") }
    bench.script.receive(#"2["a"]"#)
    #expect(bench.take() == ["failed a: Oops()", "a", "failed a: Oops()", "second"])
    try socket.emit("out")
    bench.loop.run()
    bench.script.report(.closed(nil))
    #expect(bench.take() == ["failed out: Oops()", "disconnect: transport close", "failed disconnect: Oops()"])
  }

  @Test("An error thrown by a handler of handlerError is not reported again")
  func failureOfFailure() {
    let (bench, socket, log) = connected()
    socket.on(.handlerError) { throw Oops() }
    socket.on("a") { _ in throw Oops() }
    // A server's event of that name is not the Socket's own.
    socket.on("handlerError") { log.add("event \($0.args)") }
    bench.script.receive(#"2["a"]"#, #"2["handlerError",1]"#)
    #expect(bench.take() == ["failed a: Oops()", "event [1]"])
  }

  @Test("An error thrown by a handler of the Manager affects no other")
  func managerHandlers() {
    let (bench, _, _) = connected()
    bench.manager.on(.close) { throw Oops() }
    bench.followManager()
    bench.script.report(.closed(nil))
    #expect(bench.take() == ["disconnect: transport close", "close: transport close"])
  }

  // MARK: Answers

  @Test("A handler answers with its return value, or without arguments when it returns")
  func answers() {
    let (bench, socket, log) = connected()
    socket.respond(to: "add") { (x: Int, y: Int) in x + y }
    socket.respond(to: "store") { (x: Int) in log.add("stored \(x)") }
    socket.respond(to: "now") { Data([1, 2]) }
    bench.script.receive(#"20["add",1,2]"#, #"21["store",3]"#, #"22["now"]"#, #"2["store",4]"#, #"2["add",1,2]"#)
    #expect(bench.sent == ["30[3]", "31[]", #"61-2[{"_placeholder":true,"num":0}]"#, "<2 bytes>"])
    #expect(bench.take() == ["stored 3", "stored 4"])
  }

  @Test("Of several answers the first counts")
  func severalAnswers() {
    let (bench, socket, _) = connected()
    socket.respond(to: "q") { 1 }
    socket.respond(to: "q") { 2 }
    socket.on("q") { try $0.ack?(3) }
    bench.script.receive(#"20["q"]"#)
    #expect(bench.sent == ["30[1]"])
  }

  @Test("A handler that throws, cannot be called or returns an unencodable value sends no answer")
  func noAnswer() {
    struct Faulty: Encodable, Sendable {
      func encode(to encoder: any Encoder) throws { throw Oops() }
    }
    let (bench, socket, _) = connected()
    socket.respond(to: "throws") { () throws -> Int in throw Oops() }
    socket.respond(to: "typed") { (x: Int) in x }
    socket.respond(to: "faulty") { Faulty() }
    bench.script.receive(#"20["throws"]"#, #"21["typed","x"]"#, #"22["faulty"]"#)
    #expect(bench.sent == [])
    #expect(
      bench.take() == [
        "failed throws: Oops()",
        "failed typed: argument 1 of \"typed\" cannot be decoded as Int: Expected Int, found a string.",
        "failed faulty: argument 1 of the answer to \"faulty\" cannot be encoded: Oops()",
      ])
  }

  @Test("An asynchronous handler answers when it is ready, while others run", .timeLimit(.minutes(1)))
  func asyncAnswers() async {
    let (bench, socket, _) = connected()
    let (gate, opener) = AsyncStream.makeStream(of: Int.self)
    socket.respond(to: "slow") { (x: Int) async -> Int in
      for await value in gate { return x + value }
      return 0
    }
    socket.respond(to: "quick") { (x: Int) in await Self.double(x) }
    socket.respond(to: "done") { (_: Int) async in await Task.yield() }
    bench.script.receive(#"20["slow",1]"#, #"21["quick",2]"#)
    await bench.loop.run { bench.script.messages.count == 1 }
    #expect(bench.sent == ["31[4]"])
    opener.yield(10)
    await bench.loop.run { bench.script.messages.count == 2 }
    bench.script.receive(#"22["done",2]"#)
    await bench.loop.run { bench.script.messages.count == 3 }
    #expect(bench.sent == ["31[4]", "30[11]", "32[]"])
  }

  private static func double(_ x: Int) async -> Int { 2 * x }

  @Test("An asynchronous handler that throws sends no answer and is reported", .timeLimit(.minutes(1)))
  func asyncFailure() async {
    let (bench, socket, log) = connected()
    socket.respond(to: "a") { (_: Int) async throws -> Int in throw Oops() }
    bench.script.receive(#"20["a","x"]"#)
    #expect(
      bench.take() == ["failed a: argument 1 of \"a\" cannot be decoded as Int: Expected Int, found a string."])
    bench.script.receive(#"21["a",1]"#)
    await bench.loop.run { !log.entries.isEmpty }
    #expect(log.take() == ["failed a: Oops()"])
    #expect(bench.sent == [])
  }

  @Test("An answer may be literals of mixed types, and be sent from any thread", .timeLimit(.minutes(1)))
  func mixedAnswer() async throws {
    let (bench, socket, _) = connected()
    let slot = Mailslot()
    socket.on("q") { slot.value = $0.ack }
    bench.script.receive(#"20["q"]"#)
    let ack = try #require(slot.value)
    let answered = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { (try? ack(1, "two", ["three": [nil, 4.5]])) == true } }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(answered == 1)
    #expect(bench.sent == [#"30[1,"two",{"three":[null,4.5]}]"#])
  }

  // MARK: Handlers that block

  @Test("While a handler blocks, heartbeats are answered and events are sent")
  func blocking() throws {
    let (bench, socket) = ClientBench.connected { $0.delivery = .serial }
    let (started, gate, finished) = (
      DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
    )
    let log = Log()
    socket.on("slow") { _ in
      started.signal()
      gate.wait()
      log.add("slow")
    }
    socket.on("next") { _ in finished.signal() }
    bench.script.receive(#"2["slow"]"#, #"2["next"]"#)
    started.wait()
    for _ in 0..<4 {
      bench.loop.advance(by: 25_000)
      bench.script.report(.packet(.ping("")))
    }
    try socket.emit("x")
    bench.loop.run()
    #expect(bench.script.packets.wire == #"3 3 3 3 42["x"]"#)
    #expect(socket.connected)
    #expect(log.entries == [])
    gate.signal()
    finished.wait()
    #expect(log.entries == ["slow"])
  }
}
