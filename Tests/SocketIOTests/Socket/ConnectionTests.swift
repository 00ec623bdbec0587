import SocketIOTesting
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
    ] as [(String, SocketAuth?, String)])
  func connectPacket(namespace: String, auth: SocketAuth?, wire: String) {
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
    socket.on(.connect) { log.add("\($0.id) \($0.recovered) \($0.transport)") }
    bench.open(joining: "/")
    #expect(bench.take() == ["s false websocket"])
  }

  @Test("A handler of connect gets the transport on which the namespace was joined")
  func transports() {
    let bench = ClientBench { $0.transports = [.polling, .websocket] }
    let log = bench.log
    let socket = bench.manager.socket()
    socket.on(.connect) { [weak manager = bench.manager] in
      log.add("\($0.transport) \(manager?.transport.map { "\($0)" } ?? "none")")
    }
    bench.loop.run()
    bench.connector.scripts[0].open(TransportScript.handshake(upgrades: ["websocket"]))
    bench.connector.scripts[0].receive(#"0{"sid":"s"}"#)
    #expect(bench.take() == ["polling polling"])
    bench.script.report(.opened, .packet(.pong("probe")))
    bench.connector.scripts[0].report(.paused)
    let other = bench.manager.socket("/b")
    other.on(.connect) { log.add("\($0.transport)") }
    bench.loop.run()
    bench.join("/b")
    #expect(bench.take() == ["websocket"])
    bench.reopen(joining: "/")
    #expect(bench.take() == ["polling polling"])
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

  @Test("An answer without an id comes from an old server: connect_error, still active, not connected")
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

  @Test("A refusal of one namespace does not affect the others")
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

  @Test("Disconnecting sends DISCONNECT, closes the Manager, and reports the reason")
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

  @Test("Events emitted before are sent before DISCONNECT")
  func disconnectAfterEmit() throws {
    let (bench, socket) = ClientBench.connected()
    try socket.emit("last", 1)
    socket.disconnect()
    try socket.emit("late")
    #expect(bench.sent == [#"2["last",1]"#, "1"])
  }

  @Test("Disconnecting before the namespace is joined reports nothing", arguments: 0...2)
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

  @Test("A DISCONNECT from the server makes the Socket inactive, and closes the Manager of the last one")
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

  @Test("Disconnecting and connecting at once opens another connection, with one disconnect")
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

  @Test("Only disconnect is delivered after disconnect() has returned")
  func nothingAfterDisconnect() {
    let bench = ClientBench()
    let socket = bench.socket(logging: "a")
    bench.open()
    // The call comes after the arrival of the packets and before the delivery of their events.
    bench.script.report(.packet(.text(#"0{"sid":"s"}"#)), .packet(.text(#"2["a",1]"#)))
    #expect(bench.take() == ["connect", "a[1]"])
    socket.once("a") { _ in socket.disconnect() }
    bench.script.report(.packet(.text(#"2["a",2]"#)), .packet(.text(#"2["a",3]"#)))
    #expect(bench.take() == ["a[2]", "disconnect: io client disconnect"])
  }

  @Test("A Socket disconnected by another one's handler does not get the failure any more")
  func noErrorAfterDisconnect() {
    let bench = ClientBench()
    let (first, second) = (bench.socket("/first"), bench.socket("/second"))
    first.on(.connectError) { _ in second.disconnect() }
    bench.loop.run()
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.take() == ["/first connect_error: refused"])
  }

  @Test("A loss not yet reported when disconnect() is called is still reported with its reason, once")
  func lossThenDisconnect() {
    let (bench, socket) = ClientBench.connected()
    socket.on("last") { _ in socket.disconnect() }
    bench.script.report(.packet(.text(#"2["last"]"#)), .closed(nil))
    #expect(bench.take() == ["disconnect: transport close"])
    #expect(!socket.active)
    bench.loop.advance(by: 100_000)
    #expect(bench.attempts == 1)
  }

  // MARK: A CONNECT that was given up

  @Test("Leaving before the answer sends DISCONNECT once the server has accepted CONNECT")
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

  @Test("Reconnecting before the answer waits for it, and then joins again")
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

  @Test("A refusal of an abandoned CONNECT releases the next one")
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

  @Test("A new connection does not wait for the answer to an old CONNECT")
  func answerLostWithConnection() {
    let (bench, _) = ClientBench.connected()
    let socket = bench.socket("/admin")
    bench.loop.run()
    socket.disconnect().connect()
    bench.reopen()
    #expect(bench.sent == ["0", "0/admin,"])
  }
}
