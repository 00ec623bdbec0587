import Dispatch
import Testing

@testable import SocketIO

@Suite("Where handlers run")
struct DeliveryTests {
  private let loop = VirtualLoop()
  private let log = Log()

  @Test(
    "With serial delivery a handler that blocks holds up those behind it, and not the caller", .timeLimit(.minutes(1)))
  func serial() async {
    let delivery = Delivery(.serial, loop: loop)
    let gate = DispatchSemaphore(value: 0)
    await withCheckedContinuation { continuation in
      delivery.enqueue { [log] in
        gate.wait()
        log.add("1")
      }
      for index in 2...100 { delivery.enqueue { [log] in log.add("\(index)") } }
      delivery.enqueue { continuation.resume() }
      #expect(log.entries == [])
      gate.signal()
    }
    #expect(log.entries == (1...100).map(String.init))
  }

  @Test("On a concurrent queue handlers still run one after the other", .timeLimit(.minutes(1)))
  func concurrentQueue() async {
    let delivery = Delivery(.queue(DispatchQueue(label: "test", attributes: .concurrent)), loop: loop)
    await withCheckedContinuation { continuation in
      for index in 1...1_000 { delivery.enqueue { [log] in log.add("\(index)") } }
      delivery.enqueue { continuation.resume() }
    }
    #expect(log.entries == (1...1_000).map(String.init))
  }

  @Test("With delivery on the event loop handlers run there, later, in order")
  func eventLoop() {
    let delivery = Delivery(.eventLoop, loop: loop)
    delivery.enqueue { [log, loop] in
      log.add("1 \(loop.isCurrent)")
      delivery.enqueue { log.add("3") }
      log.add("2")
    }
    #expect(log.entries == [])
    loop.run()
    #expect(log.entries == ["1 true", "2", "3"])
  }

  @Test("What nobody listens to is not delivered")
  func unheard() {
    let (bench, _) = ClientBench.connected()
    bench.loop.run()
    bench.script.report(.packet(.ping("")))
    #expect(bench.manager.delivery.leavesOutUnheard)
  }

  @Test("Who makes a Manager on the queue where its handlers run misses nothing of it", .timeLimit(.minutes(1)))
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

  @Test("Of the pings that wait for a handler one is told, and the next one again", .timeLimit(.minutes(1)))
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

  @Test("A handler that was still to run hears of what came meanwhile for the one that it registers")
  func heardLate() {
    let (bench, socket) = ClientBench.connected()
    let (manager, log) = (bench.manager, bench.log)
    socket.on("listen") { manager.on(.ping) { log.add("ping") } }
    bench.script.receive(#"2["listen"]"#)
    bench.script.report(.packet(.ping("")))
    #expect(bench.take() == ["ping"])
  }

  @Test("Threads that ask for the same Socket at once get one Socket, which connects once")
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

  @Test("Calls made in order by one thread take effect in that order, beside those of others")
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
