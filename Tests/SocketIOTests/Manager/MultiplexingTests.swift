import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Several namespaces on one connection")
struct MultiplexingTests {
  @Test("CONNECTs are sent in the order in which the Sockets connected, on one connection")
  func order() {
    let bench = ClientBench()
    _ = bench.socket("/b")
    _ = bench.socket("/")
    _ = bench.socket("/a")
    bench.open()
    #expect(bench.sent == ["0/b,", "0", "0/a,"])
    #expect(bench.attempts == 1)
  }

  @Test("A Socket made while the connection is open joins at once")
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

  @Test("Each Socket has its own acknowledgement ids")
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

  @Test("Each Socket has its own credentials")
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

  @Test("A DISCONNECT from the server for one namespace does not affect the others")
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

  @Test("A loss is reported to all Sockets, in the order in which they connected; those that left do not rejoin")
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
    "Leaving and rejoining at once sends DISCONNECT and CONNECT, and a DISCONNECT from the server in between changes nothing"
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
    // This packet belongs to the current session.
    bench.script.receive("1/a,")
    #expect(bench.take() == ["/a disconnect: io server disconnect"])
  }

  @Test("Late events of a session that was left are dropped, and not acknowledged in the next one")
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

  @Test("Late events of a session that an earlier Socket left are dropped, too")
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

  @Test("Events that arrive before CONNECT was sent, or while credentials are evaluated, are dropped, too")
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

  @Test("After the server's DISCONNECT, events belong to the next session")
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

  /// A connection with another namespace, whose Socket of "/a" was freed before its CONNECT was answered.
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

  @Test("A Socket freed before the answer to its CONNECT leaves the namespace when the answer arrives")
  func goneBeforeJoining() {
    let (bench, other) = benchWithGoneSocket()
    bench.script.receive(#"2/a,["early"]"#)
    bench.join("/a")
    #expect(bench.sent == ["0/a,", "1/a,"])
    #expect(other.connected)
  }

  @Test("Its successor joins after the answer, whether accepted or refused", arguments: [true, false])
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

  @Test("A new connection sends nothing for a freed Socket")
  func goneBeforeLoss() {
    let (bench, other) = benchWithGoneSocket()
    let successor = bench.socket("/a")
    bench.reopen(joining: "/b", "/a")
    #expect(bench.sent == ["0/b,", "0/a,"])
    #expect(successor.connected && other.connected)
  }

  @Test("The Manager shows the end of its connection with the call that causes it, and no other")
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

  @Test("A Socket takes options that were not set for it from the Manager's")
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

  @Test("A namespace has one Socket, with and without the leading slash")
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

  @Test("socket() reconnects a Socket that left, unless autoConnect is off", arguments: [true, false])
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

  @Test(
    "A DISCONNECT instead of the answer to CONNECT is a refusal, and no new CONNECT is sent before the answer"
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
    // The server's DISCONNECT, which crossed ours.
    bench.script.receive("1/a,")
    bench.join("/a")
    #expect(a.connected)
  }
}
