/// Events that are sent again until the server acknowledges them: in order, one in flight.
struct RetryQueue {
  private struct Entry {
    let event: OutgoingEvent
    var tries = 0
  }

  private var entries = PositionedQueue<Entry>()
  private var bytes = 0

  /// The acknowledgement id of the current attempt of the first event.
  private(set) var inFlight: Int?

  /// The number of events that wait for their turn.
  var waiting: Int { entries.count - (inFlight == nil ? 0 : 1) }

  /// The bytes of these events.
  var waitingBytes: Int { bytes - (inFlight == nil ? 0 : entries.first?.event.room ?? 0) }

  mutating func append(_ event: OutgoingEvent) {
    bytes += event.room ?? 0
    let position = entries.append(Entry(event: event))
    event.token?.position = position
  }

  /// Begins an attempt to send the first event.
  ///
  /// - Returns: nil if there is none, or it is already in flight.
  mutating func begin(id: Int) -> OutgoingEvent? {
    guard inFlight == nil, let entry = entries.first else { return nil }
    entries.update(at: entries.firstPosition) { $0.tries += 1 }
    inFlight = id
    return entry.event
  }

  /// Removes the first event, which was acknowledged or cannot be sent at all.
  mutating func removeHead() -> OutgoingEvent? { remove(at: entries.firstPosition) }

  /// The attempt failed.
  ///
  /// - Returns: The event, which is removed, if this was its last attempt.
  mutating func fail() -> OutgoingEvent? {
    inFlight = nil
    guard let entry = entries.first, entry.tries > entry.event.retries else { return nil }
    return remove(at: entries.firstPosition)
  }

  /// Removes the event whose acknowledgement was cancelled.
  ///
  /// - Returns: The event, and its acknowledgement id if it is in flight.
  mutating func remove(_ token: CancellationToken) -> (event: OutgoingEvent, inFlight: Int?)? {
    let position = token.position
    guard let entry = entries[position], entry.event.token === token else { return nil }
    let id = position == entries.firstPosition ? inFlight : nil
    return remove(at: position).map { ($0, id) }
  }

  /// Removes the event that has waited longest for its turn.
  mutating func removeOldestWaiting() -> OutgoingEvent? {
    let position = inFlight == nil ? entries.firstPosition : entries.position(after: entries.firstPosition)
    return position.flatMap { remove(at: $0) }
  }

  /// Removes the events with an acknowledgement handler. None of them is in flight.
  mutating func removeAwaited() -> [OutgoingEvent] {
    entries.all.filter { $0.element.event.ack != nil }.compactMap { remove(at: $0.position) }
  }

  mutating func removeAll() -> [OutgoingEvent] {
    defer { self = RetryQueue() }
    return entries.all.map(\.element.event)
  }

  private mutating func remove(at position: Int) -> OutgoingEvent? {
    if position == entries.firstPosition { inFlight = nil }
    let entry = entries.remove(at: position)
    bytes -= entry?.event.room ?? 0
    return entry?.event
  }
}
