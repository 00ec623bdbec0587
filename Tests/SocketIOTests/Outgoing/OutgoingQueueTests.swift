import Testing

@testable import SocketIO

@Suite("What waits to be sent")
struct OutgoingQueueTests {
  private var gauge = BufferGauge(OfflineBuffer())
  private var queue = OutgoingQueue(gauge: BufferGauge(OfflineBuffer()))

  init() { limit(OfflineBuffer()) }

  private mutating func limit(_ limit: OfflineBuffer) {
    gauge = BufferGauge(limit)
    queue = OutgoingQueue(gauge: gauge)
  }

  private func event(_ name: String, retries: Int = 0, token: AckToken? = nil) -> Emission {
    let ack = token.map { AckHandler(body: { _ in }, isInline: true, token: $0) }
    return Emission(arguments: [.string(name)], ack: ack, retries: retries)
  }

  /// - Returns: The names of what was dropped; those of a new event itself in capitals.
  private mutating func append(_ emission: Emission) -> [String] {
    var emission = emission
    let (hasRoom, dropped) = queue.makeRoom(for: &emission)
    if hasRoom {
      if emission.isRetried { queue.appendRetried(emission) } else { _ = queue.append(emission, id: nil) }
    }
    var names = dropped.map { name($0.emission) }
    if !hasRoom, let last = names.popLast() { names.append(last.uppercased()) }
    return names
  }

  private func name(_ emission: Emission) -> String { emission.arguments[0].stringValue ?? "" }

  @Test("Events leave the buffer in order and give their room back")
  mutating func order() {
    #expect([append(event("a")), append(event("b"))] == [[], []])
    #expect(queue.count == 2 && gauge.events == 2 && queue.bytes > 0)
    #expect(queue.takeBuffered().map { name($0.emission) } == ["a", "b"])
    #expect(queue.count == 0 && gauge.events == 0 && queue.bytes == 0)
  }

  @Test("One event can be taken out of the buffer")
  mutating func removal() {
    var emission = event("a")
    _ = queue.makeRoom(for: &emission)
    let position = queue.append(emission, id: 4)
    #expect(append(event("b")) == [])
    queue.remove(at: position)
    queue.remove(at: position)
    #expect(queue.count == 1 && gauge.events == 1)
    #expect(queue.takeBuffered().map { name($0.emission) } == ["b"])
  }

  @Test("An event that has its room already takes none a second time")
  mutating func roomOfTheCaller() {
    var emission = event("a")
    let mayGoOn = queue.takeRoomOrRefuse(&emission)
    #expect(mayGoOn && gauge.events == 1)
    #expect(append(emission) == [])
    #expect(gauge.events == 1)
    queue.giveBackRoom(of: emission)
    queue.giveBackRoom(of: event("b"))
    #expect(gauge.events == 0)
  }

  @Test("The new event is dropped where the option says so", arguments: [OfflineBuffer.Overflow.refuse, .dropNewest])
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
    #expect(queue.takeBuffered().map { name($0.emission) } == ["a"])
  }

  @Test("The oldest are dropped where the option says so, first those of the buffer, but not the one in flight")
  mutating func oldest() {
    limit(OfflineBuffer(maxEvents: 3, overflow: .dropOldest))
    for emission in [event("a", retries: 1), event("b", retries: 1), event("c")] { #expect(append(emission) == []) }
    #expect(queue.beginTry(id: 0).map { name($0) } == "a")
    #expect(append(event("d", retries: 1)) == ["c"])
    #expect(append(event("e", retries: 1)) == ["b"])
    #expect(append(event("f")) == ["d"])
    #expect(gauge.events == 3 && queue.count == 2)
    #expect(queue.takeBuffered().map { name($0.emission) } == ["f"])
    #expect(queue.removeAllRetried().map { name($0) } == ["a", "e"])
    #expect(gauge.events == 0)
  }

  @Test("Nothing is dropped for an event that could have no room at all")
  mutating func tooLarge() {
    limit(OfflineBuffer(maxBytes: 40, overflow: .dropOldest))
    #expect(append(event("a")) == [])
    #expect(append(event(String(repeating: "x", count: 100))) == [String(repeating: "X", count: 100)])
    #expect(queue.count == 1)
  }

  @Test("Only a policy that refuses tells a caller so")
  mutating func refusing() {
    limit(OfflineBuffer(maxEvents: 0))
    var emission = event("a")
    var mayGoOn = queue.takeRoomOrRefuse(&emission)
    #expect(!mayGoOn)
    #expect(emission.room == nil && queue.withoutRoom == 1 && !queue.isOverflowing)
    limit(OfflineBuffer(maxEvents: 0, overflow: .dropNewest))
    mayGoOn = queue.takeRoomOrRefuse(&emission)
    #expect(mayGoOn)
    #expect(emission.room == nil && queue.withoutRoom == 0)
  }

  @Test("One try at a time is under way, and its event keeps its room until it has its end")
  mutating func tries() {
    for name in ["a", "b"] { #expect(append(event(name, retries: 1)) == []) }
    #expect(queue.beginTry(id: 5).map { name($0) } == "a")
    #expect(queue.beginTry(id: 6) == nil)
    #expect(queue.tryInFlight == 5 && queue.count == 1 && gauge.events == 2)
    #expect(queue.endTry(isLast: false) == nil)
    #expect(queue.tryInFlight == nil && queue.count == 2)
    #expect(queue.beginTry(id: 6).map { name($0) } == "a")
    #expect(queue.endTry(isLast: false).map { name($0) } == "a")
    #expect(queue.beginTry(id: 7).map { name($0) } == "b")
    #expect(queue.endTry(isLast: true).map { name($0) } == "b")
    #expect(queue.count == 0 && gauge.events == 0)
  }

  @Test("An event that cannot be sent, or that nobody waits for any more, leaves the retry queue with its room")
  mutating func leaving() {
    let (first, second, third) = (AckToken(), AckToken(), AckToken())
    #expect(append(event("a", retries: 1, token: first)) == [])
    #expect(append(event("b", retries: 1, token: second)) == [])
    #expect(append(event("c", retries: 1)) == [])
    _ = queue.beginTry(id: 3)
    #expect(queue.removeRetried(third) == nil)
    let waiting = queue.removeRetried(second)
    #expect(waiting != nil && waiting?.inFlight == nil)
    #expect(queue.removeRetried(first)?.inFlight == 3)
    #expect(queue.tryInFlight == nil && gauge.events == 1)
    _ = queue.beginTry(id: 4)
    #expect(queue.endTry(isLast: true).map { name($0) } == "c")
    #expect(gauge.events == 0)
  }

  @Test("Those that somebody waits for can be taken out alone")
  mutating func awaited() {
    #expect([append(event("a", retries: 1, token: AckToken())), append(event("b", retries: 1))] == [[], []])
    #expect(queue.removeAwaitedRetried().map { name($0) } == ["a"])
    #expect(queue.count == 1 && gauge.events == 1)
  }
}
