import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("emitWhenWritable", .timeLimit(.minutes(1)))
struct BackpressureTests {
  /// Starts tasks that emit, and waits until the loop knows each before it starts the next.
  ///
  /// - Parameter before: How many calls wait on the other Sockets and this one.
  private func start(
    _ names: String..., on socket: Socket, _ bench: ClientBench, before: Int = 0
  ) async -> [Task<Void, any Error>] {
    var tasks: [Task<Void, any Error>] = []
    let (loop, log) = (bench.loop, bench.log)
    for (index, name) in names.enumerated() {
      tasks.append(
        Task {
          do {
            try await socket.emitWhenWritable("e", name)
            log.add("\(name) queued")
          } catch {
            log.add("\(name) \((error as? SocketIOError)?.code.rawValue ?? "")")
          }
          loop.post {}
        })
      while true {
        let waiting = await bench.statistics().events.waiting
        if waiting + log.entries.count > before + index { break }
      }
    }
    return tasks
  }

  /// Joined, with this many bytes in a transport that takes no more.
  private func full(highWaterMark: Int = 1_000) -> (ClientBench, Socket) {
    let (bench, socket) = ClientBench.connected { $0.highWaterMark = highWaterMark }
    bench.script.takesMore = false
    bench.script.queuedBytes = highWaterMark + 1
    return (bench, socket)
  }

  /// The transport hands over everything it had.
  private func drain(_ bench: ClientBench) {
    bench.script.queuedBytes = 0
    bench.script.takesMore = true
    bench.script.report(.writable)
  }

  @Test("With little queued the call returns at once")
  func free() async {
    let (bench, socket) = ClientBench.connected()
    let tasks = await start("a", "b", on: socket, bench)
    await bench.loop.run { bench.log.entries.count == 2 }
    for task in tasks { _ = await task.result }
    #expect(bench.sent == [#"2["e","a"]"#, #"2["e","b"]"#])
  }

  @Test("With too much queued calls wait, and continue in order when the connection has handed it over")
  func waiting() async throws {
    let (bench, socket) = full()
    let tasks = await start("a", "b", "c", on: socket, bench)
    #expect(bench.log.entries == [])
    // An emit does not wait.
    try socket.emit("now")
    drain(bench)
    await bench.loop.run { bench.log.entries.count == 3 }
    for task in tasks { _ = await task.result }
    #expect(bench.sent == [#"2["now"]"#, #"2["e","a"]"#, #"2["e","b"]"#, #"2["e","c"]"#])
    #expect(Set(bench.log.entries) == ["a queued", "b queued", "c queued"])
  }

  @Test("Calls on several Sockets continue in the order in which they were made")
  func turns() async {
    let (bench, first) = full()
    let second = bench.manager.socket("/b")
    bench.join("/b")
    bench.script.forget()
    var tasks: [Task<Void, any Error>] = []
    for (index, name) in ["a", "b", "c", "d", "e", "f"].enumerated() {
      tasks += await start(name, on: index % 2 == 0 ? second : first, bench, before: index)
    }
    tasks[2].cancel()
    await bench.loop.run { bench.log.entries == ["c cancelled"] }
    drain(bench)
    await bench.loop.run { bench.log.entries.count == 6 }
    for task in tasks { _ = await task.result }
    #expect(
      bench.sent == [#"2/b,["e","a"]"#, #"2["e","b"]"#, #"2["e","d"]"#, #"2/b,["e","e"]"#, #"2["e","f"]"#])
  }

  @Test("A Socket with a full buffer does not delay others")
  func fullBuffer() async throws {
    let (bench, socket) = full()
    let idle = bench.manager.socket("/idle")
    idle.disconnect()
    // The answer to its first CONNECT.
    bench.join("/idle")
    try idle.emit("large", Data(count: 2_000))
    var tasks = await start("a", on: idle, bench, before: 0)
    tasks += await start("b", on: socket, bench, before: 1)
    drain(bench)
    await bench.loop.run { bench.log.entries == ["b queued"] }
    idle.connect()
    bench.join("/idle")
    await bench.loop.run { bench.log.entries == ["b queued", "a queued"] }
    for task in tasks { _ = await task.result }
  }

  @Test("A call does not wait at exactly the mark, and an admitted event counts for the next")
  func mark() async {
    let (bench, socket) = ClientBench.connected { $0.highWaterMark = 20 }
    bench.script.takesMore = false
    bench.script.queuedBytes = 20
    let tasks = await start("first", "second", "third", on: socket, bench)
    // The transport took the first without changing its figure; the second waits in the engine.
    await bench.loop.run { bench.log.entries.count == 2 }
    #expect(bench.log.entries == ["first queued", "second queued"])
    #expect(bench.sent == [#"2["e","first"]"#])
    drain(bench)
    await bench.loop.run { bench.log.entries.count == 3 }
    for task in tasks { _ = await task.result }
    #expect(bench.sent == [#"2["e","first"]"#, #"2["e","second"]"#, #"2["e","third"]"#])
  }

  @Test("Buffered events count; the calls continue once connected")
  func offline() async throws {
    let bench = ClientBench { $0.highWaterMark = 1_000 }
    let socket = bench.socket()
    try socket.emit("large", Data(count: 2_000))
    let tasks = await start("a", "b", on: socket, bench)
    #expect(bench.log.entries == [])
    #expect(socket.bufferedEvents == 1)
    bench.open(joining: "/")
    await bench.loop.run { bench.log.entries.count == 3 }
    for task in tasks { _ = await task.result }
    #expect(bench.sent.suffix(2) == [#"2["e","a"]"#, #"2["e","b"]"#])
  }

  @Test("Cancellation ends the wait, the event is not sent, and the others keep their order")
  func cancellation() async {
    let (bench, socket) = full()
    let tasks = await start("a", "b", "c", on: socket, bench)
    tasks[1].cancel()
    await bench.loop.run { bench.log.entries == ["b cancelled"] }
    drain(bench)
    await bench.loop.run { bench.log.entries.count == 3 }
    for task in tasks { _ = await task.result }
    #expect(bench.sent == [#"2["e","a"]"#, #"2["e","c"]"#])
    #expect(await bench.statistics().events.drops.cancelled == 1)
  }

  @Test("An already cancelled task emits nothing")
  func cancelledBefore() async {
    let (bench, socket) = ClientBench.connected()
    #expect(await bench.codeWhenCancelled { try await socket.emitWhenWritable("e") } == .cancelled)
    #expect(bench.sent == [])
  }

  enum End: CaseIterable { case disconnect, serverDisconnect, loss }

  @Test("Losing or leaving the namespace ends the wait with disconnected", arguments: End.allCases)
  func end(_ end: End) async {
    let (bench, socket) = full()
    let tasks = await start("a", "b", on: socket, bench)
    switch end {
    case .disconnect: socket.disconnect()
    case .serverDisconnect: bench.script.receive("1")
    case .loss: bench.script.report(.closed(nil))
    }
    await bench.loop.run { bench.log.entries.filter { $0.hasSuffix(" disconnected") }.count == 2 }
    for task in tasks { _ = await task.result }
    #expect(!bench.sent.contains { $0.contains(#""e""#) })
  }

  @Test(
    "A refusal, and disconnect() before the connection, end the wait; a failed attempt does not",
    arguments: [true, false])
  func endBeforeJoining(isRefused: Bool) async throws {
    let bench = ClientBench { $0.highWaterMark = 10 }
    let socket = bench.manager.socket()
    try socket.emit("fills the buffer")
    let tasks = await start("a", on: socket, bench)
    bench.script.report(.failed(Fixture.refused))
    #expect(bench.log.entries == [])
    bench.loop.advance(by: 1_000)
    bench.open()
    if isRefused { bench.script.receive(#"4{"message":"no"}"#) } else { socket.disconnect() }
    await bench.loop.run { bench.log.entries == ["a disconnected"] }
    for task in tasks { _ = await task.result }
  }

  @Test("A full buffer is an error for the call whose turn it is")
  func bufferFull() async {
    let bench = ClientBench { $0.offlineBuffer.maxEvents = 1 }
    let socket = bench.manager.socket()
    let tasks = await start("a", "b", on: socket, bench)
    await bench.loop.run { bench.log.entries.count == 2 }
    for task in tasks { _ = await task.result }
    #expect(Set(bench.log.entries) == ["a queued", "b buffer_full"])
  }

  @Test("With retries, events that wait for their turn count")
  func retries() async throws {
    let bench = ClientBench {
      $0.highWaterMark = 10
      $0.retries = 1
    }
    let socket = bench.manager.socket()
    bench.open(joining: "/")
    bench.forget()
    try socket.emit("in flight")
    try socket.emit("waits for its turn")
    let tasks = await start("a", on: socket, bench)
    #expect(bench.log.entries == [])
    bench.script.receive("30[]")
    await bench.loop.run { bench.log.entries == ["a queued"] }
    for task in tasks { _ = await task.result }
  }

  @Test("Over polling, bytes in the engine's buffer count until their POST is answered")
  func polling() async throws {
    let (bench, socket) = ClientBench.connected {
      $0.transports = [.polling]
      $0.highWaterMark = 50
    }
    bench.script.report(.writable)
    try socket.emit("posted")
    for number in 0..<20 { try socket.emit("waits", number) }
    let tasks = await start("a", on: socket, bench)
    #expect(bench.log.entries == [])
    // 16 leave with the next POST, the rest with the one after it.
    bench.script.report(.writable)
    #expect(bench.log.entries == [])
    bench.script.report(.writable)
    await bench.loop.run { bench.log.entries == ["a queued"] }
    for task in tasks { _ = await task.result }
  }

  @Test("A reserved name is refused, and modifiers apply")
  func modifiers() async throws {
    let (bench, socket) = ClientBench.connected()
    let error = await #expect(throws: SocketIOError.self) { try await socket.emitWhenWritable("connect") }
    #expect(error?.code == .reservedEvent)
    let (loop, log) = (bench.loop, bench.log)
    let task = Task {
      try await socket.compress(false).emitWhenWritable("e", with: [1])
      try await socket.compress(false).emitWhenWritable("e", 2, ["a": "b"])
      let values: [Double] = [3.5]
      try await socket.compress(false).emitWhenWritable("e", values, Data([1]))
      try await socket.compress(false).emitWhenWritable("e")
      try await socket.emitWhenWritable("e", with: [4, nil])
      log.add("queued")
      loop.post {}
    }
    await loop.run { log.entries == ["queued"] }
    try await task.value
    #expect(
      bench.sent == [
        #"uncompressed 2["e",1]"#, #"uncompressed 2["e",2,{"a":"b"}]"#,
        #"uncompressed 51-["e",[3.5],{"_placeholder":true,"num":0}]"#, "uncompressed <1 bytes>",
        #"uncompressed 2["e"]"#, #"2["e",4,null]"#,
      ])
  }

  @Test("Calls on an unconnected Socket continue when the connection of another one is lost")
  func lossOfAnother() async {
    let (bench, _) = full()
    let idle = bench.manager.socket("/idle")
    idle.disconnect()
    let tasks = await start("a", on: idle, bench)
    #expect(bench.log.entries == [])
    bench.script.report(.closed(nil))
    await bench.loop.run { bench.log.entries.contains("a queued") }
    for task in tasks { _ = await task.result }
    #expect(idle.bufferedEvents == 1)
  }
}
