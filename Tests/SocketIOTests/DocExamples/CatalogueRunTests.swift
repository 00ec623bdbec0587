import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

/// Runs the examples of the DocC articles that take a Socket as a parameter, on a scripted connection.
@Suite("Examples of the catalogue, run")
struct CatalogueRunTests {
  private func printer(_ log: Log) -> GuideEvents.Printing {
    { (items: any Sendable...) in log.add(items.map { "\($0)" }.joined(separator: " ")) }
  }

  // MARK: The articles that teach

  @Test("The events of a connection are reported in order")
  func lifecycle() {
    let bench = ClientBench()
    let socket = bench.manager.socket()
    CatalogueExamples.lifecycle(socket, print: printer(bench.log))
    bench.open(joining: "/")
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/", sid: "t")
    #expect(
      bench.take() == [
        "connected as s", "disconnected: transport close", "attempt 1", "back after 1", "connected as t",
      ])
  }

  @Test("Handlers take events, arguments and types; mismatches are reported")
  func handlers() {
    let (bench, socket) = ClientBench.connected()
    CatalogueExamples.receiving(socket, print: printer(bench.log))
    CatalogueExamples.failures(socket, print: printer(bench.log))
    bench.script.receive(
      #"2["news",1]"#, #"2["move",1,2,3]"#, #"2["move",1]"#, #"2["price",{"symbol":"A","value":1.5}]"#, #"2["ready"]"#)
    let told = bench.take()
    #expect(told.count == 5)
    #expect(
      told.filter { !$0.hasPrefix("move argument 2 of \"move\" cannot be decoded as Int") } == [
        "news [1]", "1 2", "A 1.5", "ready",
      ])
  }

  @Test("A sequence has the events since its creation")
  func sequence() async throws {
    let (bench, socket) = ClientBench.connected()
    let example = Task { [log = bench.log] in
      try await CatalogueExamples.sequence(socket, print: printer(log))
    }
    await bench.loop.run { !bench.script.messages.isEmpty }
    #expect(bench.sent == [#"2["subscribe","moves"]"#])
    bench.script.receive(#"2["move",1,2]"#, #"2["move",3,4]"#)
    bench.loop.run()
    socket.off("move")
    try await example.value
    #expect(bench.take() == ["1 2", "3 4"])
  }

  @Test("The changes of a connection as a sequence")
  func changes() async {
    let (bench, socket) = ClientBench.connected()
    let changes = Task { [log = bench.log] in await CatalogueExamples.changes(socket, print: printer(log)) }
    while socket.handlers.isEmpty(.changes) { await Task.yield() }
    bench.script.report(.closed(nil))
    bench.loop.run()
    socket.off()
    await changes.value
    #expect(bench.log.entries.contains("disconnected: transport close"))
  }

  @Test("Handlers answer with their return value")
  func responding() async {
    let (bench, socket) = ClientBench.connected()
    CatalogueExamples.typed(socket, print: printer(bench.log))
    CatalogueExamples.responding(socket) { $0 == "A" ? 1.5 : 0 }
    bench.script.receive(#"2["move",3,4]"#, #"27["quote","A"]"#)
    await bench.loop.run { !bench.script.messages.isEmpty }
    #expect(bench.sent == ["37[1.5]"])
    #expect(bench.take() == ["7"])
  }

  @Test("A program fetches its state again unless the session was recovered")
  func recovery() {
    let bench = ClientBench()
    CatalogueExamples.subscribingUnlessRecovered(bench.manager.socket())
    bench.open()
    bench.script.receive(#"0{"sid":"s","pid":"p"}"#)
    #expect(bench.sent == ["0", #"2["subscribe","news"]"#])
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    bench.open()
    bench.script.receive(#"0{"sid":"s","pid":"p"}"#)
    #expect(bench.sent == [#"0{"pid":"p"}"#])
  }

  // MARK: Coming from socket.io-client

  @Test("From JavaScript: connection events")
  func connectionEvents() {
    let bench = ClientBench()
    ComingFromJavaScript.connectionEvents(bench.manager.socket(), print: printer(bench.log))
    bench.open(joining: "/")
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    bench.open()
    bench.script.receive(#"4{"message":"no","data":{"code":1}}"#)
    #expect(bench.take() == ["s", "transport close", #"no {"code":1}"#])
  }

  @Test("From JavaScript: sending")
  func sending() throws {
    let (bench, socket) = ClientBench.connected()
    try ComingFromJavaScript.sending(socket)
    #expect(
      bench.sent == [
        #"2["hello"]"#, #"2["move",3,4.5,true]"#, #"51-["upload","a.bin",{"_placeholder":true,"num":0}]"#, "<2 bytes>",
        #"2["profile",{"name":"alice","tags":["a"],"age":null}]"#, #"2["message","hi"]"#, #"2["position",52.5]"#,
      ])
  }

  @Test("From JavaScript: receiving, and removing handlers")
  func receiving() {
    let (bench, socket) = ClientBench.connected()
    ComingFromJavaScript.receiving(socket, print: printer(bench.log))
    let events = [
      #"2["news","flood",3]"#, #"2["price",{"symbol":"A","value":1.5}]"#, #"2["price",7]"#, #"2["ready"]"#,
      #"2["ready"]"#,
    ]
    for event in events { bench.script.receive(event) }
    #expect(bench.take() == ["flood 3", "A 1.5", "ready"])
    ComingFromJavaScript.takingOff(socket, print: printer(bench.log))
    for event in events { bench.script.receive(event) }
    #expect(bench.take() == [])
  }

  @Test("From JavaScript: acknowledgements")
  func acknowledgements() async throws {
    let (bench, socket) = ClientBench.connected()
    let example = Task { [log = bench.log] in
      try await ComingFromJavaScript.acknowledgements(socket, print: printer(log))
    }
    await bench.loop.run { bench.script.messages.count == 3 }
    bench.script.receive(#"30["v1"]"#, "32[3]")
    try await example.value
    #expect(bench.take().sorted() == ["3", #"success(["v1"])"#])
    bench.loop.advance(by: 5_000)
    #expect(bench.take() == ["failure(operation has timed out)"])
  }

  @Test("From JavaScript: answering")
  func answering() async {
    let (bench, socket) = ClientBench.connected()
    ComingFromJavaScript.answering(socket) { "\($0) 42" }
    bench.script.receive(#"26["question","why?"]"#, #"27["add",1,2]"#)
    await bench.loop.run { bench.script.messages.count == 2 }
    #expect(bench.sent.sorted() == [#"36["why? 42"]"#, "37[3]"])
  }

  @Test("From JavaScript: catch-all handlers")
  func catchAll() throws {
    let (bench, socket) = ClientBench.connected()
    ComingFromJavaScript.catchAll(socket, print: printer(bench.log))
    bench.script.receive(#"2["news"]"#)
    try socket.emit("hello", 1)
    #expect(bench.take() == ["out hello [1]"])
  }

  @Test("From JavaScript: the Manager")
  func manager() {
    let (bench, socket) = ClientBench.connected()
    ComingFromJavaScript.manager(socket, print: printer(bench.log))
    bench.loop.run()
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_999)
    #expect(bench.attempts == 1)
    bench.loop.advance(by: 1)
    bench.open(joining: "/")
    #expect(bench.manager.opts.query == ["attempt": 1])
    #expect(bench.take() == ["disconnect: forced close", "1", "connect"])
  }

  @Test("From JavaScript: leaving")
  func leaving() async throws {
    let (bench, socket) = ClientBench.connected()
    let script = bench.script
    let example = Task { try await ComingFromJavaScript.leaving(socket) }
    await bench.loop.run { script.commands.contains(.close) }
    #expect(script.messages == [#"2["goodbye"]"#, "1"])
    script.report(.closed(nil))
    try await example.value
  }

  // MARK: Coming from socket.io-client-swift

  @Test("From socket.io-client-swift: events")
  func swiftEvents() {
    let (bench, socket) = ClientBench.connected()
    ComingFromSocketIOClientSwift.events(socket, print: printer(bench.log))
    bench.script.receive(#"2["price",{"symbol":"A"}]"#, #"27["question"]"#)
    #expect(bench.sent == [#"37["forty-two"]"#])
    #expect(bench.take() == [])
  }

  @Test("From socket.io-client-swift: emitting")
  func swiftEmitting() async throws {
    let (bench, socket) = ClientBench.connected()
    let example = Task { [log = bench.log] in
      try await ComingFromSocketIOClientSwift.emitting(socket, .init(symbol: "A"), print: printer(log))
    }
    await bench.loop.run { bench.script.messages.count == 3 }
    #expect(bench.sent == [#"2["move",3,4]"#, #"2["chat",{"symbol":"A"}]"#, #"20["save","draft"]"#])
    bench.loop.advance(by: 5_000)
    try await example.value
    #expect(bench.take() == ["no answer"])
  }
}
