import Testing

@testable import SocketIO

@Suite("The queue of outgoing events")
struct OutgoingQueueTests {
  private var budget = OfflineBudget(OfflineBuffer())
  private var queue = OutgoingQueue(budget: OfflineBudget(OfflineBuffer()))

  init() { limit(OfflineBuffer()) }

  private mutating func limit(_ limit: OfflineBuffer) {
    budget = OfflineBudget(limit)
    queue = OutgoingQueue(budget: budget)
  }

  private func event(_ name: String, retries: Int = 0, token: CancellationToken? = nil) -> OutgoingEvent {
    let ack = token.map { _ in AckHandler.inline(AckCallback(event: name) { _ in }) }
    return OutgoingEvent(name: name, payload: .values([]), ack: ack, token: token, retries: retries)
  }

  /// - Returns: The names of the dropped events, in capitals for the new event itself.
  private mutating func append(_ outgoing: OutgoingEvent) -> [String] {
    var outgoing = outgoing
    let (hasRoom, dropped) = queue.makeRoom(for: &outgoing)
    if hasRoom {
      if outgoing.isRetried { queue.appendRetried(outgoing) } else { _ = queue.append(outgoing, id: nil) }
    }
    var names = dropped.map { name($0.event) }
    if !hasRoom, let last = names.popLast() { names.append(last.uppercased()) }
    return names
  }

  private func name(_ outgoing: OutgoingEvent) -> String { outgoing.name }

  @Test("Events leave the buffer in order and return their room")
  mutating func order() {
    #expect([append(event("a")), append(event("b"))] == [[], []])
    #expect(queue.count == 2 && budget.events == 2 && queue.bytes > 0)
    #expect(queue.takeBuffered().map { name($0.event) } == ["a", "b"])
    #expect(queue.count == 0 && budget.events == 0 && queue.bytes == 0)
  }

  @Test("One event can be taken out of the buffer")
  mutating func removal() {
    var outgoing = event("a")
    _ = queue.makeRoom(for: &outgoing)
    let position = queue.append(outgoing, id: 4)
    #expect(append(event("b")) == [])
    queue.remove(at: position)
    queue.remove(at: position)
    #expect(queue.count == 1 && budget.events == 1)
    #expect(queue.takeBuffered().map { name($0.event) } == ["b"])
  }

  @Test("An event that already has room takes none a second time")
  mutating func roomOfTheCaller() {
    var outgoing = event("a")
    let mayGoOn = queue.takeRoomOrRefuse(&outgoing)
    #expect(mayGoOn && budget.events == 1)
    #expect(append(outgoing) == [])
    #expect(budget.events == 1)
    queue.giveBackRoom(outgoing.room)
    queue.giveBackRoom(event("b").room)
    #expect(budget.events == 0)
  }

  @Test("The new event is dropped if the option says so", arguments: [OfflineBuffer.Overflow.refuse, .dropNewest])
  mutating func newest(overflow: OfflineBuffer.Overflow) {
    limit(OfflineBuffer(maxEvents: 1, overflow: overflow))
    #expect(append(event("a")) == [])
    #expect(!queue.isOverflowing)
    #expect(append(event("b")) == ["B"])
    #expect(queue.isOverflowing)
    #expect(append(event("c")) == ["C"])
    #expect(queue.withoutRoom == 2)
    #expect(queue.endOverflow() == 2)
    #expect(queue.endOverflow() == 0)
    #expect(!queue.isOverflowing && queue.withoutRoom == 2)
    #expect(queue.takeBuffered().map { name($0.event) } == ["a"])
  }

  @Test("The oldest are dropped if the option says so, first those of the buffer, but not the one in flight")
  mutating func oldest() {
    limit(OfflineBuffer(maxEvents: 3, overflow: .dropOldest))
    for outgoing in [event("a", retries: 1), event("b", retries: 1), event("c")] { #expect(append(outgoing) == []) }
    #expect(queue.beginTry(id: 0).map { name($0) } == "a")
    #expect(append(event("d", retries: 1)) == ["c"])
    #expect(append(event("e", retries: 1)) == ["b"])
    #expect(append(event("f")) == ["d"])
    #expect(budget.events == 3 && queue.count == 2)
    #expect(queue.takeBuffered().map { name($0.event) } == ["f"])
    #expect(queue.removeAllRetried().map { name($0) } == ["a", "e"])
    #expect(budget.events == 0)
  }

  @Test("Nothing is dropped for an event that can never fit")
  mutating func tooLarge() {
    limit(OfflineBuffer(maxBytes: 40, overflow: .dropOldest))
    #expect(append(event("a")) == [])
    #expect(append(event(String(repeating: "x", count: 100))) == [String(repeating: "X", count: 100)])
    #expect(queue.count == 1)
  }

  @Test("Only the policy refuse makes emit throw")
  mutating func refusing() {
    limit(OfflineBuffer(maxEvents: 0))
    var outgoing = event("a")
    var mayGoOn = queue.takeRoomOrRefuse(&outgoing)
    #expect(!mayGoOn)
    #expect(outgoing.room == nil && queue.withoutRoom == 1 && !queue.isOverflowing)
    limit(OfflineBuffer(maxEvents: 0, overflow: .dropNewest))
    mayGoOn = queue.takeRoomOrRefuse(&outgoing)
    #expect(mayGoOn)
    #expect(outgoing.room == nil && queue.withoutRoom == 0)
  }

  @Test("One try at a time is in flight, and its event keeps its room until it completes")
  mutating func tries() {
    for name in ["a", "b"] { #expect(append(event(name, retries: 1)) == []) }
    #expect(queue.beginTry(id: 5).map { name($0) } == "a")
    #expect(queue.beginTry(id: 6) == nil)
    #expect(queue.tryInFlight == 5 && queue.count == 1 && budget.events == 2)
    #expect(queue.endTry(isLast: false) == nil)
    #expect(queue.tryInFlight == nil && queue.count == 2)
    #expect(queue.beginTry(id: 6).map { name($0) } == "a")
    #expect(queue.endTry(isLast: false).map { name($0) } == "a")
    #expect(queue.beginTry(id: 7).map { name($0) } == "b")
    #expect(queue.endTry(isLast: true).map { name($0) } == "b")
    #expect(queue.count == 0 && budget.events == 0)
  }

  @Test("An event that cannot be sent, or that was cancelled, leaves the retry queue and returns its room")
  mutating func leaving() {
    let (first, second, third) = (CancellationToken(), CancellationToken(), CancellationToken())
    #expect(append(event("a", retries: 1, token: first)) == [])
    #expect(append(event("b", retries: 1, token: second)) == [])
    #expect(append(event("c", retries: 1)) == [])
    _ = queue.beginTry(id: 3)
    #expect(queue.removeRetried(third) == nil)
    let waiting = queue.removeRetried(second)
    #expect(waiting != nil && waiting?.inFlight == nil)
    #expect(queue.removeRetried(first)?.inFlight == 3)
    #expect(queue.tryInFlight == nil && budget.events == 1)
    _ = queue.beginTry(id: 4)
    #expect(queue.endTry(isLast: true).map { name($0) } == "c")
    #expect(budget.events == 0)
  }

  @Test("Events with a pending acknowledgement can be removed separately")
  mutating func awaited() {
    #expect([append(event("a", retries: 1, token: CancellationToken())), append(event("b", retries: 1))] == [[], []])
    #expect(queue.removeAwaitedRetried().map { name($0) } == ["a"])
    #expect(queue.count == 1 && budget.events == 1)
  }
}
