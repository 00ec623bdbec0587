/// Events that wait for a connection, in order.
struct SendBuffer {
  struct Entry {
    let emission: Emission
    /// The acknowledgement's.
    let id: Int?
    let bytes: Int
  }

  private var entries = SparseQueue<Entry>()
  /// Of all events, estimated.
  private(set) var bytes = 0

  var count: Int { entries.count }

  /// - Returns: The position by which the event can be taken out.
  mutating func append(_ emission: Emission, id: Int?) -> Int {
    let entry = Entry(emission: emission, id: id, bytes: emission.estimatedSize)
    bytes += entry.bytes
    return entries.append(entry)
  }

  mutating func remove(at position: Int) {
    bytes -= entries.remove(at: position)?.bytes ?? 0
  }

  mutating func removeAll() -> [Entry] {
    bytes = 0
    return entries.removeAll()
  }
}
