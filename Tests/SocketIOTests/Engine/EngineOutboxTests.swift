import Testing

@testable import SocketIO

@Suite("The outbox of an engine")
struct EngineOutboxTests {
  private var outbox = EngineOutbox()

  private mutating func append(_ texts: String..., isCompressed: Bool = true, isAwaited: Bool = true) {
    outbox.append(texts.map { .text($0) }, isCompressed: isCompressed, isAwaited: isAwaited)
  }

  private mutating func takeBody(maxPackets: Int = .max, maxBytes: Int = 0) -> String {
    outbox.takeBody(maxPackets: maxPackets, maxBytes: maxBytes).wire
  }

  @Test("Messages leave in order, all at once, and count as queued until then")
  mutating func order() {
    #expect(outbox.isEmpty && outbox.queuedBytes == 0)
    append("a", "bc")
    append("d", isCompressed: false)
    #expect(!outbox.isEmpty && outbox.queuedBytes == 7)
    let packets = outbox.takeAll()
    #expect(packets == [.text("a"), .text("bc"), .uncompressed(.text("d"))])
    #expect(outbox.isEmpty && outbox.queuedBytes == 0)
    #expect(outbox.takeAll().isEmpty)
  }

  @Test("One pong goes before queued messages, and answers all earlier pings")
  mutating func pong() {
    append("a")
    outbox.owePong()
    outbox.owePong()
    #expect(outbox.takeAll().wire == "3 4a")
    append("b")
    #expect(outbox.takeAll().wire == "4b")
    outbox.owePong()
    #expect(outbox.isEmpty)
    #expect(takeBody() == "3")
  }

  @Test("The packet that completes an upgrade goes before a pong")
  mutating func upgrade() {
    append("a")
    outbox.owePong()
    outbox.putUpgradeInFront()
    #expect(outbox.queuedBytes == 4)
    #expect(outbox.takeAll().wire == "5 3 4a")
    #expect(outbox.takeAll().isEmpty)
  }

  @Test("A body has a maximum number of packets, including the pong")
  mutating func maxPackets() {
    append("a", "b", "c")
    outbox.owePong()
    #expect(takeBody(maxPackets: 3) == "3 4a 4b")
    #expect(outbox.queuedBytes == 2)
    #expect(takeBody(maxPackets: 3) == "4c")
    #expect(outbox.isEmpty && outbox.queuedBytes == 0)
  }

  @Test("A body has a maximum number of bytes, including separators, but at least one packet")
  mutating func maxBytes() {
    append("12345", "123", "1234567890123", "1")
    // A type and five characters, a separator, a type and three.
    #expect(takeBody(maxBytes: 10) == "412345")
    #expect(takeBody(maxBytes: 11) == "4123")
    #expect(takeBody(maxBytes: 11) == "41234567890123")
    #expect(takeBody(maxBytes: 11) == "41")
    append("12345", "123")
    #expect(takeBody(maxBytes: 11) == "412345 4123")
    #expect(outbox.queuedBytes == 0)
  }

  @Test("A held message is not queued before the server has read what was taken before it")
  mutating func holding() {
    append("a")
    let id = outbox.makeHoldID()
    let isQueued = outbox.hold([.text("bye")], as: id, behind: nil)
    #expect(!isQueued && outbox.isHolding && outbox.queuedBytes == 2)
    // Nothing has been taken yet that the server could read.
    #expect(outbox.nextQuestion() == nil)
    #expect(outbox.takeAll().wire == "4a")
    #expect(outbox.nextQuestion() == 1)
    #expect(outbox.confirmRead(1) == true)
    #expect(!outbox.isHolding)
    #expect(outbox.takeAll().wire == "4bye")
  }

  @Test("A hold refers to what a body has taken, not to what is still queued")
  mutating func holdingBehindBodies() {
    append("a", "b")
    _ = outbox.hold([.text("bye")], as: outbox.makeHoldID(), behind: nil)
    #expect(takeBody(maxPackets: 1) == "4a")
    #expect(outbox.nextQuestion() == 1)
    #expect(outbox.confirmRead(1) == false)
    #expect(takeBody(maxPackets: 1) == "4b")
    #expect(outbox.nextQuestion() == 2)
    #expect(outbox.confirmRead(2) == true)
    #expect(takeBody() == "4bye")
  }

  @Test("If nothing before it is unread, a message is queued at once")
  mutating func nothingToWaitFor() {
    append("a", isAwaited: false)
    #expect(outbox.hold([.text("bye")], as: outbox.makeHoldID(), behind: nil) == true)
    #expect(!outbox.isHolding)
    #expect(outbox.takeAll().wire == "4a 4bye")
  }

  @Test("A withdrawn message is never sent, and the one behind it need not wait")
  mutating func withdrawing() {
    append("a")
    let (first, second) = (outbox.makeHoldID(), outbox.makeHoldID())
    _ = outbox.hold([.text("1")], as: first, behind: nil)
    _ = outbox.hold([.text("2")], as: second, behind: first)
    #expect(outbox.withdraw(first) == true)
    #expect(!outbox.isHolding)
    #expect(outbox.withdraw(second) == false)
    #expect(outbox.takeAll().wire == "4a 42")
  }

  @Test("After the hold timeout messages are queued, whatever the server has read")
  mutating func givingUp() {
    append("a")
    _ = outbox.hold([.text("bye")], as: outbox.makeHoldID(), behind: nil)
    #expect(outbox.stopHolding() == true)
    #expect(outbox.stopHolding() == false)
    #expect(outbox.takeAll().wire == "4a 4bye")
  }

  @Test("If nothing is queued, a message goes straight to the transport, and counts as taken")
  mutating func passing() {
    #expect(outbox.pass() == true)
    _ = outbox.hold([.text("bye")], as: outbox.makeHoldID(), behind: nil)
    #expect(outbox.nextQuestion() == 1)
    #expect(outbox.confirmRead(1) == true)
    #expect(outbox.pass() == false)
    #expect(outbox.takeAll().wire == "4bye")
    outbox.owePong()
    #expect(outbox.pass() == false)
  }

  @Test("At the end nothing is queued or held")
  mutating func end() {
    append("a")
    _ = outbox.hold([.text("bye")], as: outbox.makeHoldID(), behind: nil)
    outbox.removeAll()
    #expect(outbox.isEmpty && outbox.queuedBytes == 0 && !outbox.isHolding)
    #expect(outbox.takeAll().isEmpty)
  }
}
