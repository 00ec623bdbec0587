/// The acknowledgements that a Socket waits for, by their ids.
struct AcknowledgementTable {
  struct Entry {
    /// nil for an attempt of the retry queue.
    var handler: AckHandler?
    fileprivate let token: CancellationToken?
    let hasTimer: Bool
    /// The event's place in the send buffer. While it waits there, its acknowledgement survives a disconnection.
    fileprivate var bufferPosition: Int?
    /// When the event was sent.
    fileprivate var sentAt: UInt64?
  }

  /// The ids are the positions.
  private var entries = PositionedQueue<Entry>()
  /// The times from sending an event to its acknowledgement.
  private(set) var roundTrips = DurationSummary()
  /// In nanoseconds. Read only for what is measured.
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

  /// The id of the acknowledgement that the token identifies, if it is still pending.
  func id(of token: CancellationToken) -> Int? {
    entries[token.position]?.token === token ? token.position : nil
  }

  /// - Parameters:
  ///   - token: Identifies the acknowledgement when its caller stops waiting.
  ///   - isSent: Whether the event is sent now.
  /// - Returns: The id.
  mutating func append(
    _ handler: consuming AckHandler?, _ token: CancellationToken?, hasTimer: Bool, isSent: Bool
  ) -> Int {
    token?.position = nextID
    return entries.append(
      Entry(handler: handler, token: token, hasTimer: hasTimer, sentAt: isSent ? clock() : nil))
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

  /// The event has left the buffer.
  ///
  /// - Returns: Its place there, or nil if it was not there.
  mutating func takeBufferPosition(of id: Int) -> Int? {
    guard let position = entries[id]?.bufferPosition else { return nil }
    entries.update(at: id) { $0.bufferPosition = nil }
    return position
  }

  /// All events have left the buffer.
  mutating func forgetBuffer() {
    for id in entries.all.map(\.position) { entries.update(at: id) { $0.bufferPosition = nil } }
  }

  /// The caller no longer waits for the acknowledgement.
  mutating func remove(_ id: Int) -> Entry? { entries.remove(at: id) }

  /// The acknowledgement has arrived.
  ///
  /// - Returns: nil if nobody waits for it.
  mutating func acknowledge(_ id: Int) -> Entry? { measured(entries.remove(at: id)) }

  /// The acknowledgement has arrived, if a caller waits for it.
  ///
  /// - Returns: nil for one of the retry queue, which stays, or if nobody waits for it.
  mutating func takeAwaited(_ id: Int) -> Entry? {
    measured(entries.remove(at: id) { $0.handler != nil })
  }

  private mutating func measured(_ entry: consuming Entry?) -> Entry? {
    if let sentAt = entry?.sentAt { roundTrips.record(nanoseconds: clock() - sentAt) }
    return entry
  }
}
