import Dispatch
import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

/// Reading is paused while handlers are behind.
@Suite("Flow control of incoming events", .timeLimit(.minutes(1)))
struct InboundFlowTests {
  private typealias Command = TransportScript.Command

  /// A queue for handlers that do not run before ``release()``.
  private final class HeldQueue: Sendable {
    let queue = DispatchQueue(label: "test")

    init() { queue.suspend() }

    /// Returns when they have run.
    func release() {
      queue.resume()
      queue.sync {}
    }
  }

  /// An event of this many bytes counts for 256 more.
  private func event(_ size: Int) -> String { #"2["e",""# + String(repeating: "x", count: size - 9) + #""]"# }

  /// A joined Socket whose handlers are held, with room for 1,000 bytes.
  private func held(
    _ configure: (inout SocketIOOptions) -> Void = { _ in }
  ) -> (ClientBench, Socket, HeldQueue) {
    let queue = HeldQueue()
    let bench = ClientBench {
      $0.delivery = .queue(queue.queue)
      $0.inboundBuffer = 1_000
      configure(&$0)
    }
    let socket = bench.manager.socket()
    let log = bench.log
    socket.on("e") { _ in log.add("e") }
    bench.open(joining: "/")
    bench.forget()
    return (bench, socket, queue)
  }

  private func commands(_ bench: ClientBench) -> [Command] {
    bench.loop.run()
    return bench.script.commands
  }

  @Test(
    "Values of a custom parser count with the memory of their arrays and objects", arguments: ["[0]", "[]", #"{"":0}"#])
  func containers(element: String) {
    let (bench, _, _) = held {
      $0.inboundBuffer = 13_000
      $0.parser = LateParser()
    }
    bench.script.receive(#"2["e",["# + Array(repeating: element, count: 50).joined(separator: ",") + "]]")
    #expect(commands(bench) == [])
    bench.script.receive(#"2["e",["# + Array(repeating: element, count: 50).joined(separator: ",") + "]]")
    #expect(commands(bench) == [.pauseReading])
  }

  @Test("With the default parser what waits is text, and counts as such", arguments: ["[0]", "[]", #"{"":0}"#])
  func text(element: String) async {
    let (bench, _, _) = held { $0.inboundBuffer = 13_000 }
    let event = #"2["e",["# + Array(repeating: element, count: 50).joined(separator: ",") + "]]"
    bench.script.receive(event)
    bench.script.receive(event)
    #expect(commands(bench) == [])
    #expect(await bench.statistics().inboundBytes == 2 * (InboundGauge.overhead + event.utf8.count))
  }

  @Test("Beyond the limit reading is paused once, and resumes when half of it has been handled")
  func pause() async {
    let (bench, _, queue) = held()
    bench.script.receive(event(244))
    bench.script.receive(event(244))
    #expect(commands(bench) == [])
    bench.script.receive(event(10))
    #expect(commands(bench) == [.pauseReading])
    // Events that were already read are still delivered.
    bench.script.receive(event(10))
    #expect(commands(bench) == [.pauseReading])
    queue.release()
    #expect(commands(bench) == [.pauseReading, .resumeReading])
    #expect(bench.log.entries == ["e", "e", "e", "e"])
    #expect(await bench.statistics().inboundBytes == 0)
  }

  @Test("A message larger than the limit is delivered, and reading resumes after it")
  func large() {
    let (bench, socket) = ClientBench.connected { $0.inboundBuffer = 1 }
    bench.log.follow(socket, events: "e")
    bench.script.receive(#"2["e",1]"#)
    bench.script.receive(#"2["e",2]"#)
    #expect(bench.take() == ["e[1]", "e[2]"])
    #expect(bench.script.commands == [.pauseReading, .resumeReading, .pauseReading, .resumeReading])
  }

  @Test("Events that arrived together are delivered in order, with a pause")
  func piece() {
    let (bench, socket) = ClientBench.connected { $0.inboundBuffer = 2_000 }
    bench.log.follow(socket, events: "e")
    for number in 0..<100 { bench.script.post(.packet(.message(.text(#"2["e",\#(number)]"#)))) }
    #expect(bench.take() == (0..<100).map { "e[\($0)]" })
    #expect(bench.script.commands == [.pauseReading, .resumeReading])
  }

  @Test("Attachments, acknowledgements and events for catch-all handlers count, too")
  func counted() async throws {
    let (bench, socket, queue) = held { $0.inboundBuffer = 100_000 }
    bench.script.receive(#"51-["e",{"_placeholder":true,"num":0}]"#)
    bench.script.report(.packet(.binary(1_000)))
    var expected = 38 + 1_000 + 256
    #expect(await bench.statistics().inboundBytes == expected)
    socket.onAny { _ in }
    bench.script.receive(#"2["x"]"#)
    expected += 6 + 256
    #expect(await bench.statistics().inboundBytes == expected)
    try socket.emit("ask") { _ in }
    bench.loop.run()
    bench.script.receive(#"30["answer"]"#)
    expected += 12 + 256
    #expect(await bench.statistics().inboundBytes == expected)
    queue.release()
    #expect(bench.log.entries == ["e"])
    #expect(await bench.statistics().inboundBytes == 0)
  }

  @Test("Unless handlers are behind, events without a handler are not queued and cost nothing")
  func unheard() async {
    let (bench, socket) = ClientBench.connected()
    bench.script.receive(#"2["x"]"#)
    #expect(bench.manager.handlerQueue.leavesOutUnheard)
    #expect(await bench.statistics().inboundBytes == 0)
    #expect(await bench.statistics().events.received == 1)
    withExtendedLifetime(socket) {}
  }

  @Test("Events that waited for the answer to CONNECT count, too")
  func early() {
    let queue = HeldQueue()
    let bench = ClientBench {
      $0.delivery = .queue(queue.queue)
      $0.inboundBuffer = 1_000
    }
    let socket = bench.manager.socket()
    bench.open()
    for _ in 1...4 { bench.script.receive(event(100)) }
    #expect(!commands(bench).contains(.pauseReading))
    bench.join()
    #expect(commands(bench).last == .pauseReading)
    queue.release()
    #expect(commands(bench).last == .resumeReading)
    withExtendedLifetime(socket) {}
  }

  @Test("Statistics and log report pauses")
  func told() async {
    let recorder = LogRecorder()
    let (bench, _, queue) = held { $0.logger = recorder.logger }
    bench.script.receive(event(1_000))
    bench.loop.advance(by: 3_000)
    #expect(
      recorder.lines.last
        == "warning handlers are behind with 1256 bytes of events: reading is paused until they have caught up")
    var statistics = await bench.statistics()
    #expect(
      statistics.inboundBytes == 1_256 && statistics.readingPauses == 1 && statistics.readingPaused == .seconds(3))
    queue.release()
    #expect(commands(bench).last == .resumeReading)
    #expect(recorder.lines.last == "info reading goes on after 3000 ms")
    bench.loop.advance(by: 3_000)
    statistics = await bench.statistics()
    #expect(statistics.inboundBytes == 0 && statistics.readingPauses == 1 && statistics.readingPaused == .seconds(3))
  }

  @Test("While reading is paused no ping is missed; the heartbeat's time restarts afterwards")
  func heartbeat() throws {
    let (bench, socket, queue) = held()
    bench.script.receive(event(1_000))
    bench.loop.advance(by: 3_600_000)
    try socket.emit("looks at the heartbeat")
    bench.loop.run()
    #expect(socket.connected)
    queue.release()
    #expect(commands(bench).last == .resumeReading)
    bench.loop.advance(by: 44_999)
    #expect(socket.connected)
    bench.loop.advance(by: 2)
    #expect(!socket.connected)
  }

  @Test("A ping that had already been read is answered, and does not restart the heartbeat's time")
  func ping() {
    let (bench, socket, queue) = held()
    bench.script.receive(event(1_000))
    bench.script.report(.packet(.ping("")))
    #expect(bench.script.packets.wire == "3")
    bench.loop.advance(by: 3_600_000)
    #expect(socket.connected)
    queue.release()
  }

  @Test("An upgrade continues, and the WebSocket is not read either")
  func upgrade() {
    let queue = HeldQueue()
    let bench = ClientBench {
      $0.delivery = .queue(queue.queue)
      $0.inboundBuffer = 1_000
      $0.transports = [.polling, .websocket]
    }
    let socket = bench.manager.socket()
    bench.loop.run()
    let polling = bench.script
    polling.open(TransportScript.handshake(upgrades: ["websocket"]))
    polling.report(.writable)
    bench.script.forget()
    polling.receive(#"0{"sid":"s"}"#)
    polling.receive(event(1_000))
    #expect(polling.commands.last == .pauseReading)
    polling.answer(.pause, with: .paused)
    let websocket = bench.script
    #expect(websocket.name == .websocket)
    websocket.report(.opened, .packet(.pong("probe")))
    bench.loop.run()
    #expect(polling.isAborted && bench.manager.transport == .websocket)
    #expect(websocket.commands.contains(.pauseReading))
    queue.release()
    #expect(commands(bench).last == .resumeReading)
    withExtendedLifetime(socket) {}
  }

  @Test("Closing resumes reading, since the server's close comes after its events")
  func closing() {
    let (bench, socket, queue) = held()
    bench.script.receive(event(1_000))
    socket.disconnect()
    #expect(commands(bench) == [.pauseReading, .send([.text("1")]), .resumeReading, .close])
    bench.script.report(.closed(nil))
    queue.release()
  }

  @Test("A new connection is read until its first event beyond the limit")
  func reconnection() async {
    let (bench, socket, queue) = held()
    bench.script.receive(event(1_000))
    bench.script.report(.closed(nil))
    // Waits for the held handlers.
    bench.loop.advance(by: 5_000)
    bench.open(joining: "/")
    #expect(socket.connected)
    #expect(!bench.script.commands.contains(.pauseReading))
    bench.script.receive(event(10))
    #expect(bench.script.commands.last == .pauseReading)
    #expect(await bench.statistics().readingPauses == 2)
    queue.release()
    #expect(commands(bench).last == .resumeReading)
  }
}
