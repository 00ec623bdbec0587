import SocketIOTesting
import Testing

@testable import SocketIO

/// The official server skips the handlers of an event that it reads together with the DISCONNECT behind it, and
/// disconnects a client that joins a namespace twice.
@Suite("Leaving a namespace without losing anything")
struct LeavingTests {
  /// Sockets of these namespaces, whose server reads only when the test says so.
  private static func connected(_ namespaces: String...) -> (ClientBench, [Socket]) {
    let bench = ClientBench()
    let sockets = namespaces.map { bench.socket($0) }
    bench.open(joining: "/", "/b")
    bench.script.readsAtOnce = false
    bench.forget()
    return (bench, sockets)
  }

  @Test("DISCONNECT is sent when the server has read the events before it; handlers run at once")
  func goodbye() throws {
    let (bench, sockets) = Self.connected("/", "/b")
    try sockets[1].emit("goodbye")
    sockets[1].disconnect()
    #expect(bench.take() == ["/b disconnect: io client disconnect"])
    #expect(!sockets[1].connected)
    #expect(bench.sent == [#"2/b,["goodbye"]"#])
    try sockets[0].emit("on")
    #expect(bench.sent == [#"2/b,["goodbye"]"#, #"2["on"]"#])
    bench.script.readAll()
    #expect(bench.sent == [#"2/b,["goodbye"]"#, #"2["on"]"#, "1/b,"])
    #expect(bench.manager.isOpen)
  }

  @Test("If nothing was emitted, DISCONNECT is sent at once")
  func nothingEmitted() {
    let (bench, sockets) = Self.connected("/", "/b")
    for socket in sockets { socket.disconnect() }
    bench.loop.run()
    #expect(bench.sent == ["1", "1/b,"])
    #expect(bench.script.receiptRequests == [])
    #expect(bench.script.commands.last == .close)
  }

  @Test("Sockets that leave together wait for one receipt, and the connection closes after them")
  func closing() throws {
    let (bench, sockets) = Self.connected("/", "/b")
    for socket in sockets { try socket.emit("goodbye") }
    for socket in sockets { socket.disconnect() }
    #expect(bench.sent == [#"2["goodbye"]"#, #"2/b,["goodbye"]"#])
    #expect(bench.script.receiptRequests.count == 1)
    bench.script.readAll()
    #expect(bench.sent.suffix(2) == ["1", "1/b,"])
    #expect(bench.script.receiptRequests.count == 1)
    #expect(bench.script.commands.last == .close)
  }

  @Test("If the server confirms nothing, DISCONNECT is sent in the last tenth of close(within:)")
  func closingInVain() throws {
    let (bench, sockets) = Self.connected("/")
    try sockets[0].emit("goodbye")
    sockets[0].disconnect()
    let log = bench.log
    bench.manager.mailbox.submit { core in core.close(within: 500) { log.add("closed") } }
    bench.loop.advance(by: 449)
    #expect(bench.sent == [#"2["goodbye"]"#])
    bench.loop.advance(by: 1)
    #expect(bench.sent == [#"2["goodbye"]"#, "1"])
    #expect(bench.script.commands.last == .close)
    bench.loop.advance(by: 49)
    #expect(bench.take() == ["disconnect: io client disconnect"])
    bench.loop.advance(by: 1)
    #expect(bench.take() == ["closed"])
  }

  @Test("CONNECT of a namespace that was left waits until the server has read the DISCONNECT")
  func rejoining() throws {
    let (bench, sockets) = Self.connected("/", "/b")
    try sockets[1].emit("last")
    sockets[1].disconnect().connect()
    try sockets[1].emit("first")
    bench.script.readAll()
    #expect(bench.sent == [#"2/b,["last"]"#, "1/b,"])
    bench.script.receive(#"2/b,["of the old session"]"#)
    bench.script.readAll()
    #expect(bench.sent == [#"2/b,["last"]"#, "1/b,", "0/b,"])
    bench.join("/b", sid: "second")
    #expect(bench.sent == [#"2/b,["last"]"#, "1/b,", "0/b,", #"2/b,["first"]"#])
    #expect(sockets[1].id == "second")
    #expect(sockets[0].connected)
  }

  @Test("An unanswered CONNECT is followed by DISCONNECT when the answer comes, and by CONNECT when that is read")
  func leavingUnanswered() {
    let bench = ClientBench()
    let (_, b) = (bench.socket("/"), bench.socket("/b"))
    bench.open(joining: "/")
    bench.script.readsAtOnce = false
    bench.forget()
    b.disconnect().connect()
    bench.loop.run()
    #expect(bench.sent == [])
    bench.join("/b", sid: "first")
    #expect(bench.sent == ["1/b,"])
    bench.script.readAll()
    #expect(bench.sent == ["1/b,", "0/b,"])
    bench.join("/b", sid: "second")
    #expect(b.id == "second")
  }

  @Test("A held DISCONNECT is dropped if the server disconnects the namespace first")
  func endedByServer() throws {
    let (bench, sockets) = Self.connected("/", "/b")
    try sockets[1].emit("logout")
    sockets[1].disconnect().connect()
    bench.loop.run()
    bench.script.receive("1/b,")
    #expect(bench.sent == [#"2/b,["logout"]"#, "0/b,"])
    bench.script.readAll()
    #expect(bench.sent == [#"2/b,["logout"]"#, "0/b,"])
    bench.join("/b", sid: "second")
    #expect(sockets[1].id == "second")
  }

  @Test("A held DISCONNECT is dropped with a lost connection, and the next one starts afresh")
  func lost() throws {
    let (bench, sockets) = Self.connected("/", "/b")
    try sockets[1].emit("goodbye")
    sockets[1].disconnect()
    bench.loop.run()
    bench.reopen(joining: "/")
    #expect(bench.sent == ["0"])
    sockets[1].connect()
    bench.loop.run()
    #expect(bench.sent == ["0", "0/b,"])
  }

  @Test("A refused namespace can be joined again without waiting")
  func refused() throws {
    let (bench, sockets) = Self.connected("/", "/b")
    sockets[1].disconnect().connect()
    bench.loop.run()
    bench.script.readAll()
    #expect(bench.sent == ["1/b,", "0/b,"])
    try sockets[0].emit("x")
    bench.script.receive(#"4/b,{"message":"no"}"#)
    sockets[1].connect()
    bench.loop.run()
    #expect(bench.sent == ["1/b,", "0/b,", #"2["x"]"#, "0/b,"])
  }
}
