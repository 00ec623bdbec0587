import Dispatch
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Registering, removing and listing handlers")
struct ListenerTests {
  // MARK: Every event from the server

  @Test("Catch-all handlers run before an event's own, prepended ones first, the last prepended before all")
  func anyOrder() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("a") { log.add("on \($0.args)") }
    let first = socket.onAny { log.add("any 1 \($0.name) \($0.args)") }
    let second = socket.onAny { _ in log.add("any 2") }
    let prepended = socket.prependAny { _ in log.add("prepended") }
    let last = socket.prependAny { _ in log.add("prepended last") }
    #expect(socket.listenersAny == [last, prepended, first, second])
    bench.script.receive(#"2["a",1]"#)
    #expect(bench.take() == ["prepended last", "prepended", "any 1 a [1]", "any 2", "on [1]"])
    socket.off(first)
    last.cancel()
    #expect(socket.listenersAny == [prepended, second])
    bench.script.receive(#"2["a"]"#)
    #expect(bench.take() == ["prepended", "any 2", "on []"])
    socket.off()
    bench.script.receive(#"2["a"]"#)
    #expect(bench.take() == ["prepended", "any 2"])
    socket.offAny()
    #expect(socket.listenersAny == [])
    bench.script.receive(#"2["a"]"#)
    #expect(bench.take() == [])
  }

  @Test("Catch-all handlers can answer the server, and do not get the Socket's own events")
  func anyAnswers() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.onAny { event in
      log.add("any \(event.name)")
      try event.ack?("early")
    }
    socket.on("q") { event in log.add("first answer: \(try event.ack?("late") == true)") }
    bench.script.receive(#"23["q"]"#, "1")
    #expect(bench.take() == ["any q", "first answer: false", "disconnect: io server disconnect"])
    #expect(bench.sent == [#"33["early"]"#])
  }

  // MARK: Every event to the server

  @Test("Handlers of outgoing events run when an event is sent, with its original arguments, and for nothing else")
  func outgoing() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    let first = socket.onAnyOutgoing { log.add("1 \($0.name) \($0.args) \($0.ack == nil)") }
    let prepended = socket.prependAnyOutgoing { _ in log.add("prepended") }
    #expect(socket.listenersAnyOutgoing == [prepended, first])
    socket.on("q") { try $0.ack?("answer") }
    try socket.emit("a", 1, [.binary(.init([1, 2]))]) { _ in }
    bench.loop.run()
    #expect(log.take() == ["prepended", "1 a [1, [<2 bytes>]] true"])
    bench.script.receive(#"20["q"]"#)
    #expect(bench.take() == [])
    socket.off(prepended)
    try socket.emit("b")
    #expect(bench.take() == ["1 b [] true"])
    socket.offAnyOutgoing()
    #expect(socket.listenersAnyOutgoing == [])
    try socket.emit("c")
    socket.disconnect()
    #expect(bench.take() == ["disconnect: io client disconnect"])
  }

  @Test("They run for a buffered event when it is sent, before connect, and not for a dropped one")
  func outgoingBuffered() throws {
    let bench = ClientBench()
    let socket = bench.socket(logging: "early")
    let log = bench.log
    socket.onAnyOutgoing { log.add("out \($0.name)") }
    try socket.emit("waits")
    try socket.volatile.emit("dropped")
    try socket.timeout(.milliseconds(50)).emit("given up") { log.add("given up: \($0.outcome)") }
    bench.loop.advance(by: 50)
    #expect(bench.take() == ["given up: timeout"])
    bench.open()
    bench.script.receive(#"2["early"]"#)
    bench.join()
    #expect(bench.take() == ["early[]", "out waits", "connect"])
  }

  @Test("They run for each try of a retried event")
  func outgoingRetries() throws {
    let bench = ClientBench()
    let socket = bench.manager.socket("/", ackTimeout: .milliseconds(50), retries: 1)
    let log = bench.log
    socket.onAnyOutgoing { log.add("out \($0.name) \($0.args)") }
    try socket.emit("a", 1)
    bench.open(joining: "/")
    bench.loop.advance(by: 100)
    #expect(bench.take() == ["out a [1]", "out a [1]"])
  }

  @Test("Events emitted before disconnect() are sent, and the handlers run")
  func outgoingBeforeDisconnect() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.onAnyOutgoing { log.add("out \($0.name)") }
    try socket.emit("last")
    socket.disconnect()
    #expect(bench.take() == ["out last", "disconnect: io client disconnect"])
  }

  // MARK: Lists

  @Test("Lists have the handlers of an event in order, including sequences, and forget names without any")
  func lists() {
    let (bench, socket) = ClientBench.connected()
    #expect(!socket.hasListeners("a"))
    let first = socket.on("a") { _ in }
    let once = socket.once("a") { _ in }
    let typed = socket.on("a") { (_: Int) in }
    #expect(socket.listeners("a") == [first, once, typed])
    #expect(socket.hasListeners("a") && !socket.hasListeners("b"))
    let events = socket.events("a")
    #expect(socket.listeners("a").count == 4)
    bench.script.receive(#"2["a",1]"#)
    #expect(socket.listeners("a").count == 3)
    withExtendedLifetime(events) { socket.off("a") }
    #expect(!socket.hasListeners("a"))

    socket.off(.connect)
    #expect(socket.listeners(.connect) == [])
    let connect = socket.on(.connect) {}
    #expect(socket.listeners(.connect) == [connect] && socket.listeners("connect") == [connect])

    let open = bench.manager.on(.open) {}
    #expect(bench.manager.listeners(.open) == [open])
    bench.manager.off(open)
    #expect(bench.manager.listeners(.open) == [])
  }

  // MARK: From inside handlers

  @Test("A handler removes itself, another one, or all: those of the current event are still called")
  func offInHandler() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    let own = Locked<SocketSubscription?>(nil)
    let subscription = socket.on("a") { _ in
      log.add("once by itself")
      own.withLock { $0 }?.cancel()
    }
    own.withLock { $0 = subscription }
    let third = socket.on("a") { _ in log.add("third") }
    socket.on("b") { _ in
      log.add("b")
      socket.off(third)
    }
    socket.on("c") { _ in
      log.add("c 1")
      socket.off()
    }
    socket.on("c") { _ in log.add("c 2") }
    bench.script.receive(#"2["a"]"#, #"2["a"]"#)
    #expect(bench.take() == ["once by itself", "third", "third"])
    bench.script.receive(#"2["b"]"#, #"2["a"]"#)
    #expect(bench.take() == ["b"])
    bench.script.receive(#"2["c"]"#, #"2["c"]"#, #"2["b"]"#)
    #expect(bench.take() == ["c 1", "c 2"])
  }

  @Test("Events emitted and handlers registered by a handler take effect after it")
  func reentrance() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("a") { _ in
      socket.once("a") { _ in log.add("registered later") }
      log.add("first")
    }
    bench.script.receive(#"2["a"]"#)
    #expect(bench.take() == ["first"])
    bench.script.receive(#"2["a"]"#)
    #expect(bench.take() == ["first", "registered later"])
  }

  @Test("Objects captured by a handler may call its Socket when they are freed", arguments: [0, 1, 2])
  func capturedObject(how: Int) {
    final class Guest: Sendable {
      let socket: Socket
      init(_ socket: Socket) { self.socket = socket }
      deinit { socket.off("b") }
    }
    let (_, socket) = ClientBench.connected()
    let other = ClientBench().manager.socket()
    socket.on("b") { _ in }
    let guest = Guest(socket)
    let subscription = other.on("a") { _ in withExtendedLifetime(guest) {} }
    switch how {
    case 0: subscription.cancel()
    case 1: other.off("a")
    default: other.off()
    }
    #expect(!other.hasListeners("a"))
  }

  @Test("A handler can register one of every event, which gets the events behind, until it is removed")
  func catchAllFromHandler() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.once("e") { [weak socket] in _ = socket?.onAny { event in log.add("any \(event.args)") } }
    bench.script.receive(#"2["e",1]"#, #"2["e",2]"#)
    #expect(bench.take() == ["any [2]"])
    socket.listenersAny.first?.cancel()
    bench.script.receive(#"2["e",3]"#)
    #expect(bench.take() == [])
    socket.onAny { event in log.add("other \(event.args)") }
    bench.script.receive(#"2["e",4]"#)
    socket.offAny()
    bench.script.receive(#"2["e",5]"#)
    #expect(bench.take() == ["other [4]"])
  }

  @Test("A once handler is called once, even if several threads report the event at the same time")
  func onceConcurrently() {
    for _ in 0..<100 {
      let (registry, log) = (HandlerRegistry(), Log())
      _ = registry.add(.event("a"), once: true, registeredHandler({ (_: Int) in log.add("called") }))
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        _ = registry.dispatch(.event("a"), .other(0))
      }
      #expect(log.entries == ["called"])
      #expect(registry.isEmpty(.event("a")))
    }
  }

  @Test("Handlers are registered and removed on some threads while others report events")
  func concurrentRegistration() {
    let (registry, log) = (HandlerRegistry(), Log())
    _ = registry.add(.event("a"), registeredHandler({ (_: Int) in log.add("stays") }))
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for _ in 0..<200 {
        if thread < 2 {
          registry.add(.event("a"), registeredHandler({ (_: Int) in })).cancel()
        } else {
          _ = registry.dispatch(.event("a"), .other(0))
        }
      }
    }
    #expect(log.entries.count == 400)
    #expect(registry.subscriptions(.event("a")).count == 1)
  }

  // MARK: Handlers before the connection

  @Test("Handlers passed to socket() are registered before the Socket connects, once")
  func handlersFirst() throws {
    let bench = ClientBench()
    bench.connector.setOpenFailure(.websocket, Fixture.refused)
    let log = bench.log
    let socket = try bench.manager.socket("/a") { socket in
      log.add("active \(socket.active)")
      socket.on(.connectError) { log.add("connect_error: \($0)") }
      try socket.emit("first")
    }
    #expect(socket.active)
    #expect(bench.take() == ["active false", "connect_error: refused"])
    #expect(bench.manager.socket("/a") { _ in log.add("again") } === socket)
    #expect(bench.take() == [])
  }

  @Test("A Socket whose handlers cannot be registered is not connected")
  func handlersThrow() {
    struct Oops: Error {}
    let bench = ClientBench()
    #expect(throws: Oops.self) { try bench.manager.socket("/a") { _ in throw Oops() } }
    bench.loop.run()
    #expect(bench.attempts == 0)
  }

  @Test("io() registers handlers before an attempt can fail", .timeLimit(.minutes(1)))
  func handlersFirstWithIO() async throws {
    let count = 20
    let (errors, feed) = AsyncStream.makeStream(of: SocketIOError.Code.self)
    let sockets = try (0..<count).map { _ in
      try io("http://127.0.0.1") {
        // Fails without any network.
        $0.transports = []
        $0.reconnection = false
        $0.forceNew = true
      } handlers: { socket in
        socket.on(.connectError) { error in feed.yield(error.code) }
      }
    }
    var codes: [SocketIOError.Code] = []
    for await code in errors.prefix(count) { codes.append(code) }
    #expect(codes == Array(repeating: .noTransport, count: count))
    for socket in sockets { socket.disconnect() }
  }
}
