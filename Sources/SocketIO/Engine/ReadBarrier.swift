/// Messages that do not leave before the server has read certain others, and what is known of its reading.
///
/// A server handles a packet some steps after it has read it, but not beyond its next read. What has to find the work
/// of an earlier packet done must therefore not reach it in the same read.
///
/// Messages are numbered as they enter the engine's buffer. Known is which was the last one there, the last one that a
/// transport took, and the last one that the server has read.
struct ReadBarrier {
  /// Names a held message, also after it has left.
  struct ID: Hashable, Sendable {
    fileprivate let number: Int
  }

  private struct Held {
    let id: ID
    let packets: [EnginePacket]
    let predecessor: ID?
    /// The number up to which the server has to read; nil while the predecessor is held.
    var position: UInt64?
  }

  /// So many messages that have left are remembered before the server is asked about them alone.
  private static let remembered = 1_000

  private var queued: UInt64 = 0
  /// The last one of those queued that held messages wait for.
  private var relevant: UInt64 = 0
  private var taken: UInt64 = 0
  private var read: UInt64 = 0
  /// The last one that the server was asked about.
  private var asked: UInt64 = 0
  /// The last one whose reading is waited for.
  private var awaited: UInt64 = 0
  private var held: [Held] = []
  /// Of those that are held, so that no message that names another has to look for it.
  private var heldIDs: Set<ID> = []
  private var lastID = 0
  /// Where messages that were held stand now that they have left, as long as they are not known to be read.
  private var left: [ID: UInt64] = [:]

  /// Whether any message is held.
  var isHolding: Bool { !held.isEmpty }

  /// Those that were held or are, and that the server is not known to have read.
  var unread: Set<ID> { heldIDs.union(left.keys) }

  mutating func makeID() -> ID {
    lastID += 1
    return ID(number: lastID)
  }

  /// Messages that were not held were put in the engine's buffer.
  mutating func queue(_ count: Int, isAwaited: Bool) {
    queued += UInt64(count)
    if isAwaited { relevant = queued }
  }

  /// A transport took the whole buffer.
  mutating func takeAll() { taken = queued }

  /// A transport took these packets.
  mutating func take(_ packets: [EnginePacket]) {
    for case .message in packets { taken += 1 }
    for case .uncompressed in packets { taken += 1 }
  }

  /// Holds a message until the server has read `predecessor`, another message that is or was held; without one, all
  /// that was queued up to now and that is awaited.
  ///
  /// - Returns: The message itself if it need not wait. It then counts as queued.
  mutating func hold(_ packets: [EnginePacket], as id: ID, behind predecessor: ID?) -> [EnginePacket] {
    let message = Held(id: id, packets: packets, predecessor: predecessor, position: position(of: predecessor))
    if let position = message.position {
      guard position > read else { return release(message) }
      awaited = max(awaited, position)
    }
    held.append(message)
    heldIDs.insert(id)
    return []
  }

  private func position(of predecessor: ID?) -> UInt64? {
    guard let predecessor else { return relevant }
    // One that is neither held nor unread has been read.
    return left[predecessor] ?? (heldIDs.contains(predecessor) ? nil : 0)
  }

  /// Drops a message if it is still held.
  ///
  /// - Returns: What waited for it, and need not wait any more.
  mutating func withdraw(_ id: ID) -> [EnginePacket] {
    guard heldIDs.remove(id) != nil else { return [] }
    held.removeAll { $0.id == id }
    return releaseDue()
  }

  /// The number to ask the server about, if there is any reason to ask: whether it has read all that was taken. That
  /// it has read what left long ago is asked so that this can be forgotten.
  mutating func nextQuestion() -> UInt64? {
    guard taken > asked, isHolding && awaited > asked || left.count > Self.remembered && read == asked else {
      return nil
    }
    asked = taken
    return taken
  }

  /// The server has read all messages up to the one that it was asked about.
  ///
  /// - Returns: What need not wait any more.
  mutating func confirm(_ number: UInt64) -> [EnginePacket] {
    guard number > read, number <= asked else { return [] }
    read = number
    return releaseDue()
  }

  /// The server has had time enough: all that was queued counts as read.
  mutating func giveUp() -> [EnginePacket] {
    read = queued
    asked = max(asked, read)
    return releaseDue()
  }

  mutating func removeAll() {
    held = []
    heldIDs = []
  }

  private mutating func releaseDue() -> [EnginePacket] {
    left = left.filter { $0.value > read }
    var packets: [EnginePacket] = []
    var waiting: [Held] = []
    for var message in held {
      if message.position == nil {
        message.position = position(of: message.predecessor)
        awaited = max(awaited, message.position ?? 0)
      }
      if let position = message.position, position <= read {
        packets += release(message)
      } else {
        waiting.append(message)
      }
    }
    held = waiting
    return packets
  }

  private mutating func release(_ message: Held) -> [EnginePacket] {
    queued += UInt64(message.packets.count)
    heldIDs.remove(message.id)
    left[message.id] = queued
    return message.packets
  }
}
