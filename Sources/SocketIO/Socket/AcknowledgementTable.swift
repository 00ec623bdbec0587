/// The acknowledgements that a Socket waits for, by the ids under which it asked for them.
struct AcknowledgementTable {
  struct Entry {
    /// nil for a try of the retry queue's head.
    let handler: AckHandler?
    let hasTimer: Bool
    /// Where the event waits in the send buffer; its acknowledgement survives a disconnection.
    fileprivate var bufferPosition: Int?
    /// When the event was sent.
    fileprivate var sentAt: UInt64?
  }

  /// The ids are the positions.
  private var entries = SparseQueue<Entry>()
  /// The times from sending an event to its acknowledgement.
  private(set) var roundTrips = DurationSummary()
  /// Nanoseconds; asked only where something is measured.
  private let clock: () -> UInt64

  init(clock: @escaping () -> UInt64) { self.clock = clock }

  /// The id of the next acknowledgement.
  var nextID: Int { entries.nextPosition }

  /// How many of the events were sent.
  var sentCount: Int { entries.all.count { $0.element.sentAt != nil } }

  /// The ids of the events that do not wait in the send buffer, in order.
  var idsOutsideBuffer: [Int] { entries.all.filter { $0.element.bufferPosition == nil }.map(\.position) }

  /// The ids of the acknowledgements that a caller waits for, in order.
  var idsWithHandler: [Int] { entries.all.filter { $0.element.handler != nil }.map(\.position) }

  /// That of the acknowledgement which the token names, if it is still waited for.
  func id(of token: AckToken) -> Int? { entries[token.position]?.handler?.token === token ? token.position : nil }

  /// - Parameter isSent: Whether the event is sent now.
  /// - Returns: The id.
  mutating func append(_ handler: AckHandler?, hasTimer: Bool, isSent: Bool) -> Int {
    let id = entries.append(Entry(handler: handler, hasTimer: hasTimer, sentAt: isSent ? clock() : nil))
    handler?.token?.position = id
    return id
  }

  /// The event waits in the send buffer.
  mutating func setBuffered(_ id: Int, at position: Int) { entries.update(at: id) { $0.bufferPosition = position } }

  /// The event was sent from the buffer.
  mutating func setSent(_ id: Int) {
    let now = clock()
    entries.update(at: id) {
      $0.bufferPosition = nil
      $0.sentAt = now
    }
  }

  /// The event does not wait in the buffer any more.
  ///
  /// - Returns: Where it waited; nil where it did not.
  mutating func takeBufferPosition(of id: Int) -> Int? {
    guard let position = entries[id]?.bufferPosition else { return nil }
    entries.update(at: id) { $0.bufferPosition = nil }
    return position
  }

  /// No event waits in the buffer any more.
  mutating func forgetBuffer() {
    for id in entries.all.map(\.position) { entries.update(at: id) { $0.bufferPosition = nil } }
  }

  /// The acknowledgement is not waited for any more.
  mutating func remove(_ id: Int) -> Entry? { entries.remove(at: id) }

  /// The acknowledgement has come.
  ///
  /// - Returns: nil where nobody waits for it.
  mutating func acknowledge(_ id: Int) -> Entry? {
    guard let entry = entries.remove(at: id) else { return nil }
    if let sentAt = entry.sentAt { roundTrips.record(nanoseconds: clock() - sentAt) }
    return entry
  }
}
