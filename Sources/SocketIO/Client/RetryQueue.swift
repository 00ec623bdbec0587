/// Events that are sent again until the server acknowledges them: in order, one in flight.
struct RetryQueue {
  private struct Entry {
    let emission: Emission
    var tries = 0
  }

  private var entries: [Int: Entry] = [:]
  private var head = 0
  private var tail = 0

  /// The acknowledgement id of the head's current try.
  private(set) var inFlight: Int?

  var isEmpty: Bool { entries.isEmpty }

  mutating func append(_ emission: Emission) {
    entries[tail] = Entry(emission: emission)
    tail += 1
  }

  /// Counts a try of the head, which is under way from now on.
  ///
  /// - Returns: nil where there is none, or it is under way already.
  mutating func begin(id: Int) -> Emission? {
    guard inFlight == nil, let entry = entries[head] else { return nil }
    entries[head]?.tries += 1
    inFlight = id
    return entry.emission
  }

  /// The head was acknowledged.
  mutating func succeed() -> AckHandler? { removeHead()?.ack }

  /// The head's try failed.
  ///
  /// - Returns: Who is told, where it was the last try.
  mutating func fail() -> AckHandler? {
    inFlight = nil
    guard let entry = entries[head], entry.tries > entry.emission.retries else { return nil }
    return removeHead()?.ack
  }

  /// Takes out the event whose acknowledgement nobody waits for any more.
  ///
  /// - Returns: Its handler, and the id under which it is in flight.
  mutating func remove(_ token: AckToken) -> (handler: AckHandler, inFlight: Int?)? {
    guard
      let (position, entry) = entries.first(where: { $0.value.emission.ack?.token === token }),
      let handler = entry.emission.ack
    else { return nil }
    let id = position == head ? inFlight : nil
    if position == head {
      _ = removeHead()
    } else {
      entries[position] = nil
    }
    return (handler, id)
  }

  mutating func removeAll() -> [AckHandler] {
    let handlers = entries.sorted { $0.key < $1.key }.compactMap(\.value.emission.ack)
    self = RetryQueue()
    return handlers
  }

  private mutating func removeHead() -> Emission? {
    inFlight = nil
    let emission = entries.removeValue(forKey: head)?.emission
    head += 1
    // Others may have been taken out behind it.
    while head < tail, entries[head] == nil { head += 1 }
    return emission
  }
}
