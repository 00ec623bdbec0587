import Dispatch
import Testing

@testable import SocketIO

@Suite("The threads of the default delivery", .timeLimit(.minutes(1)))
struct HandlerThreadsTests {
  private let log = Log()

  @Test("What is handed in begins in its order")
  func order() async {
    let threads = HandlerThreads(limit: 1)
    await withCheckedContinuation { continuation in
      for index in 1...1_000 { threads.once { [log] in log.add("\(index)") } }
      threads.once { continuation.resume() }
    }
    #expect(log.entries == (1...1_000).map(String.init))
  }

  @Test("What has more to do goes on behind what waits")
  func turns() async {
    let threads = HandlerThreads(limit: 1)
    await withCheckedContinuation { continuation in
      threads.start { [log] in
        log.add("long")
        threads.once { log.add("short") }
        let hasMore = log.entries.count { $0 == "long" } < 3
        if !hasMore { threads.once { continuation.resume() } }
        return hasMore
      }
    }
    #expect(log.entries == ["long", "short", "long", "short", "long", "short"])
  }

  @Test("Handlers that block hold up nobody while a thread is left")
  func blocking() async {
    let threads = HandlerThreads(limit: 4)
    let gate = DispatchSemaphore(value: 0)
    for _ in 1...3 { threads.once { gate.wait() } }
    for _ in 1...100 {
      await withCheckedContinuation { continuation in threads.once { continuation.resume() } }
    }
    for _ in 1...3 { gate.signal() }
  }

  @Test("Where as many block as there are threads, the next one waits for the first that ends")
  func limit() async {
    let threads = HandlerThreads(limit: 2)
    let gate = DispatchSemaphore(value: 0)
    await withCheckedContinuation { continuation in
      for _ in 1...2 {
        threads.once { [log] in
          gate.wait()
          log.add("blocked")
        }
      }
      threads.once { [log] in
        log.add("waited")
        continuation.resume()
      }
      gate.signal()
    }
    #expect(log.entries == ["blocked", "waited"])
    gate.signal()
  }

  @Test("Threads come back for what is handed in later")
  func reuse() async {
    let threads = HandlerThreads(limit: 2)
    for _ in 1...1_000 {
      await withCheckedContinuation { continuation in threads.once { continuation.resume() } }
    }
  }
}

extension HandlerThreads {
  fileprivate func once(_ work: @escaping Delivery.Work) {
    start {
      work()
      return false
    }
  }
}
