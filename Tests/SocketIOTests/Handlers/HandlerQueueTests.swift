import Dispatch
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Where handlers run")
struct DeliveryTests {
  private let loop = VirtualLoop()
  private let log = Log()

  @Test("What waits is small")
  func itemSize() {
    #expect(MemoryLayout<HandlerQueue.Item?>.stride <= 24)
  }

  @Test(
    "With serial delivery a blocking handler delays those behind it, but not the caller",
    .timeLimit(.minutes(1)))
  func serial() async {
    let handlerQueue = HandlerQueue(.serial, loop: loop)
    let gate = DispatchSemaphore(value: 0)
    await withCheckedContinuation { continuation in
      handlerQueue.enqueue { [log] in
        gate.wait()
        log.add("1")
      }
      for index in 2...100 { handlerQueue.enqueue { [log] in log.add("\(index)") } }
      handlerQueue.enqueue { continuation.resume() }
      #expect(log.entries == [])
      gate.signal()
    }
    #expect(log.entries == (1...100).map(String.init))
  }

  @Test("On a concurrent queue handlers still run one after the other", .timeLimit(.minutes(1)))
  func concurrentQueue() async {
    let handlerQueue = HandlerQueue(.queue(DispatchQueue(label: "test", attributes: .concurrent)), loop: loop)
    await withCheckedContinuation { continuation in
      for index in 1...1_000 { handlerQueue.enqueue { [log] in log.add("\(index)") } }
      handlerQueue.enqueue { continuation.resume() }
    }
    #expect(log.entries == (1...1_000).map(String.init))
  }

  @Test("With delivery on the event loop handlers run there, later, in order")
  func eventLoop() {
    let handlerQueue = HandlerQueue(.eventLoop, loop: loop)
    handlerQueue.enqueue { [log, loop] in
      log.add("1 \(loop.isCurrent)")
      handlerQueue.enqueue { log.add("3") }
      log.add("2")
    }
    #expect(log.entries == [])
    loop.run()
    #expect(log.entries == ["1 true", "2", "3"])
  }

  @Test("Events without a handler are not delivered")
  func unheard() {
    let (bench, _) = ClientBench.connected()
    bench.loop.run()
    bench.script.report(.packet(.ping("")))
    #expect(bench.manager.handlerQueue.leavesOutUnheard)
  }

  @Test("Code that makes a Manager on the queue of its handlers misses no event", .timeLimit(.minutes(1)))
  func heardOnOwnQueue() async {
    let (queue, log) = (DispatchQueue(label: "test"), Log())
    let bench = ClientBench { $0.delivery = .queue(queue) }
    // As if the caller were on it.
    queue.suspend()
    _ = bench.manager.socket()
    bench.open()
    bench.manager.on(.open) { log.add("open") }
    queue.resume()
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    #expect(log.entries == ["open"])
  }

  @Test("Pings that wait for a handler count as one; the next one is reported again", .timeLimit(.minutes(1)))
  func pings() async {
    let (queue, log) = (DispatchQueue(label: "test"), Log())
    let bench = ClientBench { $0.delivery = .queue(queue) }
    _ = bench.manager.socket()
    bench.open()
    bench.manager.on(.ping) { log.add("ping") }
    for round in 1...2 {
      queue.suspend()
      for _ in 0..<1_000 { bench.script.report(.packet(.ping(""))) }
      queue.resume()
      await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
      #expect(log.entries.count == round)
    }
  }

  @Test("A handler registered by a queued handler gets events that arrived meanwhile")
  func heardLate() {
    let (bench, socket) = ClientBench.connected()
    let (manager, log) = (bench.manager, bench.log)
    socket.on("listen") { manager.on(.ping) { log.add("ping") } }
    bench.script.receive(#"2["listen"]"#)
    bench.script.report(.packet(.ping("")))
    #expect(bench.take() == ["ping"])
  }

  @Test("Threads that ask for the same Socket at the same time get one Socket, which connects once")
  func concurrentCallers() {
    for _ in 0..<50 {
      let bench = ClientBench()
      let manager = bench.manager
      DispatchQueue.concurrentPerform(iterations: 4) { _ in _ = manager.socket("/a") }
      bench.open(joining: "/a")
      #expect(manager.socket("/a").connected)
      #expect(bench.sent == ["0/a,"])
    }
  }

  @Test("The calls of one thread take effect in order, among those of others")
  func order() {
    let (bench, socket) = ClientBench.connected()
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for index in 0..<100 { try? socket.emit("e", thread, index) }
    }
    let sent = bench.sent
    for thread in 0..<4 {
      #expect(sent.filter { $0.hasPrefix("2[\"e\",\(thread),") } == (0..<100).map { "2[\"e\",\(thread),\($0)]" })
    }
    #expect(sent.count == 400)
  }
}
