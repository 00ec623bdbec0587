/// The Sockets of a Manager as its core finds them. Nothing here costs more where there are more of them, but to go through all.
struct SocketTable {
  private var slots: [Int: SocketSlot] = [:]
  private var activeOnes = SparseQueue<SocketSlot>()
  private var activeByNamespace: [String: SocketSlot] = [:]
  private var unansweredByNamespace: [String: SocketSlot] = [:]

  /// Nothing is kept of any Socket.
  var isEmpty: Bool { slots.isEmpty && activeByNamespace.isEmpty && unansweredByNamespace.isEmpty }

  /// By the Socket's key; nil when it was let go.
  subscript(key: Int) -> SocketSlot? { slots[key] }

  /// In no order.
  var all: some Collection<SocketSlot> { slots.values }

  // MARK: Making and letting go

  mutating func insert(_ slot: SocketSlot) { slots[slot.key] = slot }

  /// A Socket whose CONNECT is unanswered is still found by that.
  mutating func remove(_ slot: SocketSlot) {
    slots[slot.key] = nil
    setActive(slot, false)
  }

  // MARK: Active Sockets

  var hasActive: Bool { !activeOnes.isEmpty }

  /// In the order in which they became active.
  var active: [SocketSlot] { activeOnes.all.map(\.element) }

  func active(in namespace: String) -> SocketSlot? { activeByNamespace[namespace] }

  /// - Returns: Whether that is new.
  @discardableResult
  mutating func setActive(_ slot: SocketSlot, _ isActive: Bool) -> Bool {
    guard isActive != slot.isActive else { return false }
    let namespace = slot.machine.namespace
    if let position = slot.activePosition.take() {
      activeOnes.remove(at: position)
      if activeByNamespace[namespace] === slot { activeByNamespace[namespace] = nil }
    } else {
      slot.activePosition = activeOnes.append(slot)
      activeByNamespace[namespace] = slot
    }
    return true
  }

  // MARK: Sockets whose CONNECT is unanswered

  /// The one of a namespace, which may have left since, or been let go.
  func unanswered(in namespace: String) -> SocketSlot? { unansweredByNamespace[namespace] }

  mutating func setUnanswered(_ slot: SocketSlot, _ isUnanswered: Bool) {
    let namespace = slot.machine.namespace
    if isUnanswered {
      unansweredByNamespace[namespace] = slot
    } else if unansweredByNamespace[namespace] === slot {
      unansweredByNamespace[namespace] = nil
      // An empty dictionary keeps the memory that it had.
      if unansweredByNamespace.isEmpty { unansweredByNamespace = [:] }
    }
  }

  /// The connection has ended: nothing on it will be answered any more.
  mutating func forgetUnanswered() { unansweredByNamespace = [:] }
}
