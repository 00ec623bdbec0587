import Testing

@testable import SocketIO

@Suite("Budget of the offline buffer")
struct OfflineBudgetTests {
  @Test("holds as many events as it may, and as many bytes")
  func limits() {
    let events = OfflineBudget(OfflineBuffer(maxEvents: 2, maxBytes: 100))
    #expect(events.take(1) && events.take(1) && !events.take(1))
    #expect(events.events == 2)

    let bytes = OfflineBudget(OfflineBuffer(maxEvents: 100, maxBytes: 10))
    #expect(bytes.take(6) && !bytes.take(5) && bytes.take(4) && !bytes.take(1) && bytes.take(0))
    #expect(bytes.events == 3)
  }

  @Test("has room again when some is given back")
  func giveBack() {
    let budget = OfflineBudget(OfflineBuffer(maxEvents: 2, maxBytes: 10))
    #expect(budget.take(4) && budget.take(6) && !budget.take(0))
    budget.giveBack(6)
    #expect(!budget.take(7) && budget.take(6))
    budget.giveBack(4)
    budget.giveBack(6)
    #expect(budget.events == 0 && budget.take(10))
  }

  @Test("counts the events that it refuses to their callers")
  func refused() {
    let budget = OfflineBudget(OfflineBuffer(maxEvents: 1, maxBytes: 10))
    #expect(budget.takeOrRefuse(10) && !budget.take(0))
    #expect(budget.refused == 0)
    #expect(!budget.takeOrRefuse(0) && !budget.takeOrRefuse(0))
    #expect(budget.refused == 2 && budget.events == 1)
  }

  @Test(
    "knows what would not fit even into an empty buffer",
    arguments: [(0, 10, 1), (1, 10, 11), (1, 0, 1), (1, .max, .max)])
  func couldHold(maxEvents: Int, maxBytes: Int, bytes: Int) {
    let budget = OfflineBudget(OfflineBuffer(maxEvents: maxEvents, maxBytes: maxBytes))
    #expect(budget.couldHold(bytes) == (maxBytes == .max))
    #expect(budget.couldHold(bytes) == budget.take(bytes))
  }
}
