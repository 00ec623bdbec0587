import Dispatch
import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Asynchronous sequences", .timeLimit(.minutes(1)))
struct EventSequenceTests {
  // MARK: What they give

  @Test("A sequence has the events since its creation, in order, and they can be answered")
  func events() async throws {
    let (bench, socket) = ClientBench.connected()
    bench.script.receive(#"2["a","before"]"#)
    let events = socket.events("a")
    bench.script.receive(#"2["a",1]"#, #"2["b"]"#, #"20["a",2]"#)
    var iterator = events.makeAsyncIterator()
    #expect(await iterator.next()?.args == [1])
    let second = try #require(await iterator.next())
    #expect(second.args == [2])
    try second.ack?("fine")
    #expect(bench.sent == [#"30["fine"]"#])
  }

  @Test("A waiting reader gets the next element", arguments: 0..<10)
  func waiting(_: Int) async {
    let (bench, socket) = ClientBench.connected()
    let (loop, log) = (bench.loop, bench.log)
    let events = socket.events("a")
    let reader = Task {
      for await event in events {
        log.add("\(event.args)")
        loop.post {}
        if event.args == ["last"] { break }
      }
    }
    bench.script.receive(#"2["a",1]"#)
    await loop.run { log.entries.count == 1 }
    bench.script.receive(#"2["a",2]"#, #"2["a","last"]"#)
    await reader.value
    #expect(log.entries == ["[1]", "[2]", #"["last"]"#])
  }

  @Test("Typed events are values or tuples; undecodable ones are reported and skipped")
  func typed() async {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on(.handlerError) { log.add("\($0.event): \($0.error)") }
    let (numbers, pairs) = (socket.events("a", as: Int.self), socket.events("a", as: Int.self, String?.self))
    bench.script.receive(#"2["a",1,"x"]"#, #"2["a","y"]"#, #"2["a",2]"#)
    var number = numbers.makeAsyncIterator()
    #expect(await number.next() == 1)
    #expect(await number.next() == 2)
    var pair = pairs.makeAsyncIterator()
    #expect(await pair.next() ?? (0, "") == (1, "x"))
    #expect(await pair.next() ?? (0, "") == (2, nil))
    let failure = "a: argument 1 of \"a\" cannot be decoded as Int: Expected Int, found a string."
    #expect(bench.take() == [failure, failure])
  }

  @Test("A sequence of every event survives off(), and ends with offAny()")
  func anyEvent() async {
    let (bench, socket) = ClientBench.connected()
    let events = socket.events()
    bench.script.receive(#"2["a"]"#)
    socket.off()
    bench.script.receive(#"2["b"]"#)
    socket.offAny()
    bench.script.receive(#"2["c"]"#)
    #expect(await events.reduce(into: []) { $0.append($1.name) } == ["a", "b"])
  }

  @Test("A sequence and the handlers of its event are called in the order of registration")
  func orderAmongHandlers() async {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("a") { _ in log.add("handler \(socket.listeners("a").count)") }
    let events = socket.events("a")
    socket.on("a") { _ in
      // The elements to be read later are already there.
      socket.off("a")
    }
    bench.script.receive(#"2["a",1]"#)
    #expect(bench.take() == ["handler 3"])
    #expect(await events.reduce(into: []) { $0.append($1.args) } == [[1]])
  }

  @Test("The changes of a connection are one sequence, across losses")
  func changes() async {
    let bench = ClientBench()
    let socket = bench.manager.socket()
    let (changes, connects, manager) = (socket.changes(), socket.events(.connect), bench.manager.changes())
    let attempts = bench.manager.events(.reconnectAttempt)
    bench.loop.run()
    bench.script.report(.failed(Fixture.refused))
    bench.loop.advance(by: 1_000)
    bench.open(joining: "/", sid: "one")
    bench.reopen(joining: "/", sid: "two")
    socket.disconnect()
    bench.loop.run()
    socket.off()
    bench.manager.off()
    let told = await changes.reduce(into: [String]()) { told, change in
      switch change {
      case .connect(let connection): told.append("connect \(connection.id)")
      case .disconnect(let disconnection): told.append("disconnect \(disconnection.reason)")
      case .connectError(let error): told.append("connect_error \(error)")
      }
    }
    #expect(
      told == [
        "connect_error refused", "connect one", "disconnect transport close", "connect two",
        "disconnect io client disconnect",
      ])
    #expect(await connects.reduce(into: []) { $0.append($1.id) } == ["one", "two"])
    #expect(await attempts.reduce(into: []) { $0.append($1) } == [1, 1])
    #expect(
      await manager.reduce(into: []) { $0.append("\($1)") } == [
        "error(refused)", "reconnectAttempt(1)", "open", "reconnect(1)", "close(transport close)",
        "reconnectAttempt(1)", "open", "reconnect(1)", "close(forced close)",
      ])
  }

  // MARK: Their end

  @Test("Leaving the loop removes the handler, and so does releasing an unread sequence")
  func letGo() async {
    let (bench, socket) = ClientBench.connected()
    do {
      let unread = socket.events("a")
      #expect(socket.listeners("a").count == 1)
      withExtendedLifetime(unread) {}
    }
    #expect(!socket.hasListeners("a"))
    let events = Locked<EventSequence<SocketEvent>?>(socket.events("a"))
    bench.script.receive(#"2["a"]"#)
    let reader = Task {
      guard let sequence = events.withLock({ $0 }) else { return }
      for await _ in sequence { break }
    }
    await reader.value
    #expect(socket.hasListeners("a"))
    events.withLock { $0 = nil }
    #expect(!socket.hasListeners("a"))
  }

  @Test("Cancelling the task ends its own reading only", arguments: 0..<10)
  func cancellation(_: Int) async {
    let (bench, socket) = ClientBench.connected()
    let events = socket.events("a")
    let cancelled = Task {
      for await _ in events { return true }
      return false
    }
    cancelled.cancel()
    #expect(await cancelled.value == false)
    // An already cancelled task gets nothing, even if there is an element.
    bench.script.receive(#"2["a",1]"#)
    let before = Task {
      while !Task.isCancelled { await Task.yield() }
      var iterator = events.makeAsyncIterator()
      return await iterator.next() == nil
    }
    before.cancel()
    #expect(await before.value)
    var iterator = events.makeAsyncIterator()
    #expect(await iterator.next()?.args == [1])
  }

  @Test("A lost connection does not end a sequence; freeing the Socket or the Manager does")
  func lifetime() async {
    let connector = ScriptedConnector(loop: VirtualLoop(), options: ClientBench.options { $0.autoConnect = false })
    let loop = VirtualLoop()
    let (events, changes): (EventSequence<SocketEvent>, EventSequence<ManagerChange>)
    weak var released: Socket?
    do {
      let socket = Manager(loop: loop, connector: connector, options: connector.options).socket()
      released = socket
      (events, changes) = (socket.events("a"), socket.io.changes())
      loop.run()
    }
    loop.run()
    #expect(released == nil)
    #expect(await events.reduce(0) { count, _ in count + 1 } == 0)
    #expect(await changes.reduce(0) { count, _ in count + 1 } == 0)
  }

  // MARK: Overflow

  @Test("A full buffer drops the oldest or the newest element, and counts")
  func overflow() async {
    let logger = LogRecorder()
    let (bench, socket) = ClientBench.connected { $0.logger = logger.logger }
    let (newest, oldest) = (socket.events("a", buffering: .newest(2)), socket.events("a", buffering: .oldest(2)))
    let none = socket.events("a", as: Int.self, buffering: .newest(-1))
    for number in 1...5 { bench.script.receive("2[\"a\",\(number)]") }
    socket.off("a")
    #expect((newest.droppedCount, oldest.droppedCount, none.droppedCount) == (3, 3, 5))
    #expect(await newest.reduce(into: []) { $0 += $1.args } == [4, 5])
    #expect(await oldest.reduce(into: []) { $0 += $1.args } == [1, 2])
    #expect(await none.reduce(0, +) == 0)
    let warnings = logger.lines.filter { $0.hasPrefix("warning") }
    #expect(
      warnings == Array(repeating: "warning a sequence of \"a\" is not read fast enough and drops elements", count: 3))
  }

  @Test(
    "With concurrent readers and writers, every element is delivered once or counted", arguments: [50, 10_000])
  func concurrency(limit: Int) async {
    let buffer = EventBuffer<Int>(.newest(limit))
    let readers = (0..<3).map { _ in
      Task {
        var read: [Int] = []
        while let element = await buffer.next(isolation: nil) { read.append(element) }
        return read
      }
    }
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
          for index in 0..<500 { _ = buffer.offer(thread * 500 + index) }
        }
        buffer.finish()
        continuation.resume()
      }
    }
    var read: [Int] = []
    for reader in readers {
      let part = await reader.value
      for thread in 0..<4 {
        let own = part.filter { $0 / 500 == thread }
        #expect(own == own.sorted())
      }
      read += part
    }
    #expect(read.count + buffer.dropped == 2_000)
    #expect(Set(read).count == read.count)
    if limit == 10_000 { #expect(buffer.dropped == 0) }
  }

  @Test("An unbounded sequence loses nothing: what has not been read counts as waiting, until it is read or ends")
  func unbounded() async {
    let (bench, socket) = ClientBench.connected { $0.inboundBuffer = 2_000 }
    let numbers = socket.events("a", as: Int.self, buffering: .unbounded)
    for number in 0..<1_500 { bench.script.receive("2[\"a\",\(number)]") }
    bench.loop.run()
    #expect(bench.manager.handlerQueue.isFull)
    var iterator = numbers.makeAsyncIterator()
    for number in 0..<1_500 { #expect(await iterator.next() == number) }
    #expect(bench.manager.handlerQueue.inboundBytes == 0 && !bench.manager.handlerQueue.isFull)
    #expect(numbers.droppedCount == 0)
  }
}
