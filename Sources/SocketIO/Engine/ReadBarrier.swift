/// Messages that are held until the server has read certain others; docs/design.md says why.
///
/// Messages are numbered as they enter the engine's buffer. The barrier tracks the last number queued, the last one
/// taken by a transport, and the last one read by the server.
struct ReadBarrier {
  /// Identifies a held message, also after it was sent.
  struct ID: Hashable, Sendable {
    fileprivate let number: Int
  }

  private struct Held {
    let id: ID
    let packets: [EnginePacket]
    let predecessor: ID?
    /// The number up to which the server must have read; nil while the predecessor is held.
    var position: UInt64?
  }

  /// With this many unread messages to remember, the server is asked about them just so that they can be forgotten.
  private static let remembered = 1_000

  private var queued: UInt64 = 0
  /// The number of the last queued message that a message held from now on has to wait for.
  private var relevant: UInt64 = 0
  private var taken: UInt64 = 0
  private var read: UInt64 = 0
  /// The highest number that the server was asked about.
  private var asked: UInt64 = 0
  /// The highest number that any held message waits for.
  private var awaited: UInt64 = 0
  private var held: [Held] = []
  /// The ids of held messages, for look-ups by id.
  private var heldIDs: Set<ID> = []
  private var lastID = 0
  /// The numbers of messages that were held and sent, until the server has read them.
  private var left: [ID: UInt64] = [:]

  /// Whether any message is held.
  var isHolding: Bool { !held.isEmpty }

  /// The messages that are or were held and that the server may not have read.
  var unread: Set<ID> { heldIDs.union(left.keys) }

  mutating func makeID() -> ID {
    lastID += 1
    return ID(number: lastID)
  }

  /// Counts messages that entered the engine's buffer without being held.
  mutating func queue(_ count: Int, isAwaited: Bool) {
    queued += UInt64(count)
    if isAwaited { relevant = queued }
  }

  /// A transport has taken the whole buffer.
  mutating func takeAll() { taken = queued }

  /// A transport has taken these packets.
  mutating func take(_ packets: [EnginePacket]) {
    for case .message in packets { taken += 1 }
    for case .uncompressed in packets { taken += 1 }
    for case .encoded in packets { taken += 1 }
  }

  /// Holds a message until the server has read `predecessor`, another message that is or was held; without one,
  /// everything awaited that was queued up to now.
  ///
  /// - Returns: The message itself, counted as queued, if it need not wait.
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
    // Neither held nor unread: it has been read.
    return left[predecessor] ?? (heldIDs.contains(predecessor) ? nil : 0)
  }

  /// Drops a message if it is still held.
  ///
  /// - Returns: Messages that waited for it and can be sent now.
  mutating func withdraw(_ id: ID) -> [EnginePacket] {
    guard heldIDs.remove(id) != nil else { return [] }
    held.removeAll { $0.id == id }
    return releaseDue()
  }

  /// The number to ask the server about, if there is reason to ask: a held message waits for it, or there are too many
  /// sent messages to remember.
  mutating func nextQuestion() -> UInt64? {
    guard taken > asked, isHolding && awaited > asked || left.count > Self.remembered && read == asked else {
      return nil
    }
    asked = taken
    return taken
  }

  /// The server has read all messages up to the one that it was asked about.
  ///
  /// - Returns: Messages that can be sent now.
  mutating func confirm(_ number: UInt64) -> [EnginePacket] {
    guard number > read, number <= asked else { return [] }
    read = number
    return releaseDue()
  }

  /// Stops waiting for the server: everything queued counts as read.
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
