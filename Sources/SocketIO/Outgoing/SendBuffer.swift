/// Events that wait for a connection, in order. Each holds room in the budget, which is given back when it leaves.
struct SendBuffer {
  struct Entry {
    let event: OutgoingEvent
    /// The acknowledgement id.
    let id: Int?
  }

  private var entries = PositionedQueue<Entry>()
  /// The bytes of all events.
  private(set) var bytes = 0

  var count: Int { entries.count }

  /// - Returns: The position by which the event can be removed.
  mutating func append(_ event: OutgoingEvent, id: Int?) -> Int {
    bytes += event.room ?? 0
    return entries.append(Entry(event: event, id: id))
  }

  @discardableResult
  mutating func remove(at position: Int) -> Entry? {
    let entry = entries.remove(at: position)
    bytes -= entry?.event.room ?? 0
    return entry
  }

  mutating func removeFirst() -> Entry? { remove(at: entries.firstPosition) }

  mutating func removeAll() -> [Entry] {
    bytes = 0
    return entries.removeAll()
  }
}
