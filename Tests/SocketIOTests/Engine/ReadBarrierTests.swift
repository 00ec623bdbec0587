import Testing

@testable import SocketIO

@Suite("Messages that wait for the server's reading")
struct ReadBarrierTests {
  /// A barrier whose transport takes everything at once.
  private struct Bench {
    var barrier = ReadBarrier()

    mutating func send(_ count: Int = 1, isAwaited: Bool = true) {
      barrier.queue(count, isAwaited: isAwaited)
      barrier.takeAll()
    }

    /// - Returns: The packets that are sent at once.
    mutating func hold(_ text: String, as id: ReadBarrier.ID? = nil, behind predecessor: ReadBarrier.ID? = nil)
      -> String
    {
      let packets = barrier.hold([.text(text)], as: id ?? barrier.makeID(), behind: predecessor)
      barrier.takeAll()
      return packets.wire
    }

    mutating func confirm(_ number: UInt64) -> String {
      let packets = barrier.confirm(number)
      barrier.takeAll()
      return packets.wire
    }
  }

  @Test("If nothing unread was sent, nothing is held")
  func nothingUnread() {
    var bench = Bench()
    #expect(bench.hold("bye") == "4bye")
    #expect(!bench.barrier.isHolding)
    #expect(bench.barrier.nextQuestion() == nil)
  }

  @Test("A message waits until all before it is read")
  func waiting() {
    var bench = Bench()
    bench.send(3)
    #expect(bench.hold("bye") == "")
    #expect(bench.barrier.isHolding)
    #expect(bench.barrier.nextQuestion() == 3)
    #expect(bench.barrier.nextQuestion() == nil)
    #expect(bench.confirm(2) == "")
    #expect(bench.confirm(3) == "4bye")
    #expect(!bench.barrier.isHolding)
  }

  @Test("Messages do not wait for later ones, or for ones that are not awaited")
  func laterMessages() {
    var bench = Bench()
    bench.send(isAwaited: false)
    #expect(bench.hold("a") == "4a")
    bench.send()
    #expect(bench.hold("b") == "")
    #expect(bench.barrier.nextQuestion() == 3)
    bench.send(5)
    #expect(bench.barrier.nextQuestion() == nil)
    #expect(bench.confirm(3) == "4b")
  }

  @Test("One question serves all messages that wait for the same, in order")
  func together() {
    var bench = Bench()
    bench.send()
    #expect(bench.hold("a") == "" && bench.hold("b") == "" && bench.hold("c") == "")
    #expect(bench.barrier.nextQuestion() == 1)
    #expect(bench.confirm(1) == "4a 4b 4c")
    #expect(bench.barrier.nextQuestion() == nil)
  }

  @Test("Messages that were held and sent are not waited for, except by id")
  func afterLeaving() {
    var bench = Bench()
    let a = bench.barrier.makeID()
    #expect(bench.hold("a", as: a) == "4a")
    #expect(bench.hold("b") == "4b")
    #expect(bench.hold("after a", behind: a) == "")
    #expect(bench.barrier.nextQuestion() == 2)
    #expect(bench.confirm(2) == "4after a")
    #expect(bench.hold("again after a", behind: a) == "4again after a")
  }

  @Test("A message behind a held one waits for two readings")
  func chain() {
    var bench = Bench()
    let a = bench.barrier.makeID()
    bench.send()
    #expect(bench.hold("a", as: a) == "" && bench.hold("after a", behind: a) == "" && bench.hold("b") == "")
    #expect(bench.barrier.nextQuestion() == 1)
    #expect(bench.confirm(1) == "4a 4b")
    #expect(bench.barrier.isHolding)
    #expect(bench.barrier.nextQuestion() == 3)
    #expect(bench.confirm(3) == "4after a")
  }

  @Test("A later answer covers earlier questions, and an unsolicited one is ignored")
  func answers() {
    var bench = Bench()
    bench.send()
    #expect(bench.hold("a") == "")
    #expect(bench.confirm(1) == "", "nobody has asked")
    #expect(bench.barrier.nextQuestion() == 1)
    bench.send()
    #expect(bench.hold("b") == "")
    #expect(bench.barrier.nextQuestion() == 2)
    #expect(bench.confirm(77) == "")
    #expect(bench.confirm(2) == "4a 4b")
    #expect(bench.confirm(1) == "")
  }

  @Test("The server is asked about what a transport has, and again about the rest")
  func partly() {
    var barrier = ReadBarrier()
    barrier.queue(3, isAwaited: true)
    barrier.take([.pong(""), .text("a"), .uncompressed(.text("b"))])
    #expect(barrier.hold([.text("bye")], as: barrier.makeID(), behind: nil).isEmpty)
    #expect(barrier.nextQuestion() == 2)
    #expect(barrier.confirm(2).isEmpty)
    #expect(barrier.nextQuestion() == nil)
    barrier.take([.text("c")])
    #expect(barrier.nextQuestion() == 3)
    #expect(barrier.confirm(3) == [.text("bye")])
  }

  @Test("A withdrawn message is never sent, and nothing waits for it")
  func withdrawn() {
    var bench = Bench()
    let a = bench.barrier.makeID()
    bench.send()
    #expect(bench.hold("a", as: a) == "" && bench.hold("after a", behind: a) == "" && bench.hold("b") == "")
    #expect(bench.barrier.withdraw(a).wire == "4after a")
    #expect(bench.barrier.withdraw(a).isEmpty)
    #expect(bench.barrier.nextQuestion() == 1)
    #expect(bench.confirm(1) == "4b")
  }

  @Test("After giving up, everything up to now counts as read, but nothing later")
  func givenUp() {
    var bench = Bench()
    let a = bench.barrier.makeID()
    bench.send()
    #expect(bench.hold("a", as: a) == "" && bench.hold("after a", behind: a) == "")
    _ = bench.barrier.nextQuestion()
    #expect(bench.barrier.giveUp().wire == "4a")
    bench.barrier.takeAll()
    #expect(bench.barrier.isHolding)
    #expect(bench.barrier.nextQuestion() == 2)
    bench.send()
    #expect(bench.hold("b") == "")
    #expect(bench.confirm(2) == "4after a")
  }
}
