import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Receiving events")
struct ReceivingTests {
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

  @Test("Messages of a released connection reach no handler, also while it sends its last", arguments: [true, false])
  func messagesOfReleasedConnection(takesMore: Bool) {
    let (bench, socket) = ClientBench.connected()
    let (log, released) = (bench.log, bench.script)
    socket.on("e") { log.add("event \($0.args)") }
    released.takesMore = takesMore
    _ = try? socket.emit("last")
    socket.disconnect()
    bench.loop.run()
    socket.connect()
    bench.open(joining: "/", sid: "t")
    _ = bench.take()
    released.receive(#"2["e",1]"#, #"51-["e",{"_placeholder":true,"num":0}]"#)
    released.report(.packet(.binary(1)))
    #expect(bench.take() == [])
    bench.script.receive(#"2["e",2]"#)
    #expect(bench.take() == ["event [2]"])
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

  @Test("Events received before a refusal or a loss are discarded", arguments: [true, false])
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

  @Test("Catch-all handlers run first, and do not get the Socket's own events")
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

  @Test("Handlers can be for one call only, and be removed")
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

  @Test("Registering and removing handlers in a handler takes effect with the next event")
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

  @Test("A throwing handler affects neither the connection nor later handlers")
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

  @Test("A typed handler gets the first argument decoded, and is not called on a mismatch")
  func typed() {
    struct Point: Decodable, Sendable { var x: Int }
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("point") { (point: Point) in log.add("\(point.x)") }
    bench.script.receive(#"2["point",{"x":3}]"#, #"2["point","elsewhere"]"#, #"2["point"]"#, #"2["point",{"x":4}]"#)
    #expect(bench.take() == ["3", "4"])
    #expect(socket.connected)
  }

  // MARK: Faults in what arrives

  @Test(
    "Data that is not a Socket.IO packet closes the connection with parse error, and the next one starts afresh",
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
    "Packets without a receiver are ignored",
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

  @Test("Text between attachments, unannounced attachments and too many attachments are parse errors")
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
