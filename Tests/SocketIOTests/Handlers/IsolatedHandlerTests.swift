import Dispatch
import SocketIOTesting
import Testing

@testable import SocketIO

@globalActor
private actor Storage {
  static let shared = Storage()
}

@Suite("Handlers that are isolated to an actor", .timeLimit(.minutes(1)))
struct IsolatedHandlerTests {
  private struct Oops: Error {}

  @MainActor
  private final class Model {
    var lines: [String] = []
  }

  @Storage
  private final class Store {
    var lines: [String] = []
  }

  @Test("A handler of the main actor runs there, in order with the others")
  func mainActor() async {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    let model = Model()
    socket.on("e") { (number: Int) in log.add("before \(number)") }
    socket.on("e") { @MainActor (number: Int) in
      model.lines.append("\(number)")
      MainActor.preconditionIsolated()
      log.add("main \(number) \(model.lines.count)")
    }
    socket.on("e") { (number: Int) in log.add("after \(number)") }
    bench.script.receive(#"2["e",1]"#, #"2["e",2]"#)
    await bench.loop.run { log.entries.count == 6 }
    #expect(log.take() == ["before 1", "main 1 1", "after 1", "before 2", "main 2 2", "after 2"])
    #expect(await model.lines == ["1", "2"])
  }

  @Test("So does one of another global actor, of every kind of event")
  func globalActor() async {
    let bench = ClientBench()
    let socket = bench.manager.socket("/")
    let log = bench.log
    let store = Store()
    let add: @Storage @Sendable (String) -> Void = { line in
      store.lines.append(line)
      log.add(line)
    }
    bench.manager.on(.open) { @Storage in add("open") }
    bench.manager.on(.close) { @Storage reason in add("close \(reason)") }
    socket.on(.connect) { @Storage in add("connect") }
    socket.once(.connect) { @Storage connection in add("connect \(connection.id)") }
    socket.on(.disconnect) { @Storage disconnection in add("disconnect \(disconnection.reason)") }
    socket.onAny { @Storage event in add("any \(event.name)") }
    socket.on("e") { @Storage event in add("event \(event.args)") }
    socket.once("e") { @Storage in add("once") }
    socket.on(TypedEvent("e", Int.self)) { @Storage number in add("typed \(number)") }
    bench.open(joining: "/")
    bench.script.receive(#"2["e",1]"#, #"2["e",2]"#)
    await bench.loop.run { log.entries.count == 10 }
    bench.script.report(.closed(nil))
    await bench.loop.run { log.entries.count == 12 }
    let expected = [
      "open", "connect", "connect s", "any e", "event [1]", "once", "typed 1", "any e", "event [2]", "typed 2",
      "disconnect transport close", "close transport close",
    ]
    #expect(log.take().sorted() == expected.sorted())
    #expect(await store.lines.prefix(10) == expected.prefix(10))
  }

  @Test("What such a handler throws is reported before the next handler runs, also to a handler on an actor")
  func errors() async {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on(.handlerError) { @MainActor failure in log.add("failed \(failure.event) \(failure.error)") }
    socket.on("e") { @MainActor _ in throw Oops() }
    socket.on("e") { _ in throw Oops() }
    socket.on("e") { _ in log.add("last") }
    bench.script.receive(#"2["e"]"#, #"2["e"]"#)
    await bench.loop.run { log.entries.count == 6 }
    let once = ["failed e Oops()", "failed e Oops()", "last"]
    #expect(log.take() == once + once)
  }

  @Test("Such a handler answers with what it returns")
  func answers() async {
    let (bench, socket) = ClientBench.connected()
    let model = Model()
    socket.respond(to: "count") { @MainActor (line: String) in
      model.lines.append(line)
      return model.lines.count
    }
    socket.respond(to: "clear") { @MainActor in model.lines = [] }
    bench.script.receive(#"21["count","a"]"#, #"22["count","b"]"#, #"23["clear"]"#)
    await bench.loop.run { bench.script.messages.count == 3 }
    #expect(bench.sent == ["31[1]", "32[2]", "33[]"])
    #expect(await model.lines == [])
  }

  @Test("While such a handler runs, nothing blocks: other work of the loop goes on, and what arrives waits")
  func waiting() async {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    let gate = DispatchSemaphore(value: 0)
    socket.on("e") { @Storage in
      gate.wait()
      log.add("slow")
    }
    socket.on("f") { log.add("f") }
    bench.script.receive(#"2["e"]"#, #"2["f"]"#)
    bench.loop.run()
    bench.loop.post { log.add("loop") }
    bench.script.receive(#"2["f"]"#)
    bench.loop.run()
    #expect(log.entries == ["loop"])
    #expect(!bench.manager.handlerQueue.leavesOutUnheard)
    gate.signal()
    await bench.loop.run { log.entries.count == 4 }
    #expect(log.take() == ["loop", "slow", "f", "f"])
  }

  @Test("A reconnection attempt waits for such handlers of reconnectAttempt, so that they may set options for it")
  func reconnectAttempt() async {
    let (bench, _) = ClientBench.connected()
    let (log, manager, gate) = (bench.log, bench.manager, DispatchSemaphore(value: 0))
    manager.on(.reconnectAttempt) { @Storage [weak manager] number in
      gate.wait()
      manager?.opts.query["number"] = .int(number)
      log.add("first")
    }
    manager.on(.reconnectAttempt) { @MainActor _ in log.add("second") }
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    #expect(bench.attempts == 1)
    gate.signal()
    await bench.loop.run { bench.attempts == 2 }
    #expect(log.entries == ["disconnect: transport close", "first", "second"])
    #expect(manager.opts.query["number"] == 1)
  }

  @Test("Everything else in the queue waits, too, such as closures of acknowledgements")
  func everythingWaits() async {
    let (loop, log) = (VirtualLoop(), Log())
    let queue = HandlerQueue(.eventLoop, loop: loop)
    queue.enqueue {
      queue.pause(for: { log.add("call") }, { _ in log.add("next") })
      queue.afterPause { log.add("after") }
    }
    queue.enqueue { log.add("behind") }
    await loop.run { log.entries.count == 4 }
    #expect(log.take() == ["call", "next", "after", "behind"])
  }

  // MARK: After disconnect()

  @MainActor
  @Test("Handlers that wait for the main actor do not run after disconnect(), nor do those behind them")
  func disconnectedMeanwhile() async {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("e") { @MainActor in log.add("main") }
    socket.on("e") { log.add("behind") }
    socket.onAny { @MainActor _ in log.add("any") }
    bench.script.receive(#"2["e"]"#)
    bench.loop.run()
    // The call waits for the main actor, on which this test runs.
    #expect(!bench.manager.handlerQueue.isIdle)
    socket.disconnect()
    await bench.loop.run { bench.manager.handlerQueue.isIdle }
    #expect(log.entries == ["disconnect: io client disconnect"])
  }

  @MainActor
  @Test("Nor do those of connect and connectError, unless the Socket connects again", arguments: [true, false])
  func disconnectedWhileConnecting(isRefused: Bool) async {
    let bench = ClientBench()
    let (socket, log) = (bench.manager.socket("/"), bench.log)
    socket.on(.connect) { @MainActor in log.add("connect") }
    socket.on(.connectError) { @MainActor in log.add("connect_error") }
    socket.on(.disconnect) { log.add("disconnect") }
    bench.loop.run()
    bench.script.open()
    bench.script.receive(isRefused ? #"4{"message":"no"}"# : #"0{"sid":"s"}"#)
    bench.loop.run()
    socket.disconnect()
    await bench.loop.run { bench.manager.handlerQueue.isIdle }
    #expect(log.take() == (isRefused ? [] : ["disconnect"]))
    socket.connect()
    bench.loop.run()
    bench.open(joining: "/")
    await bench.loop.run { bench.manager.handlerQueue.isIdle }
    #expect(log.entries == ["connect"])
  }

  @Test("If a handler disconnects, those behind it do not run")
  func disconnectedByHandler() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("e") { [weak socket] in
      log.add("first")
      socket?.disconnect()
    }
    socket.on("e") { log.add("second") }
    bench.script.receive(#"2["e"]"#)
    #expect(bench.take() == ["first", "disconnect: io client disconnect"])
  }

  @Test("A handler for one call whose call is dropped waits for the next event")
  func droppedOnce() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    let first = socket.on("e") { [weak socket] in _ = socket?.disconnect() }
    socket.once("e") { log.add("once") }
    bench.script.receive(#"2["e"]"#)
    #expect(bench.take() == ["disconnect: io client disconnect"])
    #expect(socket.listeners("e").count == 2)
    first.cancel()
    socket.connect()
    bench.loop.run()
    bench.open(joining: "/")
    for _ in 0..<2 { bench.script.receive(#"2["e"]"#) }
    #expect(bench.take().filter { $0 == "once" } == ["once"])
    #expect(!socket.hasListeners("e"))
  }

  @MainActor
  @Test("So does one that waits for the main actor")
  func droppedOnceOnActor() async {
    let bench = ClientBench()
    let (socket, log) = (bench.manager.socket("/"), bench.log)
    socket.once(.connect) { @MainActor in log.add("connected") }
    bench.loop.run()
    bench.open(joining: "/")
    bench.loop.run()
    socket.disconnect()
    await bench.loop.run { bench.manager.handlerQueue.isIdle }
    #expect(!log.entries.contains("connected"))
    socket.connect()
    bench.loop.run()
    bench.open(joining: "/")
    await bench.loop.run { bench.manager.handlerQueue.isIdle }
    #expect(log.entries.count { $0 == "connected" } == 1)
    #expect(socket.listeners(.connect).isEmpty)
  }

  @Test("A sequence of changes has a connect for each disconnect, even if a handler of connect disconnects")
  func disconnectedInConnect() async {
    let bench = ClientBench()
    let socket = bench.manager.socket("/")
    var changes = socket.changes().makeAsyncIterator()
    socket.on(.connect) { [weak socket] in _ = socket?.disconnect() }
    bench.loop.run()
    bench.open(joining: "/")
    bench.loop.run()
    guard case .connect? = await changes.next() else { return #expect(Bool(false), "connect is missing") }
    guard case .disconnect? = await changes.next() else { return #expect(Bool(false), "disconnect is missing") }
  }

  @Test("A Socket that nobody holds tells its end to all handlers, also behind one that finishes on an actor")
  func endBehindIsolatedHandler() async {
    let bench = ClientBench()
    let log = bench.log
    weak var socket: Socket?
    do {
      let active = bench.manager.socket()
      socket = active
      active.on(.disconnect) { @MainActor in log.add("first") }
      active.on(.disconnect) { log.add("second") }
      _ = active.handlers.add(
        .changes,
        registeredHandler({ (change: SocketChange) in if case .disconnect = change { log.add("change") } }))
    }
    bench.open(joining: "/")
    bench.script.receive("1")
    await bench.loop.run { log.entries.count == 3 }
    #expect(log.entries == ["first", "second", "change"])
    await bench.loop.run { socket == nil }
  }

  @Test("An event of a Socket that nobody holds reaches its handlers behind one that finishes on an actor")
  func eventBehindIsolatedHandler() async {
    let bench = ClientBench()
    let log = bench.log
    do {
      let active = bench.manager.socket()
      active.onAny { @MainActor event in log.add("any \(event.name)") }
      active.on("e") { log.add("event") }
      log.follow(active)
    }
    bench.open(joining: "/")
    _ = log.take()
    bench.script.receive(#"2["e"]"#, "1")
    await bench.loop.run { log.entries.count == 3 }
    #expect(log.entries == ["any e", "event", "disconnect: io server disconnect"])
  }

  @Test(
    "Wherever handlers run, they stay in order",
    arguments: [HandlerDelivery.serial, .queue(DispatchQueue(label: "test", attributes: .concurrent)), .eventLoop])
  func deliveries(_ delivery: HandlerDelivery) async {
    let (bench, socket) = ClientBench.connected { $0.delivery = delivery }
    let log = Log()
    let ended = AsyncStream.makeStream(of: Void.self)
    socket.on("e") { @Storage (number: Int) in log.add("\(number)") }
    socket.on("e") { (number: Int) in log.add("\(number)") }
    socket.on("end") { ended.continuation.finish() }
    for number in 0..<20 { bench.script.receive("2[\"e\",\(number)]") }
    bench.script.receive(#"2["end"]"#)
    if case .loop = delivery.place {
      await bench.loop.run { log.entries.count == 40 }
    } else {
      bench.loop.run()
    }
    for await _ in ended.stream {}
    #expect(log.take() == (0..<40).map { "\($0 / 2)" })
  }
}
