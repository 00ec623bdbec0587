import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Events that are declared once", .timeLimit(.minutes(1)))
struct TypedEventTests {
  private enum Chat {
    static let message = TypedEvent("message", String.self, Int.self)
    static let left = TypedEvent("left")
    static let history = TypedRequest("history", Int.self, answer: [String].self)
  }

  @Test("Emitting sends name and arguments, with every modifier and form")
  func emitting() async throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    try socket.emit(Chat.message, "hi", 7)
    try socket.volatile.emit(Chat.left)
    let failure = await bench.ask { () async -> SocketIOError? in
      do throws(SocketIOError) {
        try await socket.emitWhenWritable(Chat.message, "ho", 8)
        return nil
      } catch {
        return error
      }
    }
    #expect(failure == nil)
    try socket.timeout(.seconds(1)).emit(Chat.message, "he", 9) { log.add("\($0)") }
    #expect(
      bench.sent == [#"2["message","hi",7]"#, #"2["left"]"#, #"2["message","ho",8]"#, #"20["message","he",9]"#])
    bench.loop.advance(by: 1_000)
    #expect(bench.take().count == 1)
  }

  @Test("Handlers get the declared arguments, as often as they are registered for, until they are removed")
  func receiving() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on(Chat.message) { text, room in log.add("on \(text + "!") \(room + 1)") }
    socket.once(Chat.message) { log.add("once \($0) \($1)") }
    socket.on(Chat.left) { log.add("left") }
    bench.script.receive(#"2["message","a",1]"#, #"2["message","b",2]"#, #"2["left"]"#)
    #expect(bench.take() == ["on a! 2", "once a 1", "on b! 3", "left"])
    #expect(socket.listeners(Chat.message).count == 1)
    socket.off(Chat.message)
    #expect(!socket.hasListeners(Chat.message) && socket.hasListeners(Chat.left))
    #expect(!socket.hasListeners("message") && socket.hasListeners("left"))
    socket.respond(to: Chat.history) { _ in [] }
    #expect(socket.hasListeners(Chat.history))
    socket.off(Chat.history)
    #expect(!socket.hasListeners(Chat.history))
  }

  @Test("An argument of another type is reported, and the handler does not run")
  func mismatch() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on(Chat.message) { _, _ in log.add("ran") }
    socket.on(.handlerError) { log.add("\($0.error)") }
    bench.script.receive(#"2["message",1,1]"#)
    #expect(
      bench.take() == ["argument 1 of \"message\" cannot be decoded as String: Expected String, found a number."])
  }

  @Test("A request is asked with its arguments, and its answer decoded")
  func asking() async throws {
    let (bench, socket) = ClientBench.connected()
    async let answer = socket.emitWithAck(Chat.history, 2, timeout: .seconds(5))
    await bench.loop.run { !bench.script.messages.isEmpty }
    #expect(bench.sent == [#"20["history",2]"#])
    bench.script.receive(#"30[["a","b"]]"#)
    #expect(try await answer == ["a", "b"])
  }

  @Test("A request is answered with what the handler returns, asynchronous or not", arguments: [true, false])
  func answering(isAsync: Bool) async {
    let (bench, socket) = ClientBench.connected()
    if isAsync {
      socket.respond(to: Chat.history) { count in
        await Task.yield()
        return (0..<count).map(String.init)
      }
    } else {
      socket.respond(to: Chat.history) { count in (0..<count).map(String.init) }
    }
    bench.script.receive(#"27["history",2]"#)
    await bench.loop.run { !bench.script.messages.isEmpty }
    #expect(bench.sent == [#"37[["0","1"]]"#])
  }

  @Test("A sequence has the declared arguments")
  func sequence() async {
    let (bench, socket) = ClientBench.connected()
    let messages = socket.events(Chat.message, buffering: .oldest(1))
    bench.script.receive(#"2["message","a",1]"#, #"2["message","b",2]"#)
    bench.loop.run()
    socket.off(Chat.message)
    var seen: [String] = []
    for await (text, room) in messages { seen.append("\(text) \(room)") }
    #expect(seen == ["a 1"])
    #expect(messages.droppedCount == 1)
  }
}
