import Testing

@testable import SocketIO

@Suite("How soon long-polling asks again")
struct PollingPaceTests {
  private static let idleAnswers: [[EnginePacket]] = [[.noop], [.ping("")], [.pong(""), .upgrade], [.noop, .noop]]

  @Test(
    "After three immediate answers without a message, the next one is followed by a pause", arguments: idleAnswers)
  func answersAtOnce(_ packets: [EnginePacket]) {
    var polling = PollingBench.opened()
    func requests(took: UInt64) -> [String] {
      polling.handle(.polled(packets, isWhole: true, took: took))
      return polling.take().filter { $0 == "GET" || $0.hasPrefix("wait") }
    }
    for _ in 0..<3 { #expect(requests(took: 0) == ["GET"]) }
    for took: UInt64 in [0, 30, 99] {
      #expect(requests(took: took) == ["wait \(100 - took)"])
      polling.handle(.waited)
      #expect(polling.take() == ["GET"])
    }
    #expect(requests(took: 100) == ["GET"])
    #expect(requests(took: 0) == ["GET"])
  }

  @Test("A message keeps polling fast, however quickly it comes")
  func messagesAtOnce() {
    var polling = PollingBench.opened()
    for _ in 0..<100 {
      polling.handle(.polled([.noop, .text("a"), .noop], isWhole: true, took: 0))
      #expect(polling.take() == ["6", "4a", "6", "GET"])
      for _ in 0..<3 {
        polling.handle(.polled([.noop], isWhole: true, took: 0))
        #expect(polling.take() == ["6", "GET"])
      }
    }
  }

  /// A machine that waits before its next GET.
  private func waiting() -> PollingBench {
    var polling = PollingBench.opened()
    for _ in 0...3 { polling.handle(.polled([.noop], isWhole: true, took: 0)) }
    #expect(polling.take().last == "wait 100")
    return polling
  }

  @Test("During a wait it can be paused and resumed, and polls once the wait is over")
  func pausingWhileWaiting() {
    var polling = waiting()
    polling.handle(.pause)
    polling.handle(.resume)
    #expect(polling.take() == ["paused"])
    polling.handle(.waited)
    #expect(polling.take() == ["GET"])
    polling = waiting()
    polling.handle(.pause)
    polling.handle(.waited)
    #expect(polling.take() == ["paused"])
    polling.handle(.resume)
    #expect(polling.take() == ["GET"])
  }

  @Test("During a wait it can send, close and be aborted")
  func endingWhileWaiting() {
    var polling = waiting()
    polling.handle(.send([.text("a")]))
    polling.handle(.posted)
    polling.handle(.close)
    polling.handle(.waited)
    #expect(polling.take() == ["POST 4a", "writable", "POST 1"])
    polling.handle(.posted)
    #expect(polling.take() == ["cancel", "closed"])
    polling = waiting()
    polling.handle(.abort)
    polling.handle(.waited)
    #expect(polling.take() == ["cancel"])
  }
}
