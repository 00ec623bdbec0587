import Foundation
import Logging
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("The buffer of events that wait for a connection", .timeLimit(.minutes(1)))
struct OfflineBufferTests {
  private func bench(
    _ overflow: OfflineBuffer.Overflow, maxEvents: Int = 3, maxBytes: Int = 1_000, retries: Int = 0
  ) -> (ClientBench, Socket) {
    let bench = ClientBench {
      $0.offlineBuffer = OfflineBuffer(maxEvents: maxEvents, maxBytes: maxBytes, overflow: overflow)
      $0.retries = retries
    }
    return (bench, bench.socket())
  }

  private func emit(_ numbers: ClosedRange<Int>, on socket: Socket, _ log: Log) {
    for number in numbers {
      do {
        try socket.emit("e", number) { result in
          if case .failure(let error) = result { log.add("\(number) \(error.code)") }
        }
      } catch {
        log.add("\(number) throws \(error.code)")
      }
    }
  }

  private static let firstThree = ["0", #"20["e",1]"#, #"21["e",2]"#, #"22["e",3]"#]

  // MARK: The three policies

  @Test("refuse: emit throws, whether or not the loop ran in between", arguments: [true, false])
  func refuse(runs: Bool) async {
    let (bench, socket) = bench(.refuse)
    emit(1...2, on: socket, bench.log)
    if runs { bench.loop.run() }
    emit(3...5, on: socket, bench.log)
    #expect(bench.take() == ["4 throws buffer_full", "5 throws buffer_full"])
    #expect(socket.bufferedEvents == 3)
    #expect(await bench.statistics().events.drops.bufferFull == 2)
    bench.open(joining: "/")
    #expect(bench.sent == Self.firstThree)
    #expect(socket.bufferedEvents == 0)
  }

  @Test("refuse: emitWithAck throws")
  func refuseAsync() async {
    let (_, socket) = bench(.refuse, maxEvents: 0)
    let error = await #expect(throws: SocketIOError.self) { try await socket.emitWithAck("e") }
    #expect(error?.code == .bufferFull)
  }

  @Test("refuse: an event that the caller could not know to be too much is dropped, and its acknowledgement fails")
  func refuseLate() async throws {
    let (bench, socket) = bench(.refuse, maxEvents: 0)
    bench.open(joining: "/")
    _ = bench.take()
    let log = bench.log
    // When the loop runs, it sees the lost connection; the caller does not yet.
    bench.manager.engine.close()
    #expect(socket.connected)
    try socket.emit("e") { log.add($0.outcome) }
    #expect(bench.take() == ["disconnect: forced close", "buffer_full"])
    #expect(await bench.statistics().events.drops.bufferFull == 1)
    #expect(socket.bufferedEvents == 0)
  }

  struct Drop: Sendable {
    let overflow: OfflineBuffer.Overflow
    let dropped: ClosedRange<Int>
    let sent: [String]
  }

  static let drops = [
    Drop(overflow: .dropNewest, dropped: 4...5, sent: firstThree),
    Drop(overflow: .dropOldest, dropped: 1...2, sent: ["0", #"22["e",3]"#, #"23["e",4]"#, #"24["e",5]"#]),
  ]

  @Test("Events that the policy drops are not sent, and their acknowledgements fail", arguments: drops)
  func policies(_ expected: Drop) async {
    let (bench, socket) = bench(expected.overflow)
    emit(1...5, on: socket, bench.log)
    #expect(bench.take() == expected.dropped.map { "\($0) buffer_full" })
    #expect(socket.bufferedEvents == 3)
    #expect(await bench.statistics().events.drops.bufferFull == 2)
    bench.open(joining: "/")
    #expect(bench.sent == expected.sent)
  }

  // MARK: Bytes

  @Test("Bytes count as well as events")
  func bytes() throws {
    let (bench, socket) = bench(.refuse, maxEvents: 100)
    try socket.emit("e", Data(count: 600))
    let error = #expect(throws: SocketIOError.self) { try socket.emit("e", Data(count: 600)) }
    #expect(error?.code == .bufferFull)
    try socket.emit("e", 1)
    bench.open(joining: "/")
    try socket.emit("e", Data(count: 6_000))
    #expect(bench.sent.count == 1 + 2 + 1 + 2)
  }

  @Test("dropOldest makes as much room as needed, and none for an event that would never fit")
  func dropForBytes() throws {
    let (bench, socket) = bench(.dropOldest, maxEvents: 100)
    let log = bench.log
    for number in 1...3 { try socket.emit("e", number, Data(count: 250)) { log.add("\(number) \($0.outcome)") } }
    try socket.emit("e", 4, Data(count: 2_000)) { log.add("4 \($0.outcome)") }
    #expect(bench.take() == ["4 buffer_full"])
    try socket.emit("e", 5, Data(count: 600))
    #expect(bench.take() == ["1 buffer_full", "2 buffer_full"])
    #expect(socket.bufferedEvents == 2)
  }

  // MARK: Room is given back

  @Test("Room is returned when events are sent, time out or are cancelled")
  func givenBack() async throws {
    let (bench, socket) = bench(.refuse)
    try socket.timeout(.milliseconds(5)).emit("a") { _ in }
    let task = Task { try await socket.emitWithAck("b", timeout: .seconds(50)) }
    await bench.loop.run { socket.bufferedEvents == 2 }
    try socket.emit("c")
    #expect(throws: SocketIOError.self) { try socket.emit("d") }
    bench.loop.advance(by: 5)
    try socket.emit("e")
    #expect(throws: SocketIOError.self) { try socket.emit("f") }
    task.cancel()
    await bench.loop.run { socket.bufferedEvents == 2 }
    try socket.emit("g")
    bench.open(joining: "/")
    #expect(bench.sent == ["0", #"2["c"]"#, #"2["e"]"#, #"2["g"]"#])
    bench.script.report(.closed(nil))
    for number in 1...3 { try socket.emit("h", number) }
    #expect(throws: SocketIOError.self) { try socket.emit("h", 4) }
  }

  @Test("An event that finds the connection open when the loop takes it returns its room")
  func roomNotNeeded() throws {
    let (bench, socket) = bench(.refuse)
    bench.open()
    // The answer to CONNECT is under way when the event is emitted.
    bench.script.post(.packet(.message(.text(#"0{"sid":"s"}"#))))
    #expect(!socket.connected)
    try socket.emit("e")
    #expect(socket.bufferedEvents == 1)
    #expect(bench.sent == ["0", #"2["e"]"#])
    #expect(socket.bufferedEvents == 0)
  }

  @Test("Connected, nothing is limited")
  func connected() throws {
    let (bench, socket) = bench(.refuse, maxEvents: 0, maxBytes: 0)
    bench.open(joining: "/")
    for number in 1...10 { try socket.emit("e", number) }
    #expect(bench.sent.count == 11)
    try socket.volatile.emit("v")
    bench.script.report(.closed(nil))
    try socket.volatile.emit("v")
    #expect(throws: SocketIOError.self) { try socket.emit("e") }
  }

  @Test("The order is kept across several losses, and buffered events come before those emitted on the next connection")
  func order() throws {
    let (bench, socket) = bench(.refuse, maxEvents: 100)
    for round in 0..<3 {
      for number in 1...3 { try socket.emit("e", round * 10 + number) }
      bench.loop.advance(by: 1_000)
      bench.open(joining: "/")
      try socket.emit("e", round * 10 + 4)
      #expect(bench.sent == ["0"] + (1...4).map { #"2["e",\#(round * 10 + $0)]"# })
      bench.script.report(.closed(nil))
    }
  }

  // MARK: Retries

  @Test("With retries the limit also applies to events that wait for their turn, connected or not")
  func retries() async throws {
    let (bench, socket) = bench(.refuse, retries: 1)
    bench.open(joining: "/")
    bench.forget()
    emit(1...4, on: socket, bench.log)
    #expect(bench.take() == ["4 throws buffer_full"])
    bench.script.receive("30[]")
    try socket.emit("e", 5)
    #expect(bench.sent == [#"20["e",1]"#, #"21["e",2]"#])
    #expect(socket.bufferedEvents == 3)
    #expect(await bench.statistics().events.buffered == 2)
  }

  @Test("With retries, dropOldest does not drop the event in flight")
  func retriesDropOldest() throws {
    let (bench, socket) = bench(.dropOldest, retries: 1)
    bench.open(joining: "/")
    bench.forget()
    emit(1...4, on: socket, bench.log)
    #expect(bench.take() == ["2 buffer_full"])
    for id in 0...2 { bench.script.receive("3\(id)[]") }
    #expect(bench.sent == [#"20["e",1]"#, #"21["e",3]"#, #"22["e",4]"#])
    #expect(socket.bufferedEvents == 0)
  }

  @Test("A change of a Socket's options applies to Sockets made after it")
  func changes() throws {
    let bench = ClientBench { $0.autoConnect = false }
    let first = bench.manager.socket("/a")
    bench.manager.opts.offlineBuffer.maxEvents = 0
    bench.manager.opts.retries = 2
    bench.manager.opts.ackTimeout = .seconds(7)
    let second = bench.manager.socket("/b")
    try first.emit("e")
    let error = #expect(throws: SocketIOError.self) { try second.emit("e") }
    #expect(error?.code == .bufferFull)
    #expect(first.retries == 0 && second.retries == 2)
    #expect(first.ackTimeout == nil && second.ackTimeout == .seconds(7))
  }

  @Test("The defaults hold tens of thousands of events", arguments: [OfflineBuffer.Overflow.refuse, .dropOldest])
  func defaults(overflow: OfflineBuffer.Overflow) throws {
    let bench = ClientBench { $0.offlineBuffer.overflow = overflow }
    let socket = bench.socket()
    for number in 0..<20_000 { try socket.emit("e", number) }
    bench.open(joining: "/")
    let sent = bench.sent
    #expect(sent.count == 20_001)
    #expect(sent.dropFirst().enumerated().allSatisfy { $1 == #"2["e",\#($0)]"# })
  }
}
