import Testing

@testable import SocketIO

@Suite("The gauge of bytes that wait for handlers")
struct InboundGaugeTests {
  @Test("It is full beyond the limit, until half of it has been handled")
  func thresholds() {
    var gauge = InboundGauge(limit: 100)
    var tooMuch: [Bool] = []
    var room: [Bool] = []
    for bytes in [100, 1] { tooMuch.append(gauge.add(bytes)) }
    #expect(tooMuch == [false, true] && gauge.isFull)
    room.append(gauge.giveBack(50))
    tooMuch.append(gauge.add(40))
    #expect(gauge.isFull)
    for bytes in [41, 50] { room.append(gauge.giveBack(bytes)) }
    #expect(tooMuch == [false, true, false] && room == [false, true, false])
    #expect(!gauge.isFull && gauge.bytes == 0)
  }

  @Test("A single item larger than the limit makes it full until it is handled")
  func largerThanTheLimit() {
    var gauge = InboundGauge(limit: 1)
    let isTooMuch = gauge.add(1_000)
    let room = [gauge.giveBack(999), gauge.giveBack(1)]
    #expect(isTooMuch && room == [false, true])
  }
}

@Suite("Pauses of reading")
struct ReadingPausesTests {
  private static let second: UInt64 = 1_000_000_000

  @Test("They are counted, and their time is added up, including the current one")
  func figures() {
    var pauses = ReadingPauses()
    _ = pauses.begin(at: 5 * Self.second, waiting: 1)
    _ = pauses.begin(at: 6 * Self.second, waiting: 1)
    #expect(pauses.count == 1 && pauses.total(at: 7 * Self.second) == .seconds(2))
    _ = pauses.end(at: 8 * Self.second)
    _ = pauses.end(at: 9 * Self.second)
    _ = pauses.begin(at: 10 * Self.second, waiting: 1)
    #expect(pauses.count == 2 && pauses.total(at: 11 * Self.second) == .seconds(4))
  }

  @Test(
    "Of many in a short time, the first is logged with its end, and the others are mentioned in the next record")
  func log() {
    var pauses = ReadingPauses()
    let text = "handlers are behind with 7 bytes of events: reading is paused until they have caught up"
    #expect(pauses.begin(at: 0, waiting: 7) == text)
    #expect(pauses.end(at: 2_500_000) == "reading goes on after 2 ms")
    for time in 1...9 {
      #expect(pauses.begin(at: UInt64(time) * Self.second, waiting: 7) == nil)
      #expect(pauses.end(at: UInt64(time) * Self.second + 1) == nil)
    }
    #expect(
      pauses.begin(at: 10 * Self.second, waiting: 7)
        == text + "; it was paused 9 more times since the last such record")
    #expect(pauses.end(at: 11 * Self.second) == "reading goes on after 1000 ms")
    #expect(pauses.begin(at: 21 * Self.second, waiting: 7) == text)
  }
}
