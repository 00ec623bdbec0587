import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

/// Runs the examples of the documentation that take a Socket as a parameter, on a scripted connection.
@Suite("Examples of the documentation, run")
struct DocExamplesRunTests {
  /// Records what an example prints.
  private func printer(_ log: Log) -> GuideEvents.Printing {
    { (items: any Sendable...) in log.add(items.map { "\($0)" }.joined(separator: " ")) }
  }

  // MARK: Emitting

  @Test("Emitting: literals, binary and Codable")
  func emitting() throws {
    let (bench, socket) = ClientBench.connected()
    try GuideEvents.emitting(socket)
    #expect(
      bench.sent == [
        #"2["hello"]"#, #"2["move",3,4.5,true]"#,
        #"51-["upload","photo.jpg",{"_placeholder":true,"num":0}]"#, "<3 bytes>",
        #"2["profile",{"name":"alice","tags":["a","b"],"age":null}]"#,
        #"2["chat",{"user":"alice","text":"hi"}]"#,
      ])
  }

  @Test("A volatile event is sent if that is possible at once, otherwise dropped")
  func volatile() throws {
    let (bench, socket) = ClientBench.connected()
    try GuideEvents.volatile(socket)
    #expect(bench.sent == [#"2["position",52.5,13.4]"#])

    let waiting = ClientBench()
    try GuideEvents.volatile(waiting.socket())
    waiting.open(joining: "/")
    #expect(waiting.sent == ["0"])
  }

  // MARK: Receiving

  @Test("Handlers: any event, decoded, once, and removed")
  func receiving() {
    let (bench, socket) = ClientBench.connected()
    GuideEvents.receiving(socket, print: printer(bench.log))
    bench.script.receive(
      #"2["news",1]"#, #"2["price",{"symbol":"A","value":1.5}]"#, #"2["price",7]"#, #"2["ready"]"#, #"2["ready"]"#,
      #"2["move",1,2]"#)
    #expect(bench.take() == ["A 1.5", "ready", "3"])
  }

  @Test("Mismatches of typed handlers are reported")
  func handlerErrors() {
    let (bench, socket) = ClientBench.connected()
    GuideEvents.handlerErrors(socket, print: printer(bench.log))
    struct Order: Decodable, Sendable {
      struct Line: Decodable, Sendable { var count: Int }
      var lines: [Line]
    }
    socket.on("order") { (_: Int, _: Order) in }
    bench.script.receive(#"2["order",1,{"lines":[{"count":1},{"count":"2"}]}]"#)
    // In the guide's words.
    #expect(
      bench.take() == [
        "order: argument 2 of \"order\" cannot be decoded as Order: at lines[1].count: Expected Int, found a string."
      ])
  }

  @Test("Catch-all handlers, in both directions")
  func catchAll() throws {
    let (bench, socket) = ClientBench.connected()
    GuideEvents.outgoing(socket, print: printer(bench.log))
    bench.script.receive(#"2["a",1]"#)
    try socket.emit("b", 2)
    #expect(bench.take() == ["in: a [1]", "out: b [2]"])
  }

  @Test("Sequences: of events, typed, and of connection changes")
  func sequences() async throws {
    let (bench, socket) = ClientBench.connected()
    let log = Log()
    let news = Task { try await GuideEvents.sequence(socket, print: printer(log)) }
    await bench.loop.run { !bench.script.messages.isEmpty }
    bench.script.receive(#"2["news",1]"#)
    socket.off("news")
    try await news.value
    #expect(log.take() == ["[1]"])

    let moves = Task { await GuideEvents.typedSequence(socket, print: printer(log)) }
    while !socket.hasListeners("move") { await Task.yield() }
    bench.script.receive(#"2["move",1,2]"#)
    socket.off("move")
    await moves.value
    #expect(log.take() == ["1 2"])

    let changes = Task { await GuideEvents.changes(socket, print: printer(log)) }
    while socket.handlers.isEmpty(.changes) { await Task.yield() }
    socket.disconnect()
    bench.loop.run()
    socket.off()
    await changes.value
    #expect(log.take() == ["disconnected: io client disconnect"])
  }

  @Test("An answer to the server, with binary")
  func answering() {
    let (bench, socket) = ClientBench.connected()
    GuideEvents.answering(socket)
    bench.script.receive(#"27["question"]"#, #"2["question"]"#)
    #expect(bench.sent == [#"61-7["forty-two",{"_placeholder":true,"num":0}]"#, "<1 bytes>"])
  }

  @Test("Answers by return value", .timeLimit(.minutes(1)))
  func responding() async {
    let (bench, socket) = ClientBench.connected()
    GuideEvents.responding(socket) { $0 == "A" ? 1.5 : 0 }
    bench.script.receive(#"20["add",1,2]"#, #"21["price","A"]"#)
    await bench.loop.run { bench.script.messages.count == 2 }
    #expect(bench.sent == ["30[3]", "31[1.5]"])
  }

  @Test("A handler that holds its Socket weakly answers, and releases it")
  func weakHandler() {
    weak var released: Socket?
    do {
      let (bench, socket) = ClientBench.connected()
      GuideEvents.weakHandler(socket)
      bench.script.receive(#"2["ping-me"]"#)
      #expect(bench.sent == [#"2["pinged"]"#])
      released = socket
      socket.disconnect()
      bench.loop.run()
    }
    #expect(released == nil)
  }

  // MARK: Acknowledgements

  @Test("Acknowledgements: closure, time limit, and await")
  func acknowledgements() async throws {
    let (bench, socket) = ClientBench.connected()
    let example = Task { [log = bench.log] in
      try await GuideEvents.acknowledgements(socket, print: printer(log))
    }
    await bench.loop.run { bench.script.messages.count == 3 }
    #expect(bench.sent == [#"20["save","draft"]"#, #"21["save","draft"]"#, #"22["add",1,2]"#])
    bench.script.receive(#"30["v1"]"#)
    #expect(bench.take() == [#"saved: ["v1"]"#])
    bench.loop.advance(by: 4_999)
    bench.script.receive("32[3]")
    try await example.value
    #expect(bench.take() == ["3"])
    bench.loop.advance(by: 1)
    #expect(bench.take() == ["failure(operation has timed out)"])
  }

  @Test("An acknowledgement of a type")
  func typedAcknowledgement() async throws {
    let (bench, socket) = ClientBench.connected()
    let example = Task { [log = bench.log] in
      try await GuideEvents.asyncAcknowledgement(socket, print: printer(log))
    }
    await bench.loop.run { !bench.script.messages.isEmpty }
    #expect(bench.sent == [#"20["ask",{"text":"why?"}]"#])
    bench.script.receive(#"30[{"text":"because"}]"#)
    try await example.value
    #expect(bench.take() == ["because"])
  }

  @Test("Several arguments of an acknowledgement")
  func severalArguments() async throws {
    let (bench, socket) = ClientBench.connected()
    let example = Task { [log = bench.log] in
      try await GuideEvents.severalArguments(socket, print: printer(log))
    }
    await bench.loop.run { !bench.script.messages.isEmpty }
    #expect(bench.sent == [#"20["user",{"id":7,"fields":["name","age"]}]"#])
    bench.script.receive(#"30["alice",42]"#)
    try await example.value
    #expect(bench.take() == ["alice 42"])
  }

  // MARK: Values and options

  @Test("Values from literals and from Codable types")
  func values() throws {
    let (sku, count) = GuideEvents.values()
    #expect(sku == "A1")
    #expect(count == 2)
    let (value, isSame) = try GuideEvents.codable()
    #expect(isSame)
    #expect(value == ["name": "sea.jpg", "taken": "1970-01-01T00:00:00.000Z", "pixels": .binary(Data([255, 216]))])
  }

  @Test("Options are changed, and set in a handler of reconnectAttempt")
  func options() throws {
    let (bench, socket) = ClientBench.connected()
    try GuideConnecting.changingOptions(socket)
    #expect(bench.manager.opts.extraHeaders == ["X-Client": "2.1"])
    #expect(bench.manager.opts.query == ["version": 2])
    GuideConnecting.optionsBetweenAttempts(socket)
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    #expect(bench.manager.opts.query == ["version": 2, "attempt": 1])
  }

  // MARK: Credentials, errors, the end

  @Test("Other credentials are presented by leaving and rejoining")
  func otherCredentials() {
    let (bench, socket) = ClientBench.connected()
    GuideOperating.otherCredentials(socket)
    bench.open(joining: "/")
    #expect(bench.sent == [#"0{"token":"ijkl"}"#])
  }

  @Test("A refusal has the server's message")
  func errors() {
    let bench = ClientBench()
    let socket = bench.socket()
    bench.open()
    bench.forget()
    GuideOperating.errors(socket, print: printer(bench.log))
    bench.script.receive(#"4{"message":"no","data":{"code":1}}"#)
    #expect(bench.take() == ["connect_error: no", #"the server says no: no {"code":1}"#])
  }

  @Test("Events emitted before close() are sent")
  func quitting() async throws {
    let (bench, socket) = ClientBench.connected()
    let script = bench.script
    let example = Task { try await GuideOperating.quitting(socket) }
    await bench.loop.run { script.commands.contains(.close) }
    #expect(script.messages == [#"2["goodbye"]"#, "1"])
    script.report(.closed(nil))
    try await example.value
    #expect(bench.take() == ["disconnect: io client disconnect"])
  }
}
