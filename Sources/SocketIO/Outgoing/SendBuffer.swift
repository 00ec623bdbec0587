/// Events that wait for a connection, in order. Each has its room in the gauge, and gives it back when it leaves.
struct SendBuffer {
  struct Entry {
    let emission: Emission
    /// The acknowledgement's.
    let id: Int?
  }

  private var entries = SparseQueue<Entry>()
  /// Of all events, estimated.
  private(set) var bytes = 0

  var count: Int { entries.count }

  /// - Returns: The position by which the event can be taken out.
  mutating func append(_ emission: Emission, id: Int?) -> Int {
    bytes += emission.room ?? 0
    return entries.append(Entry(emission: emission, id: id))
  }

  @discardableResult
  mutating func remove(at position: Int) -> Entry? {
    let entry = entries.remove(at: position)
    bytes -= entry?.emission.room ?? 0
    return entry
  }

  mutating func removeFirst() -> Entry? { remove(at: entries.firstPosition) }

  mutating func removeAll() -> [Entry] {
    bytes = 0
    return entries.removeAll()
  }
}
