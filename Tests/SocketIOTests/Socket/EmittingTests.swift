import Foundation
import Testing

@testable import SocketIO

@Suite("Events")
struct EventTests {
  // MARK: Emitting

  @Test("An event is sent with its namespace and its arguments")
  func emit() throws {
    let (bench, socket) = ClientBench.connected()
    try socket.emit("hello", 1, "two", nil, ["three": [3.5, true]])
    try socket.emit("encodable", Date(timeIntervalSince1970: 0).timeIntervalSince1970, [1, 2])
    try socket.send("text")
    try socket.send(["mixed": [1, "two"]])
    try socket.volatile.emit("literals", 1, ["a": [1, "two"]])
    #expect(
      bench.sent == [
        #"2["hello",1,"two",null,{"three":[3.5,true]}]"#, #"2["encodable",0,[1,2]]"#, #"2["message","text"]"#,
        #"2["message",{"mixed":[1,"two"]}]"#, #"2["literals",1,{"a":[1,"two"]}]"#,
      ])
    bench.script.forget()
    try socket.emit("array", with: [1, "two"])
    try socket.emit("asked", with: []) { _ in }
    #expect(bench.sent == [#"2["array",1,"two"]"#, #"20["asked"]"#])
    #expect(throws: SocketIOError.self) { try socket.emit("connect", with: []) }
    let admin = bench.socket("/admin")
    bench.loop.run()
    bench.join("/admin")
    bench.script.forget()
    try admin.emit("foo")
    #expect(bench.sent == [#"2/admin,["foo"]"#])
  }

  /// The ways to emit an object that is written as a literal with values of one type.
  static let literals: [@Sendable (Socket) async throws -> Void] = [
    { try $0.emit("e", ["f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6]) },
    { try $0.send(["f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6]) },
    { try $0.volatile.emit("e", ["f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6]) },
    { try await $0.emitWhenWritable("e", ["f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6]) },
    { try await $0.compress(true).emitWhenWritable("e", ["f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6]) },
    { _ = try await $0.emitWithAck("e", ["f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6]) },
    { _ = try await $0.emitWithAck("e", ["f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6], as: Int.self) },
    { _ = try await $0.volatile.emitWithAck("e", ["f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6]) },
    { _ = try await $0.volatile.emitWithAck("e", ["f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6], as: Int.self) },
    { socket in
      socket.on("q") { try $0.ack?(["f": 1, "e": 2, "d": 3, "c": 4, "b": 5, "a": 6]) }
      try socket.emit("ready")
    },
  ]

  @Test("The members of a literal go out in the order in which they are written", arguments: literals.indices)
  func orderOfMembers(_ index: Int) async throws {
    let (bench, socket) = ClientBench.connected()
    let task = Task { try await Self.literals[index](socket) }
    await bench.loop.run { !bench.script.messages.isEmpty }
    bench.script.receive(#"20["q"]"#)
    #expect(bench.sent.contains { $0.contains(#"{"f":1,"e":2,"d":3,"c":4,"b":5,"a":6}"#) })
    socket.disconnect()
    bench.loop.run()
    _ = await task.result
  }

  @Test("Binary goes behind its event as attachments, numbered in the order of traversal")
  func binary() throws {
    let (bench, socket) = ClientBench.connected()
    try socket.emit("foo", ["b": [.binary(Data([1]))], "a": .binary(Data([1, 2, 3]))] as SocketValue)
    #expect(
      bench.sent == [
        #"52-["foo",{"b":[{"_placeholder":true,"num":0}],"a":{"_placeholder":true,"num":1}}]"#, "<1 bytes>",
        "<3 bytes>",
      ])
  }

  @Test(
    "A reserved name is refused at once",
    arguments: ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"])
  func reserved(name: String) async {
    let (bench, socket) = ClientBench.connected()
    let error = #expect(throws: SocketIOError.self) { try socket.emit(name) }
    #expect(error?.code == .reservedEvent)
    #expect(error?.message == "\"\(name)\" is a reserved event name")
    await #expect(throws: SocketIOError.self) { try await socket.emitWithAck(name) }
    #expect(bench.sent == [])
  }

  @Test("A name that no packet may carry is refused at once")
  func longName() {
    let bench = ClientBench()
    let socket = bench.manager.socket()
    let error = #expect(throws: SocketIOError.self) { try socket.emit(String(repeating: "n", count: 4097)) }
    #expect(error?.code == .encoding)
    #expect(throws: Never.self) { try socket.emit(String(repeating: "n", count: 4096)) }
  }

  @Test("What is emitted before the connection goes out with it, before what the connect handler emits")
  func bufferBeforeConnect() throws {
    let bench = ClientBench()
    let socket = bench.socket()
    socket.on(.connect) { try socket.emit("in handler") }
    try socket.emit("a")
    bench.loop.run()
    try socket.emit("b")
    bench.open()
    try socket.emit("c")
    #expect(bench.sent == ["0"])
    bench.join()
    #expect(bench.sent == ["0", #"2["a"]"#, #"2["b"]"#, #"2["c"]"#, #"2["in handler"]"#])
  }

  @Test("What is emitted while disconnected goes out with the next connection", arguments: [true, false])
  func bufferAcrossConnections(isLoss: Bool) throws {
    let (bench, socket) = ClientBench.connected()
    if isLoss { bench.script.report(.closed(nil)) } else { socket.disconnect() }
    try socket.emit("a")
    bench.loop.run()
    try socket.emit("b")
    if isLoss { bench.loop.advance(by: 1_000) } else { socket.connect() }
    bench.open(joining: "/")
    #expect(bench.sent == ["0", #"2["a"]"#, #"2["b"]"#])
    bench.reopen(joining: "/")
    #expect(bench.sent == ["0"])
  }

  @Test("What was buffered survives a refusal")
  func bufferAcrossRefusal() throws {
    let bench = ClientBench()
    let socket = bench.socket()
    try socket.emit("a")
    bench.open()
    bench.script.receive(#"4{"message":"no"}"#)
    socket.connect()
    bench.open(joining: "/")
    #expect(bench.sent == ["0", #"2["a"]"#])
  }

  @Test("compress(false) marks all messages of its event, and no others; it goes with other modifiers")
  func compress() throws {
    let (bench, socket) = ClientBench.connected()
    try socket.compress(false).emit("a", Data([1]))
    try socket.emit("b")
    try socket.compress(true).emit("c")
    try socket.volatile.compress(false).emit("d")
    try socket.compress(false).timeout(.seconds(1)).emit("e") { _ in }
    #expect(
      bench.sent == [
        #"uncompressed 51-["a",{"_placeholder":true,"num":0}]"#, "uncompressed <1 bytes>", #"2["b"]"#, #"2["c"]"#,
        #"uncompressed 2["d"]"#, #"uncompressed 20["e"]"#,
      ])
  }

  @Test("An event that waits for a connection, or is sent again, keeps its modifier")
  func compressLater() throws {
    let bench = ClientBench()
    let socket = bench.manager.socket("/", ackTimeout: .milliseconds(50), retries: 1)
    try socket.compress(false).emit("a")
    bench.open(joining: "/")
    bench.loop.advance(by: 50)
    #expect(bench.sent == ["0", #"uncompressed 20["a"]"#, #"uncompressed 21["a"]"#])
  }

  // MARK: Volatile

  @Test("A volatile event is sent only where it can leave at once")
  func volatile() throws {
    let bench = ClientBench()
    let socket = bench.socket()
    try socket.volatile.emit("before connecting")
    bench.open()
    try socket.volatile.emit("before joining")
    bench.loop.run()
    bench.join()
    try socket.volatile.emit("idle")
    bench.loop.run()
    bench.script.takesMore = false
    try socket.emit("fills the transport")
    try socket.volatile.emit("busy")
    bench.loop.run()
    bench.script.takesMore = true
    bench.script.report(.writable)
    try socket.volatile.emit("idle again")
    #expect(bench.sent == ["0", #"2["idle"]"#, #"2["fills the transport"]"#, #"2["idle again"]"#])
  }

  @Test("The acknowledgement of a dropped event ends at once, or with its timeout")
  func volatileAck() throws {
    let bench = ClientBench()
    let socket = bench.socket()
    let log = bench.log
    try socket.volatile.emit("a") { log.add("a \($0.outcome)") }
    try socket.volatile.timeout(.milliseconds(50)).emit("b") { log.add("b \($0.outcome)") }
    #expect(bench.take() == ["a dropped"])
    bench.open(joining: "/")
    #expect(bench.sent == ["0"])
    bench.loop.advance(by: 50)
    #expect(bench.take() == ["connect", "b timeout"])
  }

  // MARK: Receiving

  @Test("Events reach the handlers of their name, in order")
  func receiving() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("a") { log.add("first \($0.args)") }
    socket.on("a") { log.add("second \($0.args)") }
    socket.on("7") { log.add("number \($0.args)") }
    bench.script.receive(#"2["a",1,{"b":[null,false]}]"#, #"2["unknown"]"#, #"2[7,"x"]"#)
    #expect(bench.take() == ["first [1, {\"b\":[null,false]}]", "second [1, {\"b\":[null,false]}]", "number [\"x\"]"])
  }

  @Test("Attachments arrive in their places")
  func receivingBinary() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("a") { log.add("\($0.args.first?["x"]?.dataValue.map(Array.init) ?? [])") }
    bench.script.receive(#"51-["a",{"x":{"_placeholder":true,"num":0}}]"#)
    bench.script.report(.packet(.message(.binary(Data([1, 2])))))
    #expect(bench.take() == ["[1, 2]"])
  }

  @Test("Events that come before the answer to CONNECT are delivered after it and before connect")
  func earlyEvents() {
    let bench = ClientBench()
    let socket = bench.socket(logging: "early")
    let log = bench.log
    socket.on("early") { _ in log.add("connected \(socket.connected)") }
    bench.open()
    bench.script.receive(#"2["early",1]"#)
    #expect(bench.take() == [])
    bench.join()
    #expect(bench.take() == ["early[1]", "connected true", "connect"])
  }

  @Test("Events that came before a refusal or a loss are forgotten", arguments: [true, false])
  func earlyEventsForgotten(isRefusal: Bool) {
    let bench = ClientBench()
    let socket = bench.socket(logging: "early")
    bench.open()
    bench.script.receive(#"2["early"]"#)
    if isRefusal {
      bench.script.receive(#"4{"message":"no"}"#)
      socket.connect()
    } else {
      bench.script.report(.closed(nil))
      bench.loop.advance(by: 1_000)
    }
    _ = bench.take()
    bench.open(joining: "/")
    #expect(bench.take() == ["connect"])
  }

  @Test("An event before a loss in the same batch is delivered before disconnect")
  func eventBeforeLoss() {
    let (bench, socket) = ClientBench.connected()
    bench.log.follow(socket, events: "last")
    bench.script.report(.packet(.text(#"2["last"]"#)), .packet(.text("garbage")))
    #expect(bench.take() == ["last[]", "disconnect: parse error"])
    #expect(socket.active)
  }

  @Test("Handlers of any event come first, and events of the Socket itself are not among theirs")
  func onAny() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("a") { _ in log.add("a") }
    socket.onAny { log.add("any \($0.name) \($0.args)") }
    bench.script.receive(#"2["a",1]"#, #"2["b"]"#)
    socket.offAny()
    bench.script.receive(#"2["a",2]"#)
    #expect(bench.take() == ["any a [1]", "a", "any b []", "a"])
    bench.script.report(.closed(nil))
    #expect(bench.take() == ["disconnect: transport close"])
  }

  @Test("Handlers can be for one call only, and be taken off")
  func off() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.once("a") { _ in log.add("once") }
    let first = socket.on("a") { _ in log.add("first") }
    socket.on("a") { _ in log.add("second") }
    bench.script.receive(#"2["a"]"#)
    #expect(bench.take() == ["once", "first", "second"])
    socket.off(first)
    bench.script.receive(#"2["a"]"#)
    #expect(bench.take() == ["second"])
    socket.off("a")
    socket.on("b") { _ in log.add("b") }
    bench.script.receive(#"2["a"]"#, #"2["b"]"#)
    #expect(bench.take() == ["b"])
    socket.off()
    bench.script.receive(#"2["b"]"#)
    #expect(bench.take() == [])
  }

  @Test("Handlers that register and take off handlers while they run count from the next event on")
  func registeringInHandler() {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    let second = socket.on("a") { _ in log.add("second") }
    socket.off("a")
    socket.once("a") { _ in
      log.add("first")
      socket.on("a") { _ in log.add("later") }
    }
    _ = second
    bench.script.receive(#"2["a"]"#)
    #expect(bench.take() == ["first"])
    bench.script.receive(#"2["a"]"#)
    #expect(bench.take() == ["later"])
  }

  @Test("A handler that throws disturbs neither the connection nor later handlers")
  func throwing() {
    struct Oops: Error {}
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("a") { _ in throw Oops() }
    socket.on("a") { _ in log.add("second") }
    bench.script.receive(#"2["a"]"#, #"2["a"]"#)
    #expect(bench.take() == ["second", "second"])
    #expect(socket.connected)
  }

  @Test("A typed handler gets the first argument decoded, and is not called for one of another shape")
  func typed() {
    struct Point: Decodable, Sendable { var x: Int }
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("point", as: Point.self) { log.add("\($0.x)") }
    bench.script.receive(#"2["point",{"x":3}]"#, #"2["point","elsewhere"]"#, #"2["point"]"#, #"2["point",{"x":4}]"#)
    #expect(bench.take() == ["3", "4"])
    #expect(socket.connected)
  }

  // MARK: Faults in what arrives

  @Test(
    "What is no Socket.IO packet closes the connection with parse error, and the next one starts afresh",
    arguments: [
      "", "7", "9zz", "2", "2{}", "2[]", "2[null]", #"2["connect"]"#, "3", "31{}", "4abc", "5", "51", "5a-", "51.23-",
      #"511-["a"]"#, "2[", "1{}", "2[1e999]", "\0", "2\u{FEFF}[\"a\"]", "59999999999999999999-[]",
      #"29999999999999999999["a"]"#,
    ])
  func parseError(packet: String) {
    let (bench, socket) = ClientBench.connected()
    bench.followManager()
    let old = bench.script
    old.receive(packet)
    #expect(bench.take() == ["disconnect: parse error", "close: parse error"])
    #expect(old.commands == [.close])
    #expect(socket.active)
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/")
    #expect(bench.take() == ["reconnect_attempt 1", "open", "reconnect 1", "connect"])
  }

  @Test("Half of a binary event does not leak into the next connection")
  func halfReceived() {
    let (bench, socket) = ClientBench.connected()
    bench.log.follow(socket, events: "a")
    bench.script.receive(#"52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#)
    bench.script.report(.packet(.binary(1)), .closed(nil))
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/")
    _ = bench.take()
    bench.script.receive(#"2["a",1]"#)
    #expect(bench.take() == ["a[1]"])
  }

  @Test(
    "Packets for nobody are ignored",
    arguments: [
      #"2/unknown,["a"]"#, "0/unknown,{\"sid\":\"x\"}", "1/unknown,", "399[1]", #"4/unknown,{"message":"m"}"#,
    ])
  func nobody(packet: String) {
    let (bench, socket) = ClientBench.connected()
    bench.script.receive(packet)
    #expect(bench.take() == [])
    #expect(socket.connected)
    #expect(bench.script.commands == [])
  }

  @Test("Text between attachments, attachments that nobody announced and attachments too many are parse errors")
  func attachments() {
    for packets: [EnginePacket] in [
      [.text(#"51-["a",{"_placeholder":true,"num":0}]"#), .text(#"2["b"]"#)], [.binary(1)],
      [.text(#"51-["a",{"_placeholder":true,"num":1}]"#), .binary(1)],
    ] {
      let (bench, _) = ClientBench.connected()
      for packet in packets { bench.script.report(.packet(packet)) }
      #expect(bench.take() == ["disconnect: parse error"])
    }
  }
}

extension Result where Success == [SocketValue], Failure == SocketIOError {
  /// For logs: the arguments, or the code of the error.
  var outcome: String {
    switch self {
    case .success(let arguments): SocketValue.array(arguments).description
    case .failure(let error): error.code.rawValue
    }
  }
}
