import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Acknowledgements")
struct AcknowledgementTests {
  // MARK: Asking the server

  @Test("Ids count the events that ask for an acknowledgement, over all connections")
  func ids() throws {
    let (bench, socket) = ClientBench.connected()
    try socket.emit("foo") { _ in }
    try socket.emit("none")
    try socket.emit("foo") { _ in }
    #expect(bench.sent == [#"20["foo"]"#, #"2["none"]"#, #"21["foo"]"#])
    bench.reopen(joining: "/")
    try socket.emit("foo") { _ in }
    #expect(bench.sent == ["0", #"22["foo"]"#])
  }

  @Test("A dropped event uses up its id")
  func droppedID() throws {
    let (bench, socket) = ClientBench.connected()
    bench.script.takesMore = false
    try socket.emit("fills the transport")
    try socket.volatile.emit("dropped") { _ in }
    try socket.emit("foo") { _ in }
    bench.loop.run()
    bench.script.takesMore = true
    bench.script.report(.writable)
    #expect(bench.sent == [#"2["fills the transport"]"#, #"21["foo"]"#])
  }

  @Test("The server's arguments arrive once")
  func reply() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    try socket.emit("ask") { log.add($0.outcome) }
    bench.loop.run()
    bench.script.receive(#"30["yes",2]"#, #"30["again"]"#)
    #expect(bench.take() == [#"["yes",2]"#])
  }

  @Test("An acknowledgement without arguments is a success")
  func emptyReply() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    try socket.emit("ask") { log.add($0.outcome) }
    bench.loop.run()
    bench.script.receive("30[]")
    #expect(bench.take() == ["[]"])
  }

  @Test("An acknowledgement carries binary")
  func binaryReply() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    try socket.emit("ask") { log.add("\((try? $0.get().args.first)??.dataValue?.count ?? -1)") }
    bench.loop.run()
    bench.script.receive(#"61-0[{"_placeholder":true,"num":0}]"#)
    bench.script.report(.packet(.binary(5)))
    #expect(bench.take() == ["5"])
  }

  @Test(
    "On a loss, acknowledgements of sent events fail with disconnected, after the disconnect event",
    arguments: [true, false])
  func loss(isLoss: Bool) throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    try socket.emit("a") { log.add("a \($0.outcome)") }
    try socket.timeout(.seconds(5)).emit("b") { log.add("b \($0.outcome)") }
    bench.loop.run()
    if isLoss { bench.script.report(.closed(nil)) } else { socket.disconnect() }
    #expect(
      bench.take() == [
        "disconnect: \(isLoss ? "transport close" : "io client disconnect")", "a disconnected", "b disconnected",
      ])
    bench.loop.advance(by: 5_000)
    #expect(bench.take() == [])
  }

  @Test("A DISCONNECT from the server does the same")
  func serverDisconnect() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    try socket.emit("a") { log.add("a \($0.outcome)") }
    bench.loop.run()
    bench.script.receive("1")
    #expect(bench.take() == ["disconnect: io server disconnect", "a disconnected"])
  }

  @Test("Acknowledgements of buffered events stay pending, and are answered on the next connection")
  func buffered() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.disconnect()
    try socket.emit("a") { log.add("a \($0.outcome)") }
    bench.loop.run()
    socket.connect()
    bench.open()
    bench.reopen(joining: "/")
    #expect(bench.sent == ["0", #"20["a"]"#])
    _ = bench.take()
    bench.script.receive("30[1]")
    #expect(bench.take() == ["a [1]"])
  }

  // MARK: Timeout

  @Test("A late acknowledgement for a freed Socket does not reach the next one, which counts from 0 again")
  func acknowledgementOfAnother() throws {
    let bench = ClientBench()
    let log = bench.log
    let other = bench.socket("/other")
    bench.open(joining: "/other")
    do {
      let first = bench.manager.socket()
      bench.loop.run()
      bench.join()
      try first.emit("old") { log.add("old \($0.outcome)") }
      first.disconnect()
    }
    bench.loop.run()
    let second = bench.manager.socket()
    try second.emit("new") { log.add("new \($0.outcome)") }
    bench.script.receive(#"30["old"]"#)
    bench.join()
    bench.script.receive(#"30["new"]"#)
    #expect(bench.take() == ["/other connect", "old disconnected", #"new ["new"]"#])
    withExtendedLifetime(other) {}
  }

  @Test("Without an answer in time there is a timeout, once, and a late answer is ignored")
  func timeout() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    try socket.timeout(.milliseconds(50)).emit("ask") { log.add($0.outcome) }
    bench.loop.run()
    bench.loop.advance(by: 49)
    #expect(bench.take() == [])
    bench.loop.advance(by: 1)
    #expect(bench.take() == ["timeout"])
    bench.script.receive("30[1]")
    #expect(bench.take() == [])
  }

  @Test("An answer in time stops the timeout")
  func inTime() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    try socket.timeout(.milliseconds(50)).emit("ask") { log.add($0.outcome) }
    bench.loop.run()
    bench.script.receive("30[1]")
    bench.loop.advance(by: 50)
    #expect(bench.take() == ["[1]"])
  }

  @Test("An event that times out in the buffer is not sent any more")
  func timeoutInBuffer() throws {
    let bench = ClientBench()
    let socket = bench.socket()
    let log = bench.log
    try socket.timeout(.milliseconds(50)).emit("ask") { log.add($0.outcome) }
    try socket.emit("other")
    bench.loop.run()
    bench.loop.advance(by: 50)
    #expect(bench.take() == ["timeout"])
    bench.open(joining: "/")
    #expect(bench.sent == ["0", #"2["other"]"#])
  }

  @Test("A timeout of 0 comes with the next turn of the loop")
  func zeroTimeout() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    try socket.timeout(.zero).emit("ask") { log.add($0.outcome) }
    #expect(bench.take() == ["timeout"])
    #expect(bench.sent == [#"20["ask"]"#])
  }

  // MARK: Answering the server

  @Test(
    "An event with an id is answered once, with that id and its namespace",
    arguments: [("/", #"213["q"]"#, #"313["bar"]"#), ("/admin", #"2/admin,13["q"]"#, #"3/admin,13["bar"]"#)])
  func answering(namespace: String, packet: String, answer: String) {
    let bench = ClientBench()
    let socket = bench.socket(namespace)
    let log = bench.log
    socket.on("q") { event in
      let isFirst = try event.ack?("bar")
      let isSecond = try event.ack?("again")
      log.add("\(isFirst == true) \(isSecond == false)")
    }
    bench.open(joining: namespace)
    bench.forget()
    bench.script.receive(packet)
    #expect(bench.take() == ["true true"])
    #expect(bench.sent == [answer])
  }

  @Test("An event without id has nothing to answer")
  func noAnswer() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("q") { log.add("\($0.ack == nil)") }
    bench.script.receive(#"2["q"]"#)
    #expect(bench.take() == ["true"])
  }

  @Test("An answer with binary is a binary acknowledgement")
  func binaryAnswer() {
    let (bench, socket) = ClientBench.connected()
    socket.on("q") { try $0.ack?(Data([1, 2])) }
    bench.script.receive(#"215["q"]"#)
    #expect(bench.sent == [#"61-15[{"_placeholder":true,"num":0}]"#, "<2 bytes>"])
  }

  @Test("An event that cannot be encoded fails its own acknowledgement only, or is reported if it has none")
  func unencodable() async throws {
    let (bench, socket) = ClientBench.connected { $0.parser = PickyParser() }
    let log = bench.log
    socket.on(.handlerError) { log.add("\($0.event) \(($0.error as? SocketIOError)?.code.rawValue ?? "")") }
    socket.on("q") { try $0.ack?("unencodable") }
    try socket.emit("waits") { log.add("waits \($0.outcome)") }
    try socket.emit("fails", "unencodable") { log.add("fails \($0.outcome)") }
    try socket.emit("untold", "unencodable")
    bench.loop.run()
    bench.script.receive(#"20["q"]"#)
    #expect(bench.take() == ["fails encoding", "untold encoding", "acknowledgement 0 encoding"])
    #expect(bench.sent == [#"20["waits"]"#])
    bench.script.receive("30[1]")
    #expect(bench.take() == ["waits [1]"])
    #expect(socket.connected)
    let statistics = await bench.statistics().events
    #expect(statistics.sent == 1 && statistics.drops.unencodable == 2 && statistics.drops.total == 2)
  }

  @Test("An answer that JSON cannot carry is refused and can be sent again; if the call cannot throw, it is reported")
  func tooDeepAnswer() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on(.handlerError) { log.add("\($0.event) \(($0.error as? SocketIOError)?.code.rawValue ?? "")") }
    socket.on("q") { event in
      let error = #expect(throws: SocketIOError.self) { try event.ack?(1, Fixture.nested(512)) }
      log.add(
        error?.message.hasPrefix("argument 2 of an acknowledgement cannot be encoded") == true ? "told" : "untold")
      try event.ack?("anew")
    }
    socket.on("p") { event in log.add("\(event.ack?.send([Fixture.nested(512)]) == true)") }
    bench.script.receive(#"23["q"]"#, #"24["p"]"#)
    #expect(bench.take() == ["told", "true", "acknowledgement 4 encoding"])
    #expect(bench.sent == [#"33["anew"]"#])
  }

  @Test("A late answer is not sent on the next connection")
  func lateAnswer() throws {
    let (bench, socket) = ClientBench.connected()
    let (acks, ack) = (Log(), Mailslot())
    socket.on("q") { event in
      ack.value = event.ack
      acks.add("asked")
    }
    bench.script.receive(#"20["q"]"#)
    #expect(acks.entries == ["asked"])
    bench.reopen(joining: "/")
    try ack.value?("late")
    #expect(bench.sent == ["0"])
  }

  @Test("An early event with an id is answered on its connection")
  func earlyEvent() {
    let bench = ClientBench()
    let socket = bench.socket()
    socket.on("q") { try $0.ack?(1) }
    bench.open()
    bench.script.receive(#"27["q"]"#)
    #expect(bench.sent == ["0"])
    bench.join()
    #expect(bench.sent == ["0", "37[1]"])
  }
}

/// Encodes as the default parser does, but refuses the argument "unencodable".
private struct PickyParser: SocketParser {
  func encode(_ packet: SocketPacket) throws -> [EngineMessage] {
    switch packet.content {
    case .event(_, let arguments), .ack(let arguments):
      if arguments.contains("unencodable") { throw ParserError(.invalidPayload, "unencodable") }
    case .connect, .connectError, .disconnect: break
    }
    return try JSONParser().encode(packet)
  }

  func makeDecoder() -> JSONParser.Decoder { JSONParser().makeDecoder() }

  @Test("Unknown ids are ignored", arguments: [7, Int.max])
  func madeUpID(_ id: Int) throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    for number in 0..<2 { try socket.emit("ask") { log.add("\(number) \($0.outcome)") } }
    bench.loop.run()
    bench.script.receive("30[]", "3\(id)[1]", "31[2]")
    #expect(bench.take() == ["0 []", "1 [2]"])
  }
}
