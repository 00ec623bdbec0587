import Testing

@testable import SocketIO

@Suite("Joining and leaving a namespace")
struct ConnectionTests {
  // MARK: Joining

  @Test(
    "CONNECT carries the namespace and the credentials",
    arguments: [
      ("/", nil, "0"), ("/admin", nil, "0/admin,"), ("/", ["token": "123"], #"0{"token":"123"}"#),
      ("/admin", ["token": "123"], #"0/admin,{"token":"123"}"#),
    ] as [(String, Auth?, String)])
  func connectPacket(namespace: String, auth: Auth?, wire: String) {
    let bench = ClientBench()
    _ = bench.socket(namespace, auth: auth)
    bench.open()
    #expect(bench.sent == [wire])
  }

  @Test("A Socket shows its state through its life")
  func state() {
    let bench = ClientBench { $0.autoConnect = false }
    let socket = bench.socket()
    bench.loop.run()
    #expect(!socket.active && !socket.connected && socket.id == nil)
    socket.connect()
    #expect(socket.active && !socket.connected)
    bench.open()
    #expect(socket.active && !socket.connected)
    bench.join(sid: "socket-1")
    #expect(socket.active && socket.connected && !socket.disconnected && socket.id == "socket-1")
    bench.script.report(.closed(nil))
    #expect(socket.active && socket.disconnected && socket.id == nil)
    socket.disconnect()
    #expect(!socket.active && !socket.connected)
    bench.loop.run()
    #expect(!socket.active && !socket.connected)
  }

  @Test("A handler of connect gets id and transport")
  func connection() {
    let bench = ClientBench()
    let log = bench.log
    let socket = bench.manager.socket()
    socket.on(.connect) { log.add("\($0.id) \($0.recovered) \($0.transport?.rawValue ?? "none")") }
    bench.open(joining: "/")
    #expect(bench.take() == ["s false websocket"])
  }

  @Test("Connecting again while connecting or connected sends no second CONNECT")
  func connectingTwice() {
    let bench = ClientBench()
    let socket = bench.socket()
    socket.connect().connect()
    bench.open()
    socket.connect()
    #expect(bench.sent == ["0"])
    bench.join()
    socket.connect()
    #expect(bench.sent == ["0"])
    #expect(bench.attempts == 1)
  }

  @Test("A second answer to CONNECT is ignored")
  func secondAnswer() {
    let (bench, socket) = ClientBench.connected()
    bench.join(sid: "other")
    #expect(bench.take() == [])
    #expect(socket.id == "s")
  }

  @Test("An answer without an id is that of an old server: connect_error, still active, still not connected")
  func oldServer() {
    for answer in ["0", "0{}"] {
      let bench = ClientBench()
      let log = bench.log
      let socket = bench.manager.socket()
      socket.on(.connectError) { log.add($0.code.rawValue) }
      bench.open()
      bench.script.receive(answer)
      #expect(bench.take() == ["incompatible_server"])
      #expect(socket.active && !socket.connected)
      #expect(bench.manager.isOpen)
    }
  }

  @Test(
    "A refusal is a connect_error with the server's message and data, and leaves the Socket inactive",
    arguments: [
      (#"4{"message":"m","data":{"a":1}}"#, "m", "{\"a\":1}"),
      (#"4{"message":"Invalid namespace"}"#, "Invalid namespace", "none"),
      (#"4"text""#, "text", "none"), ("4{}", "the server refused the connection", "none"),
    ])
  func refusal(packet: String, message: String, data: String) {
    let bench = ClientBench()
    let log = bench.log
    bench.followManager()
    let socket = bench.manager.socket()
    socket.on(.connectError) { log.add("connect_error \($0.code): \($0.message), \($0.data?.description ?? "none")") }
    bench.open()
    _ = bench.take()
    bench.script.receive(packet)
    #expect(bench.take() == ["close: forced close", "connect_error refused: \(message), \(data)"])
    #expect(!socket.active)
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == 1)
  }

  @Test("A refusal of one namespace leaves the others alone")
  func refusalOfOne() {
    let (bench, socket) = ClientBench.connected()
    let refused = bench.socket("/refused")
    bench.loop.run()
    bench.script.receive(#"4/refused,{"message":"no"}"#)
    #expect(bench.take() == ["/refused connect_error: no"])
    #expect(!refused.active)
    #expect(socket.connected && bench.manager.isOpen)
  }

  @Test("A refusal after the answer is ignored")
  func lateRefusal() {
    let (bench, socket) = ClientBench.connected()
    bench.script.receive(#"4{"message":"late"}"#)
    #expect(bench.take() == [])
    #expect(socket.connected)
  }

  @Test("A namespace that cannot be encoded is a connect_error, and leaves the Socket inactive")
  func unencodableNamespace() {
    let bench = ClientBench()
    let log = bench.log
    let socket = bench.manager.socket("/a,b")
    socket.on(.connectError) { log.add($0.code.rawValue) }
    bench.open()
    #expect(bench.take() == ["encoding"])
    #expect(!socket.active)
  }

  // MARK: Leaving

  @Test("Disconnecting says goodbye, closes the Manager, and tells the reason")
  func disconnect() {
    let (bench, socket) = ClientBench.connected()
    bench.followManager()
    socket.disconnect()
    #expect(!socket.connected && !socket.active && socket.id == nil)
    #expect(bench.take() == ["close: forced close", "disconnect: io client disconnect"])
    #expect(bench.script.commands == [.send([.text("1")]), .close])
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == 1)
  }

  @Test("What was emitted before goes out before the goodbye")
  func disconnectAfterEmit() throws {
    let (bench, socket) = ClientBench.connected()
    try socket.emit("last", 1)
    socket.disconnect()
    try socket.emit("late")
    #expect(bench.sent == [#"2["last",1]"#, "1"])
  }

  @Test("Disconnecting before the namespace is joined tells nobody", arguments: 0...2)
  func disconnectEarly(phase: Int) {
    let bench = ClientBench()
    let socket = bench.socket()
    if phase >= 1 { bench.loop.run() }
    if phase >= 2 { bench.open() }
    socket.disconnect()
    #expect(bench.take() == [])
    #expect(!socket.active)
    #expect(bench.script.messages == (phase == 2 ? ["0"] : []))
    #expect(bench.script.commands.last == .close)
  }

  @Test("Disconnecting an inactive Socket does nothing")
  func disconnectTwice() {
    let (bench, socket) = ClientBench.connected()
    socket.disconnect().disconnect()
    #expect(bench.take() == ["disconnect: io client disconnect"])
    #expect(bench.script.messages == ["1"])
  }

  @Test("The server's goodbye leaves the Socket inactive and closes the Manager of the last one")
  func serverDisconnect() {
    let (bench, socket) = ClientBench.connected()
    bench.followManager()
    bench.script.receive("1")
    #expect(bench.take() == ["close: forced close", "disconnect: io server disconnect"])
    #expect(!socket.active)
    #expect(bench.script.commands == [.close])
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == 1)
    socket.connect()
    bench.open(joining: "/")
    #expect(bench.take() == ["open", "connect"])
  }

  @Test("Disconnecting and connecting in one go opens another connection, with one disconnect")
  func disconnectAndConnect() {
    let (bench, socket) = ClientBench.connected()
    let old = bench.script
    socket.disconnect().connect()
    #expect(socket.active)
    #expect(bench.take() == ["disconnect: io client disconnect"])
    #expect(bench.attempts == 2)
    #expect(old.messages == ["1"])
    old.receive(#"2["late"]"#)
    old.report(.closed(nil))
    bench.open(joining: "/", sid: "t")
    #expect(bench.take() == ["connect"])
    #expect(socket.id == "t")
  }

  @Test("Disconnecting and connecting inside a connect handler works the same")
  func reconnectInConnect() {
    let bench = ClientBench()
    let socket = bench.socket()
    socket.once(.connect) { _ in socket.disconnect().connect() }
    bench.open(joining: "/")
    #expect(bench.take() == ["connect", "disconnect: io client disconnect"])
    bench.open(joining: "/")
    #expect(bench.take() == ["connect"])
    #expect(bench.attempts == 2)
  }

  @Test("Disconnecting and connecting inside a disconnect handler works the same")
  func reconnectInDisconnect() {
    let (bench, socket) = ClientBench.connected()
    socket.once(.disconnect) { _ in socket.disconnect().connect() }
    bench.script.report(.closed(nil))
    #expect(bench.attempts == 2)
    bench.open(joining: "/")
    #expect(bench.take() == ["disconnect: transport close", "connect"])
  }

  @Test("Nothing but disconnect is delivered after disconnect() has returned")
  func nothingAfterDisconnect() {
    let bench = ClientBench()
    let socket = bench.socket(logging: "a")
    bench.open()
    // The call comes between the arrival of the packets and the delivery of what they bring.
    bench.script.report(.packet(.text(#"0{"sid":"s"}"#)), .packet(.text(#"2["a",1]"#)))
    #expect(bench.take() == ["connect", "a[1]"])
    socket.once("a") { _ in socket.disconnect() }
    bench.script.report(.packet(.text(#"2["a",2]"#)), .packet(.text(#"2["a",3]"#)))
    #expect(bench.take() == ["a[2]", "disconnect: io client disconnect"])
  }

  @Test("A Socket that is disconnected by a handler of another one is not told of the failure any more")
  func noErrorAfterDisconnect() {
    let bench = ClientBench()
    let (first, second) = (bench.socket("/first"), bench.socket("/second"))
    first.on(.connectError) { _ in second.disconnect() }
    bench.loop.run()
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.take() == ["/first connect_error: refused"])
  }

  @Test("A loss that was not told yet when disconnect() is called is told as what it was, once")
  func lossThenDisconnect() {
    let (bench, socket) = ClientBench.connected()
    socket.on("last") { _ in socket.disconnect() }
    bench.script.report(.packet(.text(#"2["last"]"#)), .closed(nil))
    #expect(bench.take() == ["disconnect: transport close"])
    #expect(!socket.active)
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == 1)
  }

  // MARK: Credentials

  @Test("Credentials are those of the moment of joining")
  func changedCredentials() {
    let bench = ClientBench()
    let socket = bench.socket(auth: ["token": "a"])
    socket.auth = ["token": "b"]
    bench.open()
    #expect(bench.sent == [#"0{"token":"b"}"#])
    socket.auth = ["token": "c"]
    bench.script.receive(#"4{"message":"no"}"#)
    socket.connect()
    bench.open(joining: "/")
    #expect(bench.sent == [#"0{"token":"c"}"#])
    socket.auth = nil
    socket.disconnect().connect()
    bench.open()
    #expect(bench.sent == ["0"])
  }

  @Test("Credentials that are no object are refused")
  func uselessCredentials() {
    let bench = ClientBench()
    let log = bench.log
    bench.followManager()
    let socket = bench.manager.socket(auth: .value("token"))
    socket.on(.connectError) { log.add($0.code.rawValue) }
    bench.open()
    #expect(bench.sent == [])
    #expect(bench.take() == ["open", "close: forced close", "auth_failed"])
    #expect(!socket.active)
    #expect(!bench.manager.isOpen)
  }

  @Test("A closure is asked for the credentials of every connection", .timeLimit(.minutes(1)))
  func provider() async {
    let bench = ClientBench()
    let log = bench.log
    let socket = bench.socket(
      auth: .provider {
        log.add("asked")
        return ["token": "secret"]
      })
    for _ in 0..<2 {
      bench.open()
      await bench.loop.run { !bench.script.messages.isEmpty }
      #expect(bench.sent == [#"0{"token":"secret"}"#])
      bench.join()
      #expect(bench.take() == ["asked", "connect"])
      bench.script.report(.closed(nil))
      #expect(bench.take() == ["disconnect: transport close"])
      bench.loop.advance(by: 1_000)
    }
    #expect(socket.active)
  }

  @Test("A closure that throws is a connect_error, and leaves the Socket inactive", .timeLimit(.minutes(1)))
  func failingProvider() async {
    struct Missing: Error {}
    let bench = ClientBench()
    let log = bench.log
    let socket = bench.manager.socket(auth: .provider { throw Missing() })
    socket.on(.connectError) { log.add("\($0.code) \($0.underlying is Missing)") }
    bench.open()
    await bench.loop.run { !bench.log.entries.isEmpty }
    #expect(bench.take() == ["auth_failed true"])
    #expect(!socket.active)
    #expect(bench.script.commands.last == .close)
  }

  @Test("Credentials that come late are not sent on a newer connection", .timeLimit(.minutes(1)))
  func lateCredentials() async {
    let bench = ClientBench()
    let (calls, call) = AsyncStream.makeStream(of: CheckedContinuation<SocketValue, Never>.self)
    var answers = calls.makeAsyncIterator()
    _ = bench.socket(auth: .provider { await withCheckedContinuation { call.yield($0) } })
    bench.open()
    let first = await answers.next()
    let old = bench.script
    old.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    bench.open()
    let second = await answers.next()
    first?.resume(returning: ["turn": 1])
    await bench.loop.runNextArrival()
    #expect(bench.sent == [])
    second?.resume(returning: ["turn": 2])
    await bench.loop.runNextArrival()
    #expect(bench.sent == [#"0{"turn":2}"#])
    #expect(old.messages == [])
  }

  // MARK: A CONNECT that was given up

  @Test("Leaving before the answer says goodbye when the server has joined us")
  func leavingBeforeAnswer() {
    let (bench, _) = ClientBench.connected()
    let socket = bench.socket("/admin")
    bench.loop.run()
    socket.disconnect()
    #expect(bench.sent == ["0/admin,"])
    bench.join("/admin")
    #expect(bench.sent == ["0/admin,", "1/admin,"])
    #expect(bench.take() == [])
    #expect(!socket.active)
  }

  @Test("Connecting again before the answer waits for it, and then joins anew")
  func rejoiningBeforeAnswer() {
    let (bench, _) = ClientBench.connected()
    let socket = bench.socket("/admin", auth: ["token": "a"])
    bench.loop.run()
    socket.auth = ["token": "b"]
    socket.disconnect().connect()
    #expect(bench.sent == [#"0/admin,{"token":"a"}"#])
    bench.join("/admin", sid: "first")
    #expect(bench.sent.dropFirst() == ["1/admin,", #"0/admin,{"token":"b"}"#])
    #expect(socket.id == nil)
    bench.join("/admin", sid: "second")
    #expect(bench.take() == ["/admin connect"])
    #expect(socket.id == "second")
  }

  @Test("A refusal of the CONNECT that was given up lets the next one out")
  func rejoiningAfterRefusal() {
    let (bench, _) = ClientBench.connected()
    let socket = bench.socket("/admin")
    bench.loop.run()
    socket.disconnect().connect()
    bench.script.receive(#"4/admin,{"message":"no"}"#)
    #expect(bench.sent == ["0/admin,", "0/admin,"])
    #expect(bench.take() == [])
    #expect(socket.active)
  }

  @Test("A new connection owes no answer to the CONNECT of the old one")
  func answerLostWithConnection() {
    let (bench, _) = ClientBench.connected()
    let socket = bench.socket("/admin")
    bench.loop.run()
    socket.disconnect().connect()
    bench.reopen()
    #expect(bench.sent == ["0", "0/admin,"])
  }

  @Test("The evaluation of credentials that nobody wants any more is cancelled", .timeLimit(.minutes(1)))
  func cancelledProvider() async {
    let bench = ClientBench()
    let (log, loop) = (bench.log, bench.loop)
    let socket = bench.manager.socket(
      auth: .provider {
        log.add("asked")
        loop.post {}
        // Ends with its task only.
        let (never, feed) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        withExtendedLifetime(feed) {}
        log.add("cancelled")
        loop.post {}
        return nil
      })
    bench.open()
    await loop.run { log.entries == ["asked"] }
    socket.disconnect()
    await loop.run { log.entries == ["asked", "cancelled"] }
    #expect(bench.sent == [])
  }
}
