import Testing

@testable import SocketIO

@Suite("Several namespaces on one connection")
struct MultiplexingTests {
  @Test("CONNECTs go out in the order in which the Sockets connected, on one connection")
  func order() {
    let bench = ClientBench()
    _ = bench.socket("/b")
    _ = bench.socket("/")
    _ = bench.socket("/a")
    bench.open()
    #expect(bench.sent == ["0/b,", "0", "0/a,"])
    #expect(bench.attempts == 1)
  }

  @Test("A Socket made while the connection stands joins at once")
  func joiningLater() {
    let (bench, socket) = ClientBench.connected()
    let admin = bench.socket("/admin")
    #expect(bench.sent == ["0/admin,"])
    bench.join("/admin", sid: "a")
    #expect(bench.take() == ["/admin connect"])
    #expect(admin.id == "a" && socket.id == "s")
  }

  @Test("Events reach the Socket of their namespace only")
  func routing() {
    let bench = ClientBench()
    _ = bench.socket("/a", logging: "x")
    _ = bench.socket("/b", logging: "x")
    bench.open(joining: "/a", "/b")
    _ = bench.take()
    bench.script.receive(#"2/b,["x",1]"#, #"2/a,["x",2]"#, #"2["x",3]"#)
    #expect(bench.take() == ["/b x[1]", "/a x[2]"])
  }

  @Test("Acknowledgement ids are each Socket's own")
  func acknowledgements() throws {
    let bench = ClientBench()
    let (a, b, log) = (bench.socket("/a"), bench.socket("/b"), bench.log)
    bench.open(joining: "/a", "/b")
    bench.forget()
    try a.emit("x") { log.add("a \($0.outcome)") }
    try b.emit("x") { log.add("b \($0.outcome)") }
    #expect(bench.sent == [#"2/a,0["x"]"#, #"2/b,0["x"]"#])
    bench.script.receive("3/b,0[1]", "3/a,0[2]")
    #expect(bench.take() == ["b [1]", "a [2]"])
  }

  @Test("Credentials are each Socket's own")
  func credentials() {
    let bench = ClientBench()
    _ = bench.socket("/a", auth: ["token": "a"])
    _ = bench.socket("/b", auth: ["token": "b"])
    bench.open()
    #expect(bench.sent == [#"0/a,{"token":"a"}"#, #"0/b,{"token":"b"}"#])
  }

  @Test("Leaving one namespace keeps the connection; leaving the last one closes it")
  func leaving() {
    let bench = ClientBench()
    bench.followManager()
    let (a, b) = (bench.socket("/a"), bench.socket("/b"))
    bench.open(joining: "/a", "/b")
    bench.forget()
    a.disconnect()
    #expect(bench.take() == ["/a disconnect: io client disconnect"])
    #expect(bench.sent == ["1/a,"])
    #expect(bench.manager.isOpen && b.connected)
    bench.script.receive(#"2/a,["x"]"#)
    b.disconnect()
    #expect(bench.take() == ["close: forced close", "/b disconnect: io client disconnect"])
    #expect(bench.sent == ["1/a,", "1/b,"])
    #expect(!bench.manager.isOpen)
  }

  @Test("The server's goodbye to one namespace leaves the others alone")
  func serverDisconnect() {
    let bench = ClientBench()
    let (a, b) = (bench.socket("/a"), bench.socket("/b"))
    bench.open(joining: "/a", "/b")
    _ = bench.take()
    bench.script.receive("1/a,")
    #expect(bench.take() == ["/a disconnect: io server disconnect"])
    #expect(!a.active && b.connected)
    a.connect()
    #expect(bench.sent == ["0/a,", "0/b,", "0/a,"])
  }

  @Test("A loss concerns all of them, in the order in which they connected; those that left stay away")
  func loss() {
    let bench = ClientBench()
    let (a, b, c) = (bench.socket("/a"), bench.socket("/b"), bench.socket("/c"))
    bench.open(joining: "/a", "/b", "/c")
    b.disconnect()
    _ = bench.take()
    bench.script.report(.closed(nil))
    #expect(bench.take() == ["/a disconnect: transport close", "/c disconnect: transport close"])
    bench.loop.advance(by: 1_000)
    bench.open()
    #expect(bench.sent == ["0/a,", "0/c,"])
    #expect(a.active && !b.active && c.active)
  }

  @Test(
    "Leaving and joining again in one go is DISCONNECT and CONNECT, and the server's own goodbye in between changes nothing"
  )
  func leavingAndJoining() {
    let bench = ClientBench()
    let (a, b) = (bench.socket("/a"), bench.socket("/b"))
    bench.open(joining: "/a", "/b")
    bench.forget()
    a.disconnect().connect()
    #expect(bench.take() == ["/a disconnect: io client disconnect"])
    #expect(bench.sent == ["1/a,", "0/a,"])
    bench.script.receive("1/a,")
    bench.join("/a", sid: "t")
    #expect(bench.take() == ["/a connect"])
    #expect(a.id == "t" && b.connected)
    // This one is about the session that stands.
    bench.script.receive("1/a,")
    #expect(bench.take() == ["/a disconnect: io server disconnect"])
  }

  @Test("Events of the session that was left are dropped, and not acknowledged in the next")
  func eventsOfLeftSession() {
    let bench = ClientBench()
    let (a, _) = (bench.socket("/a", logging: "x"), bench.socket("/b"))
    a.on("x") { event in event.ack?.send(["answer"]) }
    bench.open(joining: "/a", "/b")
    _ = bench.take()
    bench.forget()
    a.disconnect().connect()
    bench.loop.run()
    bench.script.receive(#"2/a,7["x"]"#, #"2/a,["x"]"#)
    bench.join("/a", sid: "t")
    #expect(bench.take() == ["/a disconnect: io client disconnect", "/a connect"])
    #expect(bench.sent == ["1/a,", "0/a,"])
    bench.script.receive(#"2/a,7["x"]"#)
    #expect(bench.take() == ["/a x[]"])
    #expect(bench.sent == ["1/a,", "0/a,", #"3/a,7["answer"]"#])
  }

  @Test("So are those of a session that a Socket before this one left, whose goodbye may still come")
  func eventsOfPredecessor() {
    let bench = ClientBench()
    _ = bench.socket("/b")
    do { _ = bench.socket("/a") }
    bench.open(joining: "/b", "/a")
    do { bench.manager.socket("/a").disconnect() }
    bench.loop.run()
    bench.forget()
    let successor = bench.socket("/a", logging: "x")
    #expect(bench.sent == ["0/a,"])
    bench.script.receive(#"2/a,7["x"]"#, "1/a,")
    #expect(successor.active)
    bench.join("/a", sid: "t")
    #expect(bench.take() == ["/a connect"])
    bench.script.receive(#"2/a,["x"]"#)
    #expect(bench.take() == ["/a x[]"])
  }

  @Test("So are those that come before a Socket has asked, or while its credentials are evaluated")
  func eventsBeforeAsking() {
    let (bench, _) = benchWithGoneSocket()
    let successor = bench.socket("/a", logging: "x")
    bench.loop.run()
    bench.script.receive(#"2/a,["x",1]"#)
    bench.join("/a")
    bench.script.receive(#"2/a,["x",2]"#)
    #expect(bench.sent == ["0/a,", "1/a,", "0/a,"])
    bench.join("/a", sid: "t")
    #expect(bench.take() == ["/a connect"])
    #expect(successor.id == "t")
  }

  @Test("After the server's goodbye nothing of the session before can come: what does belongs to the next")
  func eventsAfterGoodbye() {
    let bench = ClientBench()
    let (a, _) = (bench.socket("/a", logging: "x"), bench.socket("/b"))
    bench.open(joining: "/a", "/b")
    a.disconnect().connect()
    bench.loop.run()
    bench.join("/a", sid: "t")
    bench.script.receive("1/a,")
    _ = bench.take()
    a.connect()
    bench.loop.run()
    bench.script.receive(#"2/a,["x"]"#)
    bench.join("/a", sid: "u")
    #expect(bench.take() == ["/a x[]", "/a connect"])
  }

  /// A connection with another namespace, where the Socket of "/a" was let go before its CONNECT was answered.
  private func benchWithGoneSocket() -> (ClientBench, other: Socket) {
    let bench = ClientBench()
    let other = bench.socket("/b")
    bench.open(joining: "/b")
    bench.forget()
    weak var gone: Socket?
    do {
      let socket = bench.manager.socket("/a")
      gone = socket
      bench.loop.run()
      socket.disconnect()
    }
    bench.loop.run()
    #expect(gone == nil)
    #expect(bench.sent == ["0/a,"])
    return (bench, other)
  }

  @Test("A Socket that is gone before the answer to its CONNECT leaves the namespace when that comes")
  func goneBeforeJoining() {
    let (bench, other) = benchWithGoneSocket()
    bench.script.receive(#"2/a,["early"]"#)
    bench.join("/a")
    #expect(bench.sent == ["0/a,", "1/a,"])
    #expect(other.connected)
  }

  @Test("Its successor joins when the answer has come, be it good or bad", arguments: [true, false])
  func successor(isJoined: Bool) {
    let (bench, other) = benchWithGoneSocket()
    let successor = bench.socket("/a")
    #expect(bench.sent == ["0/a,"])
    if isJoined { bench.join("/a") } else { bench.script.receive(#"4/a,{"message":"no"}"#) }
    #expect(bench.sent == ["0/a,"] + (isJoined ? ["1/a,"] : []) + ["0/a,"])
    #expect(successor.active && !successor.connected)
    bench.join("/a", sid: "t")
    #expect(successor.id == "t" && other.connected)
  }

  @Test("A new connection owes nothing to a Socket that is gone")
  func goneBeforeLoss() {
    let (bench, other) = benchWithGoneSocket()
    let successor = bench.socket("/a")
    bench.reopen(joining: "/b", "/a")
    #expect(bench.sent == ["0/b,", "0/a,"])
    #expect(successor.connected && other.connected)
  }

  @Test("The Manager shows the end of its connection with the call that brings it, and no other")
  func shownEnd() {
    let bench = ClientBench()
    let (a, b) = (bench.socket("/a"), bench.socket("/b"))
    bench.open(joining: "/a", "/b")
    a.disconnect()
    #expect(bench.manager.isOpen && bench.manager.transport == .websocket)
    b.disconnect()
    #expect(!bench.manager.isOpen && bench.manager.transport == nil)
    bench.loop.run()
    #expect(!bench.manager.isOpen && bench.manager.transport == nil)
    a.connect()
    bench.open(joining: "/a")
    b.disconnect()
    #expect(bench.manager.isOpen && bench.manager.transport == .websocket)
    bench.loop.run()
    #expect(bench.manager.isOpen)
  }

  @Test("A Socket takes from the Manager's options what it was not given itself")
  func inheritedOptions() {
    let bench = ClientBench {
      $0.auth = ["token": "manager's"]
      $0.ackTimeout = .milliseconds(50)
      $0.retries = 2
    }
    let plain = bench.manager.socket("/a")
    let own = bench.manager.socket("/b", auth: ["token": "own"], ackTimeout: .seconds(1), retries: 0)
    bench.open()
    #expect(bench.sent == [#"0/a,{"token":"manager's"}"#, #"0/b,{"token":"own"}"#])
    #expect(plain.ackTimeout == .milliseconds(50) && plain.retries == 2)
    #expect(own.ackTimeout == .seconds(1) && own.retries == 0)
  }

  @Test("A namespace has one Socket, with and without its slash")
  func sameSocket() {
    let bench = ClientBench()
    let socket = bench.manager.socket("/a")
    #expect(bench.manager.socket("/a") === socket)
    #expect(bench.manager.socket("a") === socket)
    #expect(bench.manager.socket() !== socket)
    bench.open(joining: "/a")
    _ = bench.manager.socket("/a")
    #expect(bench.sent == ["0/a,", "0"])
  }

  @Test("Asking for a Socket that left connects it again, unless autoConnect is off", arguments: [true, false])
  func reopening(autoConnect: Bool) {
    let bench = ClientBench { $0.autoConnect = autoConnect }
    let socket = bench.manager.socket("/a").connect()
    bench.loop.run()
    socket.disconnect()
    bench.loop.run()
    #expect(bench.manager.socket("/a") === socket)
    #expect(socket.active == autoConnect)
    bench.loop.run()
    #expect(bench.attempts == (autoConnect ? 2 : 1))
  }
}

@Suite("Which Manager io() takes")
struct ManagerCacheTests {
  private let loop = VirtualLoop()
  private let cache: ManagerCache

  init() {
    let loop = loop
    cache = ManagerCache { server, options in
      Manager(loop: loop, connector: ScriptedConnector(loop: loop, options: options), options: options)
    }
  }

  private func socket(_ url: String, _ configure: (inout SocketIOOptions) -> Void = { _ in }) throws -> Socket {
    let options = ClientBench.options { options in
      options.autoConnect = false
      configure(&options)
    }
    return try cache.socket(ServerURL(url, location: nil), options)
  }

  @Test("Namespaces of one server share a Manager")
  func sharing() throws {
    let main = try socket("http://h")
    let product = try socket("http://h/product")
    let order = try socket("http://h/order?x=1")
    #expect(main.io === product.io && main.io === order.io)
    #expect([main.namespace, product.namespace, order.namespace] == ["/", "/product", "/order"])
  }

  @Test("A second Socket for a namespace gets a Manager of its own, and so does every further one")
  func sameNamespace() throws {
    let sockets = try ["", "", "/admin", "/admin"].map { try socket("http://h\($0)") }
    #expect(sockets[1].io !== sockets[0].io)
    #expect(sockets[2].io === sockets[0].io)
    #expect(sockets[3].io !== sockets[0].io && sockets[3].io !== sockets[1].io)
  }

  @Test("A namespace stays taken when its Socket disconnects")
  func takenForEver() throws {
    let first = try socket("http://h")
    first.connect().disconnect()
    #expect(try socket("http://h").io !== first.io)
  }

  @Test("forceNew, and multiplex off, make a Manager that nobody else gets", arguments: [true, false])
  func forceNew(isForced: Bool) throws {
    let own = try socket("http://h") { if isForced { $0.forceNew = true } else { $0.multiplex = false } }
    let shared = try socket("http://h/a")
    #expect(own.io !== shared.io)
    #expect(try socket("http://h").io === shared.io)
  }

  @Test(
    "Addresses of one server are one",
    arguments: [
      ("http://h", "http://h:80"), ("http://h", "ws://h"), ("https://h", "wss://h:443"),
      ("http://[::1]:80", "http://[::1]"),
    ])
  func sameServer(one: String, other: String) throws {
    let first = try socket(one + "/a")
    #expect(try socket(other + "/b").io === first.io)
  }

  @Test("Other hosts, ports, schemes and paths are others", arguments: ["http://g", "http://h:81", "https://h"])
  func otherServer(other: String) throws {
    let first = try socket("http://h/a")
    #expect(try socket(other + "/b").io !== first.io)
  }

  @Test("The path of requests counts, but not how it is written")
  func path() throws {
    let first = try socket("http://h/a") { $0.path = "/x" }
    #expect(try socket("http://h/b") { $0.path = "/x/" }.io === first.io)
    #expect(try socket("http://h/c") { $0.path = "/y" }.io !== first.io)
    #expect(try socket("http://h/d").io !== first.io)
  }

  @Test("What io() was given for its Socket is not passed on to the Manager's others")
  func socketOptions() throws {
    let first = try socket("http://h") {
      $0.auth = ["token": "secret"]
      $0.ackTimeout = .seconds(1)
      $0.retries = 2
    }
    #expect(first.auth != nil && first.ackTimeout == .seconds(1) && first.retries == 2)
    let second = first.io.socket("/b")
    #expect(second.auth == nil && second.ackTimeout == nil && second.retries == 0)
    #expect(first.io.opts.auth == nil)
  }

  @Test("A Manager that nobody uses is forgotten")
  func forgotten() throws {
    weak var manager: Manager?
    do {
      let first = try socket("http://h")
      manager = first.io
      #expect(try socket("http://h/a").io === manager)
    }
    loop.run()
    #expect(manager == nil)
    let again = try socket("http://h")
    #expect(again.namespace == "/")
  }

  @Test("Making a Manager may come back to io(), as closures of options do, and loses nothing")
  func reentrance() throws {
    let (loop, log) = (loop, Log())
    let holder = Locked<ManagerCache?>(nil)
    let kept = Locked<Socket?>(nil)
    let options = ClientBench.options { $0.autoConnect = false }
    let cache = ManagerCache { (server, _) throws(SocketIOError) in
      let inner = ClientBench.options { $0.autoConnect = false }
      if log.entries.isEmpty {
        log.add("made")
        let cache = holder.withLock { $0 }
        // Another thread would be let in just as well.
        let socket = try cache?.socket(ServerURL("http://h/inner", location: nil), inner)
        log.add("inner \(socket?.namespace ?? "none")")
        holder.withLock { $0 = nil }
        kept.withLock { $0 = socket }
      }
      return Manager(loop: loop, connector: ScriptedConnector(loop: loop, options: inner), options: inner)
    }
    holder.withLock { $0 = cache }
    let outer = try cache.socket(ServerURL("http://h/outer", location: nil), options)
    #expect(log.entries == ["made", "inner /inner"])
    // The Manager that was made first stands for both.
    #expect(kept.withLock { $0 }?.io === outer.io)
  }

  @Test("Bad options are refused before anything is made")
  func badOptions() {
    let error = #expect(throws: SocketIOError.self) { try socket("http://h") { $0.randomizationFactor = 2 } }
    #expect(error?.code == .invalidOption)
  }

  @Test(
    "A goodbye in place of the answer to CONNECT is a refusal, and the namespace is not asked for again before the answer"
  )
  func goodbyeForAnswer() {
    let bench = ClientBench()
    let (a, b) = (bench.socket("/a"), bench.socket("/b"))
    bench.open(joining: "/b")
    bench.forget()
    bench.script.receive("1/a,")
    #expect(bench.take().map { $0.prefix(16) } == ["/a connect_error"])
    #expect(!a.active && b.connected)
    a.connect()
    #expect(bench.sent == [])
    bench.join("/a")
    #expect(bench.sent == ["1/a,", "0/a,"])
    // The goodbye that crossed ours.
    bench.script.receive("1/a,")
    bench.join("/a")
    #expect(a.connected)
  }
}
