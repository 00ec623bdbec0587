/// Events that are sent again until the server acknowledges them: in order, one in flight.
struct RetryQueue {
  private struct Entry {
    let emission: Emission
    var tries = 0
  }

  private var entries = SparseQueue<Entry>()
  private var bytes = 0

  /// The acknowledgement id of the head's current try.
  private(set) var inFlight: Int?

  /// Events that wait for their turn.
  var waiting: Int { entries.count - (inFlight == nil ? 0 : 1) }

  /// Their bytes, estimated.
  var waitingBytes: Int { bytes - (inFlight == nil ? 0 : entries.first?.emission.room ?? 0) }

  mutating func append(_ emission: Emission) {
    bytes += emission.room ?? 0
    let position = entries.append(Entry(emission: emission))
    emission.ack?.token?.position = position
  }

  /// Counts a try of the head, which is under way from now on.
  ///
  /// - Returns: nil where there is none, or it is under way already.
  mutating func begin(id: Int) -> Emission? {
    guard inFlight == nil, let entry = entries.first else { return nil }
    entries.update(at: entries.firstPosition) { $0.tries += 1 }
    inFlight = id
    return entry.emission
  }

  /// Takes out the head, which was acknowledged or cannot be sent at all.
  mutating func removeHead() -> Emission? { remove(at: entries.firstPosition) }

  /// The head's try failed.
  ///
  /// - Returns: The event, which is taken out, where it was the last try.
  mutating func fail() -> Emission? {
    inFlight = nil
    guard let entry = entries.first, entry.tries > entry.emission.retries else { return nil }
    return remove(at: entries.firstPosition)
  }

  /// Takes out the event whose acknowledgement nobody waits for any more.
  ///
  /// - Returns: The event, and the id under which it is in flight.
  mutating func remove(_ token: AckToken) -> (emission: Emission, inFlight: Int?)? {
    let position = token.position
    guard let entry = entries[position], entry.emission.ack?.token === token else { return nil }
    let id = position == entries.firstPosition ? inFlight : nil
    return remove(at: position).map { ($0, id) }
  }

  /// Takes out the event that has waited longest for its turn.
  mutating func removeOldestWaiting() -> Emission? {
    let position = inFlight == nil ? entries.firstPosition : entries.position(after: entries.firstPosition)
    return position.flatMap { remove(at: $0) }
  }

  /// Takes out the events whose acknowledgement somebody waits for. None is in flight.
  mutating func removeAwaited() -> [Emission] {
    entries.all.filter { $0.element.emission.ack != nil }.compactMap { remove(at: $0.position) }
  }

  mutating func removeAll() -> [Emission] {
    defer { self = RetryQueue() }
    return entries.all.map(\.element.emission)
  }

  private mutating func remove(at position: Int) -> Emission? {
    if position == entries.firstPosition { inFlight = nil }
    let entry = entries.remove(at: position)
    bytes -= entry?.emission.room ?? 0
    return entry?.emission
  }
}
