import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Emitting events")
struct EmittingTests {
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

  /// The ways to emit an object literal with values of one type.
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

  @Test("The members of a literal are sent in their written order", arguments: literals.indices)
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

  @Test("Binary follows its event as attachments, numbered in the order of traversal")
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

  @Test("What JSON cannot carry is refused at once, with the argument, and nothing is sent")
  func tooDeep() async throws {
    let (bench, socket) = ClientBench.connected()
    let deep = Fixture.nested(512)
    func refused(_ error: SocketIOError?) -> Bool {
      error?.code == .encoding
        && error?.message.hasPrefix("argument 2 of \"e\" cannot be encoded: nested too deep") == true
    }
    #expect(refused(#expect(throws: SocketIOError.self) { try socket.emit("e", 1, deep) }))
    #expect(refused(#expect(throws: SocketIOError.self) { try socket.emit("e", with: [1, deep]) { _ in } }))
    #expect(refused(#expect(throws: SocketIOError.self) { try socket.volatile.emit("e", [1], deep) }))
    #expect(refused(await #expect(throws: SocketIOError.self) { try await socket.emitWithAck("e", with: [1, deep]) }))
    #expect(refused(await #expect(throws: SocketIOError.self) { try await socket.emitWhenWritable("e", 1, deep) }))
    #expect(throws: Never.self) { try socket.emit("fits", Fixture.nested(511)) }
    #expect(bench.sent.count == 1)
    #expect(await bench.statistics().events.drops.total == 0)
  }

  @Test("Events emitted before the connection are sent on connect, before those of the connect handler")
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

  @Test("Events emitted while disconnected are sent on the next connection", arguments: [true, false])
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

  @Test("Buffered events survive a refusal")
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

  @Test("compress(false) marks all messages of its event, and no others, and combines with other modifiers")
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

  @Test("A volatile event is sent only if it can be sent at once")
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

  @Test("The acknowledgement of a dropped event fails at once, or with its timeout")
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
}
