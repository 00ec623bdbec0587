/// Elements that one thread collects while another handles them in batches. Its owner's lock guards the queue, but a
/// batch is handled without it.
///
/// A batch is the oldest chunk of those that wait. So however much waits, nothing is copied, and at most one of these
/// chunks has room to spare.
struct BatchQueue<Element: Sendable> {
  /// The most elements of a chunk.
  static var chunkSize: Int { 256 }
  /// Of chunks whose memory is kept while much arrives, and after that until little arrives: with one more, as many as
  /// hold what one read of a socket brings.
  private static var mostFurtherSpares: Int { 2 }
  /// A batch shorter than this shows that little arrives.
  private static var fewElements: Int { 32 }

  private var unfinished: Batch<Element>?
  /// Complete chunks.
  private var full = PositionedQueue<Batch<Element>>()
  /// The chunk that is being filled.
  private var last = Batch<Element>()
  private var spare = Batch<Element>()
  /// Apart from the first, so that a queue that is seldom busy needs no array.
  private var furtherSpares: [Batch<Element>] = []

  var isEmpty: Bool { count == 0 }
  var count: Int { (unfinished?.count ?? 0) + full.count * Self.chunkSize + last.count }

  /// Moves the element out of the caller's variable, without a copy.
  mutating func append(_ element: inout Element?) {
    if last.count == Self.chunkSize { beginChunk() }
    last.append(&element)
  }

  private mutating func beginChunk() {
    full.append(last)
    last = takeSpare()
    last.reserveCapacity(Self.chunkSize)
  }

  private mutating func takeSpare() -> Batch<Element> {
    if let further = furtherSpares.popLast() { return further }
    defer { spare = Batch() }
    return spare
  }

  /// Takes the rest of the previous batch or the oldest chunk.
  mutating func take() -> Batch<Element> {
    if let batch = unfinished.take() { return batch }
    if let chunk = full.removeFirst() {
      // An empty queue keeps its memory.
      if full.isEmpty { full = PositionedQueue() }
      return chunk
    }
    let batch = last
    last = takeSpare()
    // From here on the queue may be idle for long. A small buffer is freed; a large one, of a busy queue, is kept.
    if batch.isEmpty, 2...4 ~= last.capacity { last = Batch() }
    if batch.count < Self.fewElements, !furtherSpares.isEmpty { furtherSpares = [] }
    return batch
  }

  /// Takes back a batch: its rest, to be taken next, or its memory if nothing is left.
  mutating func putBack(_ batch: consuming Batch<Element>) {
    if batch.isEmpty {
      batch.reuse()
      if spare.capacity == 0 {
        spare = batch
      } else if furtherSpares.count < Self.mostFurtherSpares {
        furtherSpares.append(batch)
      }
    } else {
      unfinished = batch
    }
  }
}

/// Elements in order, each of which is taken once.
struct Batch<Element: Sendable>: Sendable {
  /// All are nil but those from `next` to `end`. Used again, they need not be freed and made anew.
  private var slots: [Element?] = []
  private var next = 0
  private var end = 0

  var isEmpty: Bool { next == end }
  var count: Int { end - next }
  fileprivate var capacity: Int { slots.capacity }

  /// Called while it is empty.
  fileprivate mutating func reserveCapacity(_ capacity: Int) {
    guard slots.capacity < capacity else { return }
    slots = []
    slots.reserveCapacity(capacity)
  }

  fileprivate mutating func append(_ element: inout Element?) {
    if end < slots.count { slots[end] = element.take() } else { slots.append(element.take()) }
    end += 1
  }

  mutating func takeFirst() -> Element? {
    guard next < end else { return nil }
    defer { next += 1 }
    return slots[next].take()
  }

  /// Makes room for new elements, once all have been taken.
  fileprivate mutating func reuse() { (next, end) = (0, 0) }
}
