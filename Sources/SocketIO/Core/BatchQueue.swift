/// Elements that one thread collects while another handles them in batches. Its owner's lock guards the queue, but a
/// batch is handled without it.
///
/// The elements are in chunks, and a batch is the oldest chunk. So however much waits, nothing is copied, and at most
/// one chunk has room to spare.
struct BatchQueue<Element: Sendable> {
  /// The most elements of a chunk. The memory of one chunk is reused; an idle Manager should not hold more.
  static var chunkSize: Int { 256 }

  private var unfinished: Batch<Element>?
  /// Complete chunks.
  private var full = PositionedQueue<[Element?]>()
  /// The chunk that is being filled.
  private var last: [Element?] = []
  private var spare: [Element?] = []

  var isEmpty: Bool { count == 0 }
  var count: Int { (unfinished?.count ?? 0) + full.count * Self.chunkSize + last.count }

  /// Moves the element out of the caller's variable, without a copy.
  mutating func append(_ element: inout Element?) {
    if last.count == Self.chunkSize { beginChunk() }
    last.append(element.take())
  }

  private mutating func beginChunk() {
    full.append(last)
    takeSpare()
    last.reserveCapacity(Self.chunkSize)
  }

  private mutating func takeSpare() {
    last = spare
    spare = []
  }

  /// Takes the rest of the previous batch or the oldest chunk.
  mutating func take() -> Batch<Element> {
    if let batch = unfinished.take() { return batch }
    if let chunk = full.removeFirst() {
      // An empty queue keeps its memory.
      if full.isEmpty { full = PositionedQueue() }
      return Batch(elements: chunk)
    }
    let batch = Batch(elements: last)
    takeSpare()
    // The queue is empty, perhaps for long. A small buffer is freed; a large one, of a busy queue, is kept.
    if batch.isEmpty, 2...4 ~= last.capacity { last = [] }
    return batch
  }

  /// Takes back a batch: its rest, to be taken next, or its memory if nothing is left.
  mutating func putBack(_ batch: consuming Batch<Element>) {
    if !batch.isEmpty {
      unfinished = batch
    } else {
      batch.clear()
      spare = batch.elements
    }
  }
}

/// Elements in order, each of which is taken once.
struct Batch<Element: Sendable>: Sendable {
  fileprivate var elements: [Element?]
  private var next = 0

  fileprivate init(elements: [Element?]) { self.elements = elements }

  var isEmpty: Bool { next == elements.count }
  var count: Int { elements.count - next }

  mutating func takeFirst() -> Element? {
    guard next < elements.count else {
      // Here, while the array is uniquely referenced and need not be copied.
      clear()
      return nil
    }
    defer { next += 1 }
    return elements[next].take()
  }

  fileprivate mutating func clear() {
    if !elements.isEmpty { elements.removeAll(keepingCapacity: true) }
    next = 0
  }
}
