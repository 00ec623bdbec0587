import Dispatch
import Foundation
import Testing

@testable import SocketIO

@Suite("The threads of the default delivery", .timeLimit(.minutes(1)))
struct HandlerThreadsTests {
  private let log = Log()

  @Test("Work begins in the order in which it was handed in")
  func order() async {
    let threads = HandlerThreads(limit: 1)
    await withCheckedContinuation { continuation in
      for index in 1...1_000 { threads.once { [log] in log.add("\(index)") } }
      threads.once { continuation.resume() }
    }
    #expect(log.entries == (1...1_000).map(String.init))
  }

  @Test("Unfinished work continues after waiting work")
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

  @Test("Work that goes on for long is called through no more functions each time")
  func stack() async {
    let threads = HandlerThreads(limit: 1)
    let depths = Locked<[Int]>([])
    await withCheckedContinuation { continuation in
      threads.start {
        let isLast = depths.withLock { depths in
          depths.append(Thread.callStackReturnAddresses.count)
          return depths.count == 50
        }
        if isLast { continuation.resume() }
        return !isLast
      }
    }
    #expect(Set(depths.withLock { $0 }).count == 1)
  }

  @Test("Blocking handlers delay no others while a thread is left")
  func blocking() async {
    let threads = HandlerThreads(limit: 4)
    let gate = DispatchSemaphore(value: 0)
    for _ in 1...3 { threads.once { gate.wait() } }
    for _ in 1...10 {
      await withCheckedContinuation { continuation in threads.once { continuation.resume() } }
    }
    for _ in 1...3 { gate.signal() }
  }

  @Test("If all threads are blocked, the next work waits for the first one to finish")
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

  @Test("Idle threads are used for later work")
  func reuse() async {
    let threads = HandlerThreads(limit: 2)
    for _ in 1...10 {
      await withCheckedContinuation { continuation in threads.once { continuation.resume() } }
    }
  }
}

extension HandlerThreads {
  fileprivate func once(_ work: @escaping HandlerQueue.Work) {
    start {
      work()
      return false
    }
  }
}
