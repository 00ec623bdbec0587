/// The events of a Socket that wait to be sent, for a connection or for their turn, and the room that they take in its
/// gauge. An event gives its room back when it leaves.
struct OutgoingQueue {
  private var buffer = SendBuffer()
  private var retries = RetryQueue()
  private let gauge: BufferGauge
  /// Events that were dropped for want of room.
  private var overflowed = 0
  /// As many since what waits was last sent, or given up.
  private var overflowedLately = 0

  init(gauge: BufferGauge) { self.gauge = gauge }

  /// Events that wait, without the one whose acknowledgement the retry queue waits for.
  var count: Int { buffer.count + retries.waiting }

  /// Their bytes, estimated.
  var bytes: Int { buffer.bytes + retries.waitingBytes }

  // MARK: Room

  /// How many events were dropped, or refused to their caller, for want of room.
  var withoutRoom: Int { overflowed + gauge.refused }

  /// Whether events are being dropped for want of room.
  var isOverflowing: Bool { overflowedLately > 0 }

  /// Finds room for an event that has none yet, as the option `offlineBuffer` says.
  ///
  /// - Returns: Whether there is room, and what was dropped: older events, then this one where there is none.
  mutating func makeRoom(for emission: inout Emission) -> (hasRoom: Bool, dropped: [SendBuffer.Entry]) {
    guard emission.room == nil else { return (true, []) }
    let bytes = emission.estimatedSize
    var dropped: [SendBuffer.Entry] = []
    defer {
      overflowed += dropped.count
      overflowedLately += dropped.count
    }
    while !gauge.take(bytes) {
      guard gauge.limit.overflow == .dropOldest, gauge.couldHold(bytes), let oldest = removeOldest() else {
        dropped.append(SendBuffer.Entry(emission: emission, id: nil))
        return (false, dropped)
      }
      dropped.append(oldest)
    }
    emission.room = bytes
    return (true, dropped)
  }

  /// Takes room for an event whose caller is told if there is none, where the option says so.
  ///
  /// - Returns: Whether the event may go on.
  func takeRoomOrRefuse(_ emission: inout Emission) -> Bool {
    guard gauge.limit.overflow == .refuse else { return true }
    let bytes = emission.estimatedSize
    guard gauge.takeOrRefuse(bytes) else { return false }
    emission.room = bytes
    return true
  }

  /// The event does not have to wait after all.
  func giveBackRoom(of emission: Emission) {
    if let room = emission.room { gauge.giveBack(room) }
  }

  /// What waited is sent, or given up.
  ///
  /// - Returns: How many events were dropped since that was so the last time.
  mutating func endOverflow() -> Int {
    defer { overflowedLately = 0 }
    return overflowedLately
  }

  private mutating func removeOldest() -> SendBuffer.Entry? {
    let entry = buffer.removeFirst() ?? retries.removeOldestWaiting().map { SendBuffer.Entry(emission: $0, id: nil) }
    if let entry { giveBackRoom(of: entry.emission) }
    return entry
  }

  // MARK: Events that wait for a connection

  /// - Returns: The position by which the event can be taken out.
  mutating func append(_ emission: Emission, id: Int?) -> Int { buffer.append(emission, id: id) }

  mutating func remove(at position: Int) {
    if let entry = buffer.remove(at: position) { giveBackRoom(of: entry.emission) }
  }

  /// Takes out all that wait for a connection.
  mutating func takeBuffered() -> [SendBuffer.Entry] {
    let entries = buffer.removeAll()
    for entry in entries { giveBackRoom(of: entry.emission) }
    return entries
  }

  // MARK: Events that are sent again until they are acknowledged

  /// The acknowledgement id of the try that is under way.
  var tryInFlight: Int? { retries.inFlight }

  mutating func appendRetried(_ emission: Emission) { retries.append(emission) }

  /// The event to send, whose acknowledgement will have this id; nil where there is none, or one is under way already.
  mutating func beginTry(id: Int) -> Emission? { retries.begin(id: id) }

  /// - Parameter isLast: Whether the event gets no other, as it was acknowledged or cannot be sent at all.
  /// - Returns: The event, where this was its last try.
  mutating func endTry(isLast: Bool) -> Emission? {
    let ended = isLast ? retries.removeHead() : retries.fail()
    if let ended { giveBackRoom(of: ended) }
    return ended
  }

  /// Takes out the event whose acknowledgement nobody waits for any more.
  ///
  /// - Returns: The event, and the id under which it is in flight.
  mutating func removeRetried(_ token: AckToken) -> (emission: Emission, inFlight: Int?)? {
    guard let removed = retries.remove(token) else { return nil }
    giveBackRoom(of: removed.emission)
    return removed
  }

  /// Takes out the events whose acknowledgement somebody waits for. None is in flight.
  mutating func removeAwaitedRetried() -> [Emission] {
    let emissions = retries.removeAwaited()
    for emission in emissions { giveBackRoom(of: emission) }
    return emissions
  }

  mutating func removeAllRetried() -> [Emission] {
    let emissions = retries.removeAll()
    for emission in emissions { giveBackRoom(of: emission) }
    return emissions
  }
}
