/// What an Engine.IO session has to send: in which order it leaves, how much of it in one piece, and what is held until
/// the server has read something else.
struct EngineOutbox {
  private var packets: [EnginePacket] = []
  /// Bytes of the packets that may leave. What is held does not count.
  private(set) var queuedBytes = 0
  /// A pong goes in front of what is queued. One answers all the pings before it.
  private var isPongDue = false
  private var barrier = ReadBarrier()

  /// Whether nothing is queued. A pong that is due and what is held do not count.
  var isEmpty: Bool { packets.isEmpty }

  /// Whether any message is held.
  var isHolding: Bool { barrier.isHolding }

  /// What was held or is, and the server is not known to have read.
  var unreadHeld: Set<ReadBarrier.ID> { barrier.unread }

  // MARK: Filling it

  /// - Parameter isAwaited: Whether what is held later waits until the server has read this.
  mutating func append(_ messages: [EngineMessage], isCompressed: Bool, isAwaited: Bool) {
    for message in messages { append(isCompressed ? .message(message) : .uncompressed(message)) }
    barrier.queue(messages.count, isAwaited: isAwaited)
  }

  /// The next piece begins with a pong.
  mutating func owePong() { isPongDue = true }

  /// Puts the packet in front that completes an upgrade. Servers take nothing before it, not even a pong.
  mutating func putUpgradeInFront() {
    putPongInFront()
    putInFront(.upgrade)
  }

  private mutating func append(_ packet: EnginePacket) {
    packets.append(packet)
    queuedBytes += packet.size
  }

  private mutating func putInFront(_ packet: EnginePacket) {
    packets.insert(packet, at: 0)
    queuedBytes += packet.size
  }

  private mutating func putPongInFront() {
    guard isPongDue else { return }
    isPongDue = false
    putInFront(.pong(""))
  }

  // MARK: Holding messages

  // These return whether messages that were held are queued now, in their turn.

  /// A name for the next message that is held.
  mutating func makeHoldID() -> ReadBarrier.ID { barrier.makeID() }

  /// Queues messages when the server has read the message `predecessor`, or all that was queued before and is awaited.
  mutating func hold(
    _ messages: [EngineMessage], as id: ReadBarrier.ID, behind predecessor: ReadBarrier.ID?
  ) -> Bool {
    release(barrier.hold(messages.map(EnginePacket.message), as: id, behind: predecessor))
  }

  /// Drops a message that is still held.
  mutating func withdraw(_ id: ReadBarrier.ID) -> Bool { release(barrier.withdraw(id)) }

  /// The server has read everything up to a ``nextQuestion()``.
  mutating func confirmRead(_ mark: UInt64) -> Bool { release(barrier.confirm(mark)) }

  /// What is held has waited long enough.
  mutating func stopHolding() -> Bool { release(barrier.giveUp()) }

  /// The mark to ask the server about, if there is any reason to ask: whether it has read all that was taken.
  mutating func nextQuestion() -> UInt64? { barrier.nextQuestion() }

  private mutating func release(_ packets: [EnginePacket]) -> Bool {
    for packet in packets { append(packet) }
    return !packets.isEmpty
  }

  // MARK: Emptying it

  /// Takes out everything that is queued.
  mutating func takeAll() -> [EnginePacket] {
    putPongInFront()
    barrier.takeAll()
    defer { clear() }
    return packets
  }

  /// Takes out what the server accepts in one body of long-polling.
  ///
  /// - Parameter maxBytes: The largest body; 0 for no limit.
  mutating func takeBody(maxPackets: Int, maxBytes: Int) -> [EnginePacket] {
    putPongInFront()
    let count = bodyCount(maxPackets: maxPackets, maxBytes: maxBytes)
    if count == packets.count { return takeAll() }
    let body = Array(packets[..<count])
    barrier.take(body)
    packets.removeFirst(count)
    queuedBytes -= body.reduce(0) { $0 + $1.size }
    return body
  }

  private func bodyCount(maxPackets: Int, maxBytes: Int) -> Int {
    let count = min(packets.count, maxPackets)
    guard maxBytes > 0 else { return count }
    var size = 1
    for index in 0..<count {
      size += packets[index].payloadSize
      // One packet beyond the limit is sent all the same, for the server to judge.
      if index > 0, size > maxBytes { return index }
      size += 2
    }
    return count
  }

  mutating func removeAll() {
    clear()
    barrier.removeAll()
  }

  private mutating func clear() {
    packets = []
    queuedBytes = 0
  }
}
