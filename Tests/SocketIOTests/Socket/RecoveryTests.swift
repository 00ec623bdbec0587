import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Connection state recovery")
struct RecoveryTests {
  /// Joined with a `pid`; then the connection is lost and the next one open.
  private func reconnected(
    auth: SocketAuth? = nil, receiving packets: String...
  ) -> (ClientBench, Socket) {
    let bench = ClientBench()
    let socket = bench.socket(auth: auth)
    bench.log.follow(socket, events: "news")
    bench.open()
    bench.script.receive(#"0{"sid":"s","pid":"p"}"#)
    for packet in packets { bench.script.receive(packet) }
    bench.script.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    _ = bench.take()
    bench.open()
    return (bench, socket)
  }

  @Test("The next CONNECT has the session's pid and the offset of the last event")
  func request() {
    #expect(reconnected().0.sent == [#"0{"pid":"p"}"#])
    let (bench, _) = reconnected(receiving: #"2["news",1,"o1"]"#, #"2["news",2,"o2"]"#)
    #expect(bench.sent == [#"0{"pid":"p","offset":"o2"}"#])
  }

  @Test("Events with an id, without arguments, or whose last argument is not a string do not change the offset")
  func offset() {
    let (bench, _) = reconnected(
      receiving: #"2["news","o1"]"#, #"25["news","answer me"]"#, #"2["news",3]"#, #"2["news"]"#)
    #expect(bench.sent == [#"0{"pid":"p","offset":"o1"}"#])
  }

  @Test("Credentials are sent as well, and take precedence over equal names")
  func credentials() {
    let (bench, _) = reconnected(auth: ["token": "t", "pid": "mine"], receiving: #"2["news","o"]"#)
    #expect(bench.sent == [#"0{"pid":"mine","offset":"o","token":"t"}"#])
  }

  @Test("A recovered session has its old id, and missed events come before connect")
  func recovered() {
    let (bench, socket) = reconnected(receiving: #"2["news",1,"o1"]"#)
    let log = bench.log
    socket.on(.connect) { log.add("recovered \($0.recovered)") }
    bench.script.receive(#"2["news",2,"o2"]"#, #"0{"sid":"s","pid":"p"}"#)
    #expect(bench.take() == [#"news[2,"o2"]"#, "connect", "recovered true"])
    #expect(socket.recovered && socket.id == "s")
    bench.reopen()
    #expect(bench.sent == [#"0{"pid":"p","offset":"o2"}"#])
  }

  @Test(
    "A message that broke the connection is not requested again",
    arguments: [
      nil, SocketIOError(.tooLarge, "too large"), SocketIOError(.protocolViolation, "no Engine.IO"),
      SocketIOError(.connectionLost, "gone"),
    ])
  func givenUp(error: SocketIOError?) {
    let bench = ClientBench()
    _ = bench.socket()
    bench.open()
    bench.script.receive(#"0{"sid":"s","pid":"p"}"#, #"2["news",1,"o1"]"#)
    if let error { bench.script.report(.failed(error)) } else { bench.script.receive("garbage") }
    bench.loop.advance(by: 1_000)
    bench.open()
    #expect(bench.sent == [error?.code == .connectionLost ? #"0{"pid":"p","offset":"o1"}"# : "0"])
  }

  @Test("The same if a missed event breaks the connection before the answer to CONNECT")
  func givenUpWhileJoining() {
    let (bench, _) = reconnected(receiving: #"2["news",1,"o1"]"#)
    #expect(bench.sent == [#"0{"pid":"p","offset":"o1"}"#])
    bench.script.receive("garbage")
    bench.loop.advance(by: 1_000)
    bench.open()
    #expect(bench.sent == ["0"])
  }

  @Test(
    "A new session is not marked as recovered, whether or not it is recoverable",
    arguments: [#"0{"sid":"t","pid":"q"}"#, #"0{"sid":"t"}"#])
  func notRecovered(answer: String) {
    let (bench, socket) = reconnected()
    bench.script.receive(answer)
    #expect(bench.take() == ["connect"])
    #expect(!socket.recovered && socket.id == "t")
    bench.reopen()
    #expect(bench.sent == [answer.contains("pid") ? #"0{"pid":"q"}"# : "0"])
  }

  @Test("The offset survives a failed recovery")
  func offsetOfFormerSession() {
    let (bench, _) = reconnected(receiving: #"2["news","o1"]"#)
    bench.script.receive(#"0{"sid":"t","pid":"q"}"#)
    bench.reopen()
    #expect(bench.sent == [#"0{"pid":"q","offset":"o1"}"#])
  }

  @Test("Missed events with binary count, too, and later events advance the offset")
  func binaryOffset() {
    let (bench, _) = reconnected(receiving: #"2["news","o1"]"#)
    bench.script.receive(#"51-["news",{"_placeholder":true,"num":0},"o2"]"#)
    bench.script.report(.packet(.message(.binary(Data([1])))))
    bench.script.receive(#"0{"sid":"s","pid":"p"}"#, #"2["news","o3"]"#)
    bench.reopen()
    #expect(bench.sent == [#"0{"pid":"p","offset":"o3"}"#])
  }

  @Test("A Socket that left and rejoins asks for its session, which the server may refuse")
  func leaving() {
    let bench = ClientBench()
    let socket = bench.socket()
    bench.open()
    bench.script.receive(#"0{"sid":"s","pid":"p"}"#)
    socket.disconnect().connect()
    bench.open()
    #expect(bench.sent == [#"0{"pid":"p"}"#])
    bench.script.receive(#"0{"sid":"t","pid":"q"}"#)
    #expect(socket.id == "t" && !socket.recovered)
  }

  @Test("Each namespace is recovered separately")
  func namespaces() {
    let bench = ClientBench()
    let (a, b) = (bench.socket("/a"), bench.socket("/b"))
    bench.open()
    bench.script.receive(#"0/a,{"sid":"s","pid":"p"}"#, #"2/a,["news","o"]"#, #"0/b,{"sid":"u"}"#)
    bench.reopen()
    #expect(bench.sent == [#"0/a,{"pid":"p","offset":"o"}"#, "0/b,"])
    bench.script.receive(#"0/a,{"sid":"s","pid":"p"}"#, #"0/b,{"sid":"v"}"#)
    #expect(a.recovered && a.id == "s")
    #expect(!b.recovered && b.id == "v")
  }

  @Test("Without a pid nothing is remembered")
  func unsupported() {
    let (bench, socket) = ClientBench.connected()
    bench.script.receive(#"2["news","o1"]"#)
    bench.reopen()
    #expect(bench.sent == ["0"])
    #expect(!socket.recovered)
  }
}
