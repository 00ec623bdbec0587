/// Events that are sent again until the server acknowledges them: in order, one in flight.
struct RetryQueue {
  private struct Entry {
    let emission: Emission
    let bytes: Int
    var tries = 0
  }

  private var entries = SparseQueue<Entry>()
  private var bytes = 0

  /// The acknowledgement id of the head's current try.
  private(set) var inFlight: Int?

  /// Events that wait for their turn.
  var waiting: Int { entries.count - (inFlight == nil ? 0 : 1) }

  /// Their bytes, estimated.
  var waitingBytes: Int { bytes - (inFlight == nil ? 0 : entries.first?.bytes ?? 0) }

  mutating func append(_ emission: Emission) {
    let entry = Entry(emission: emission, bytes: emission.estimatedSize)
    bytes += entry.bytes
    entries.append(entry)
  }

  /// Counts a try of the head, which is under way from now on.
  ///
  /// - Returns: nil where there is none, or it is under way already.
  mutating func begin(id: Int) -> Emission? {
    guard inFlight == nil, let entry = entries.first else { return nil }
    entries.first?.tries += 1
    inFlight = id
    return entry.emission
  }

  /// The head was acknowledged.
  mutating func succeed() -> AckHandler? { remove(at: entries.firstPosition)?.ack }

  /// The head's try failed.
  ///
  /// - Returns: Who is told, where it was the last try.
  mutating func fail() -> AckHandler? {
    inFlight = nil
    guard let entry = entries.first, entry.tries > entry.emission.retries else { return nil }
    return remove(at: entries.firstPosition)?.ack
  }

  /// Takes out the event whose acknowledgement nobody waits for any more.
  ///
  /// - Returns: Its handler, and the id under which it is in flight.
  mutating func remove(_ token: AckToken) -> (handler: AckHandler, inFlight: Int?)? {
    guard let position = entries.firstPosition(where: { $0.emission.ack?.token === token }) else { return nil }
    let id = position == entries.firstPosition ? inFlight : nil
    guard let handler = remove(at: position)?.ack else { return nil }
    return (handler, id)
  }

  mutating func removeAll() -> [AckHandler] {
    defer { self = RetryQueue() }
    return entries.all.compactMap(\.emission.ack)
  }

  private mutating func remove(at position: Int) -> Emission? {
    if position == entries.firstPosition { inFlight = nil }
    let entry = entries.remove(at: position)
    bytes -= entry?.bytes ?? 0
    return entry?.emission
  }
}
