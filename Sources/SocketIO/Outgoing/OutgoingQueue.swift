/// The events of a Socket that wait to be sent, for a connection or for their turn. An event that leaves gives back the
/// room that it holds in the budget.
struct OutgoingQueue {
  private var buffer = SendBuffer()
  private var retries = RetryQueue()
  private let budget: OfflineBudget
  /// The number of events dropped because the buffer was full.
  private var overflowed = 0
  /// The same, since the waiting events were last sent or given up.
  private var overflowedLately = 0

  init(budget: OfflineBudget) { self.budget = budget }

  /// The number of waiting events, without the one that the retry queue has in flight.
  var count: Int { buffer.count + retries.waiting }

  /// The bytes of these events.
  var bytes: Int { buffer.bytes + retries.waitingBytes }

  // MARK: Room

  /// How many events were dropped, or refused to their callers, because the buffer was full.
  var withoutRoom: Int { overflowed + budget.refused }

  /// Whether events were dropped since the waiting ones were last sent or given up.
  var isOverflowing: Bool { overflowedLately > 0 }

  /// Takes room for an event that holds none yet, by the policy of the option `offlineBuffer`.
  ///
  /// - Returns: Whether there is room, and what was dropped: older events, and this one if there is no room.
  mutating func makeRoom(for event: inout OutgoingEvent) -> (hasRoom: Bool, dropped: [SendBuffer.Entry]) {
    guard event.room == nil else { return (true, []) }
    let bytes = event.size
    var dropped: [SendBuffer.Entry] = []
    defer {
      overflowed += dropped.count
      overflowedLately += dropped.count
    }
    while !budget.take(bytes) {
      guard budget.limit.overflow == .dropOldest, budget.couldHold(bytes), let oldest = removeOldest() else {
        dropped.append(SendBuffer.Entry(event: event, id: nil))
        return (false, dropped)
      }
      dropped.append(oldest)
    }
    event.room = bytes
    return (true, dropped)
  }

  /// Takes room for an event if the policy is `.refuse`: its caller learns if there is none.
  ///
  /// - Returns: Whether the event is accepted.
  func takeRoomOrRefuse(_ event: inout OutgoingEvent) -> Bool {
    guard budget.limit.overflow == .refuse else { return true }
    let bytes = event.size
    guard budget.takeOrRefuse(bytes) else { return false }
    event.room = bytes
    return true
  }

  /// The event does not have to wait after all.
  ///
  /// - Parameter room: What it holds.
  func giveBackRoom(_ room: Int?) {
    if let room { budget.giveBack(room) }
  }

  /// The waiting events are sent or given up.
  ///
  /// - Returns: How many events were dropped since the last time.
  mutating func endOverflow() -> Int {
    defer { overflowedLately = 0 }
    return overflowedLately
  }

  private mutating func removeOldest() -> SendBuffer.Entry? {
    let entry = buffer.removeFirst() ?? retries.removeOldestWaiting().map { SendBuffer.Entry(event: $0, id: nil) }
    if let entry { giveBackRoom(entry.event.room) }
    return entry
  }

  // MARK: Events that wait for a connection

  /// - Returns: The position by which the event can be removed.
  mutating func append(_ event: OutgoingEvent, id: Int?) -> Int { buffer.append(event, id: id) }

  mutating func remove(at position: Int) {
    if let entry = buffer.remove(at: position) { giveBackRoom(entry.event.room) }
  }

  /// Removes all events that wait for a connection.
  mutating func takeBuffered() -> [SendBuffer.Entry] {
    let entries = buffer.removeAll()
    for entry in entries { giveBackRoom(entry.event.room) }
    return entries
  }

  // MARK: Events that are sent again until they are acknowledged

  /// The acknowledgement id of the current attempt.
  var tryInFlight: Int? { retries.inFlight }

  mutating func appendRetried(_ event: OutgoingEvent) { retries.append(event) }

  /// The event to send, whose acknowledgement will have this id; nil if there is none, or one is already in flight.
  mutating func beginTry(id: Int) -> OutgoingEvent? { retries.begin(id: id) }

  /// - Parameter isLast: Whether there is no further attempt, since the event was acknowledged or cannot be sent at
  ///   all.
  /// - Returns: The event, if this was its last attempt.
  mutating func endTry(isLast: Bool) -> OutgoingEvent? {
    let ended = isLast ? retries.removeHead() : retries.fail()
    if let ended { giveBackRoom(ended.room) }
    return ended
  }

  /// Removes the event whose acknowledgement was cancelled.
  ///
  /// - Returns: The event, and its acknowledgement id if it is in flight.
  mutating func removeRetried(_ token: CancellationToken) -> (event: OutgoingEvent, inFlight: Int?)? {
    guard let removed = retries.remove(token) else { return nil }
    giveBackRoom(removed.event.room)
    return removed
  }

  /// Removes the events with an acknowledgement handler. None of them is in flight.
  mutating func removeAwaitedRetried() -> [OutgoingEvent] {
    let events = retries.removeAwaited()
    for event in events { giveBackRoom(event.room) }
    return events
  }

  mutating func removeAllRetried() -> [OutgoingEvent] {
    let events = retries.removeAll()
    for event in events { giveBackRoom(event.room) }
    return events
  }
}
