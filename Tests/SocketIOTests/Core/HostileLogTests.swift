import Logging
import SocketIOTesting
import Testing

@testable import SocketIO

/// A server that sends control characters wherever it can, and the resulting log.
@Suite("Logs of a hostile server", .timeLimit(.minutes(1)))
struct HostileLogTests {
  private struct Mistake: Error, CustomStringConvertible { let description = hostile }

  private static let hostile = "MARK" + String(String.UnicodeScalarView(PlainTextTests.steering))
  /// The text as a member of a packet.
  private static let quoted = (try? SocketValue.string(hostile).jsonString()) ?? ""

  private let log = Log()

  private func bench(_ configure: (inout SocketIOOptions) -> Void = { _ in }) -> ClientBench {
    ClientBench {
      $0.logger = Logger(label: "test") { _ in RecordLineHandler(log: log) }
      configure(&$0)
    }
  }

  /// - Parameter count: The minimum number of records that quote the server.
  private func expectHarmless(quoting count: Int, _ location: SourceLocation = #_sourceLocation) {
    let lines = log.take()
    #expect(lines.count { $0.contains("MARK") } >= count, "\(lines)", sourceLocation: location)
    for line in lines {
      #expect(
        !line.unicodeScalars.contains(where: PlainTextTests.steering.contains), "\(line.debugDescription)",
        sourceLocation: location)
    }
  }

  @Test("Ids, refusals and close reasons")
  func connection() {
    let bench = bench()
    _ = bench.socket()
    _ = bench.socket("/" + Self.hostile)
    bench.loop.run()
    bench.script.open(#"{"sid":\#(Self.quoted),"upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#)
    bench.script.receive(#"0{"sid":\#(Self.quoted),"pid":\#(Self.quoted)}"#)
    expectHarmless(quoting: 2)
    bench.script.report(.closed(SocketIOError(.connectionLost, "closed (code 1008, \(Self.hostile))")))
    expectHarmless(quoting: 2)
    bench.loop.advance(by: 1_000)
    bench.script.open()
    bench.script.receive(#"4{"message":\#(Self.quoted),"data":\#(Self.quoted)}"#)
    expectHarmless(quoting: 1)
    bench.script.report(.failed(SocketIOError(.httpStatus, "answered \(Self.hostile)", httpStatus: 502)))
    bench.loop.advance(by: 2_000)
    bench.script.report(.failed(SocketIOError(.connectFailed, Self.hostile)))
    expectHarmless(quoting: 2)
  }

  @Test("Upgrades")
  func upgrades() {
    let bench = bench { $0.transports = [.polling, .websocket] }
    _ = bench.socket()
    bench.loop.run()
    bench.script.open(TransportScript.handshake(upgrades: ["websocket"]))
    bench.script.report(.failed(SocketIOError(.protocolViolation, Self.hostile)))
    expectHarmless(quoting: 1)
  }

  @Test("Names of events, and decoding errors of handlers")
  func events() {
    let bench = bench()
    let socket = bench.socket("/news")
    bench.open(joining: "/news")
    socket.on(Self.hostile) { _ in throw Mistake() }
    socket.onAny { _ in throw Mistake() }
    socket.on("n") { (_: Int) in }
    let sequence = socket.events(Self.hostile, buffering: .newest(1))
    for _ in 0..<2 { bench.script.receive("2/news,[\(Self.quoted),\(Self.quoted)]") }
    bench.script.receive(#"2/news,["n",{\#(Self.quoted):\#(Self.quoted)}]"#)
    withExtendedLifetime(sequence) {}
    expectHarmless(quoting: 5)
  }

  @Test(
    "Packets that cannot be decoded",
    arguments: [
      "\(hostile)", "\u{1B}", "9", "2/\(hostile)", "2/\(hostile),[", "2[\(quoted)", "4{\"message\":\"\(hostile)\"}",
    ])
  func packets(packet: String) {
    let bench = bench()
    _ = bench.socket()
    bench.open(joining: "/")
    bench.script.receive(packet)
    expectHarmless(quoting: 0)
  }

  @Test("MessagePack, whose texts are not escaped")
  func messagePack() {
    let bench = bench { $0.parser = MessagePackParser() }
    _ = bench.socket()
    bench.loop.run()
    bench.script.open()
    // {"type": 2, "data": [], "nsp": …}
    let namespace = Array(Self.hostile.utf8)
    let head: [UInt8] = [0x83, 0xA4] + "type".utf8 + [2, 0xA4] + "data".utf8 + [0x90, 0xA3] + "nsp".utf8
    let bytes = head + [0xDA, UInt8(namespace.count >> 8), UInt8(namespace.count & 0xFF)] + namespace
    bench.script.report(.packet(.message(.binary(.init(bytes)))))
    expectHarmless(quoting: 1)
  }

  @Test("Credentials that cannot be provided")
  func credentials() async {
    let bench = bench { $0.auth = .provider { throw Mistake() } }
    let socket = bench.socket()
    bench.open()
    while bench.log.entries.isEmpty { await bench.loop.runNextArrival() }
    expectHarmless(quoting: 1)
    #expect(socket.namespace == "/")
  }
}
