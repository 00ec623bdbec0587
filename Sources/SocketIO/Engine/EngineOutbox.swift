/// The packets that an Engine.IO session has to send: their order, how many are sent at a time, and which are held
/// until the server has read others.
struct EngineOutbox {
  private var packets: [EnginePacket] = []
  /// Bytes of the packets that may be sent. Held ones do not count.
  private(set) var queuedBytes = 0
  /// A pong goes in front of what is queued. It answers all pings before it.
  private var isPongDue = false
  private var barrier = ReadBarrier()

  /// Whether no packets are queued. A pong that is due and held messages do not count.
  var isEmpty: Bool { packets.isEmpty }

  /// Whether any message is held.
  var isHolding: Bool { barrier.isHolding }

  /// The messages that are or were held, and that the server is not known to have read.
  var unreadHeld: Set<ReadBarrier.ID> { barrier.unread }

  /// Whether there is nothing to send, now or later.
  var isIdle: Bool { packets.isEmpty && !isPongDue && !isHolding }

  // MARK: Filling it

  /// - Parameter isAwaited: Whether messages that are held later wait until the server has read these.
  mutating func append(_ messages: [EngineMessage], isCompressed: Bool, isAwaited: Bool) {
    for message in messages { append(isCompressed ? .message(message) : .uncompressed(message)) }
    barrier.queue(messages.count, isAwaited: isAwaited)
  }

  mutating func append(_ packet: EncodedPacket, isCompressed: Bool) {
    append(.encoded(packet.text, isCompressed: isCompressed))
    for data in packet.attachments { append(isCompressed ? .message(.binary(data)) : .uncompressed(.binary(data))) }
    barrier.queue(1 + packet.attachments.count, isAwaited: true)
  }

  /// Lets a message go directly to the transport, if nothing has to go before it.
  ///
  /// - Returns: Whether it may go.
  mutating func pass() -> Bool {
    guard packets.isEmpty, !isPongDue else { return false }
    barrier.queue(1, isAwaited: true)
    barrier.takeAll()
    return true
  }

  /// What is taken next begins with a pong.
  mutating func owePong() { isPongDue = true }

  /// Puts the packet that completes an upgrade in front. Servers accept nothing before it, not even a pong.
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

  // These functions return whether they have queued messages that were held.

  /// An id for the next message to be held.
  mutating func makeHoldID() -> ReadBarrier.ID { barrier.makeID() }

  /// Queues messages once the server has read the message `predecessor` or, without one, every awaited message queued
  /// before.
  mutating func hold(
    _ messages: [EngineMessage], as id: ReadBarrier.ID, behind predecessor: ReadBarrier.ID?
  ) -> Bool {
    release(barrier.hold(messages.map(EnginePacket.message), as: id, behind: predecessor))
  }

  /// Drops a message that is still held.
  mutating func withdraw(_ id: ReadBarrier.ID) -> Bool { release(barrier.withdraw(id)) }

  /// The server has read everything up to this mark, which ``nextQuestion()`` returned.
  mutating func confirmRead(_ mark: UInt64) -> Bool { release(barrier.confirm(mark)) }

  /// Held messages have waited long enough.
  mutating func stopHolding() -> Bool { release(barrier.giveUp()) }

  /// If a read receipt is needed, the mark to ask for: it covers everything taken so far.
  mutating func nextQuestion() -> UInt64? { barrier.nextQuestion() }

  private mutating func release(_ packets: [EnginePacket]) -> Bool {
    for packet in packets { append(packet) }
    return !packets.isEmpty
  }

  // MARK: Emptying it

  /// Takes everything that is queued.
  mutating func takeAll() -> [EnginePacket] {
    putPongInFront()
    barrier.takeAll()
    defer { clear() }
    return packets
  }

  /// Takes what the server accepts in one body of HTTP long-polling.
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
      // A single packet beyond the limit is sent anyway, for the server to judge.
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
