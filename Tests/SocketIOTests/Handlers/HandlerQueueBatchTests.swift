import Dispatch
import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

/// When handlers outside the loop are started, and where their values are freed.
@Suite("Batches of handlers", .timeLimit(.minutes(1)))
struct HandlerQueueBatchTests {
  private let loop = VirtualLoop()
  private let queue = DispatchQueue(label: "test")
  private let log = Log()

  /// Enqueues handlers in each of a number of turns, after waiting for started ones.
  private func run(turns: Int, enqueuing count: Int) {
    let handlerQueue = HandlerQueue(.queue(queue), loop: loop)
    @Sendable func begin(turn: Int) {
      queue.sync {}
      log.add("turn \(turn)")
      for _ in 0..<count { handlerQueue.enqueue { [log] in log.add("handler") } }
      if turn < turns { loop.post { begin(turn: turn + 1) } }
    }
    loop.post { begin(turn: 1) }
    loop.run()
    // A long batch ends early, and continues after waiting work.
    while log.entries.count < turns * (count + 1) { queue.sync {} }
  }

  /// Enqueues 20 items in one turn, and waits until their handlers have run.
  private func deliver(_ item: @escaping @Sendable (_ number: Int) -> HandlerQueue.Item) async {
    let handlerQueue = HandlerQueue(.queue(queue), loop: loop)
    await withCheckedContinuation { continuation in
      loop.post {
        for number in 1...20 { handlerQueue.enqueue(item(number)) }
        handlerQueue.enqueue { continuation.resume() }
      }
      loop.run()
    }
  }

  @Test("A few handlers are started at the end of the turn")
  func few() {
    run(turns: 2, enqueuing: 2)
    #expect(log.entries == ["turn 1", "handler", "handler", "turn 2", "handler", "handler"])
  }

  @Test("While many arrive, they are started together")
  func many() {
    run(turns: 5, enqueuing: 10)
    #expect(log.entries == (1...5).map { "turn \($0)" } + Array(repeating: "handler", count: 50))
  }

  @Test("However many arrive, they do not wait for long")
  func limit() throws {
    run(turns: 100, enqueuing: 10)
    let turns = try #require(log.entries.firstIndex(of: "handler"))
    #expect(5...20 ~= turns)
    #expect(log.entries.count { $0 == "handler" } == 1_000)
  }

  @Test("Small values for many handlers are freed on the loop, which made them")
  func values() async {
    await deliver { _ in
      .answer(AckCallback(event: "e") { _ in }, .success(ReceivedAnswer(.values([.binary(tracked(100))], size: 100))))
    }
    await loop.run { log.entries.count == 20 }
    #expect(Set(log.entries) == ["on the loop: true"])
  }

  @Test("What the closure of an emit holds is freed where it ran")
  func closures() async {
    await deliver { _ in
      let held = tracked(100)
      let callback = AckCallback(event: "e") { _ in withExtendedLifetime(held) {} }
      return .answer(callback, .success(ReceivedAnswer(.values([], size: 0))))
    }
    #expect(log.entries == Array(repeating: "on the loop: false", count: 20))
  }

  @Test("Large values are freed as soon as their handler has returned")
  func largeValues() async {
    await deliver { [log] number in
      let callback = AckCallback(event: "e") { _ in log.add("handler \(number)") }
      return .answer(callback, .success(ReceivedAnswer(.values([.binary(tracked(100_000))], size: 100_000))))
    }
    #expect(log.entries == (1...20).flatMap { ["handler \($0)", "on the loop: false"] })
  }

  /// The position at which other work of the same queue runs, enqueued with the first of many handlers.
  private func turn(of name: String, after body: @escaping @Sendable () -> Void = {}) async -> Int? {
    let handlerQueue = HandlerQueue(.queue(queue), loop: loop)
    await withCheckedContinuation { continuation in
      loop.post { [log, queue] in
        handlerQueue.enqueue { queue.async { log.add(name) } }
        for _ in 0..<1_000 {
          handlerQueue.enqueue {
            log.add("handler")
            body()
          }
        }
        handlerQueue.enqueue { continuation.resume() }
      }
      loop.run()
    }
    return log.entries.firstIndex(of: name)
  }

  @Test("After 64 handlers the queue's other work gets its turn")
  func longRun() async {
    #expect(await turn(of: "other") == 63)
    #expect(log.entries.count { $0 == "handler" } == 1_000)
  }

  @Test("After 4 ms the queue's other work gets its turn")
  func slowRun() async {
    let loop = loop
    #expect(await turn(of: "other") { loop.sleep(2) } == 2)
    #expect(log.entries.count { $0 == "handler" } == 1_000)
  }

  /// The position at which other work of the loop runs, enqueued with the first of many handlers.
  private func turnOnLoop(after body: @escaping @Sendable () -> Void = {}) -> Int? {
    let handlerQueue = HandlerQueue(.eventLoop, loop: loop)
    handlerQueue.enqueue { [loop, log] in loop.post { log.add("other") } }
    for _ in 0..<1_000 {
      handlerQueue.enqueue { [log] in
        log.add("handler")
        body()
      }
    }
    loop.run()
    #expect(log.entries.count == 1_001)
    return log.entries.firstIndex(of: "other")
  }

  @Test("Handlers on the event loop run before it reads on")
  func longRunOnLoop() {
    #expect(turnOnLoop() == 1_000)
  }

  @Test("After 4 ms other work of the event loop gets its turn", arguments: [(1, 7), (0, 71)])
  func slowRunOnLoop(milliseconds: UInt64, turn: Int) {
    let (loop, log) = (loop, log)
    // The loop's clock is read after every eighth handler, here in the first run or in the second.
    #expect(turnOnLoop { loop.sleep(log.entries.count == 70 ? 4 : milliseconds) } == turn)
  }

  @Test("So it does if each handler leaves the next one something to do")
  func endlessRunsOnLoop() {
    let handlerQueue = HandlerQueue(.eventLoop, loop: loop)
    let (loop, log) = (loop, log)
    @Sendable func handle() {
      log.add("handler")
      loop.sleep(1)
      if log.entries.count < 100 { handlerQueue.enqueue { handle() } }
    }
    handlerQueue.enqueue {
      loop.post { log.add("other") }
      handle()
    }
    loop.run()
    #expect(log.entries.firstIndex(of: "other") == 5)
    #expect(log.entries.count == 100)
  }

  /// Data that logs where it is freed.
  private func tracked(_ count: Int) -> Data {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 1)
    return Data(
      bytesNoCopy: memory, count: count,
      deallocator: .custom { [log, loop] memory, _ in
        memory.deallocate()
        log.add("on the loop: \(loop.isCurrent)")
      })
  }
}
