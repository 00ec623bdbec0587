/// Elements that one thread collects while another handles them in batches. Its owner's lock guards the queue, but a
/// batch is handled without it.
///
/// A batch is the oldest chunk of those that wait. So however much waits, elements are not copied, and few chunks have
/// room to spare.
///
/// An element may have a text. All texts of a chunk lie side by side in its memory: an object for each would be made on
/// one thread and freed on the other, and both would wait for the memory of each object and for the allocator's lock.
struct BatchQueue<Element: Sendable> {
  /// The most elements of a chunk.
  static var chunkSize: Int { 256 }
  /// The most bytes of a chunk's texts.
  static var chunkBytes: Int { 32 << 10 }
  /// The most bytes of a text. To copy more takes longer than to wait for the allocator.
  static var longestText: Int { 16 << 10 }
  /// Of chunks whose memory is kept while much arrives, and after that until little arrives: with one more, as many as
  /// hold what one read of a socket brings.
  private static var mostFurtherSpares: Int { 2 }
  /// A batch shorter than this shows that little arrives.
  private static var fewElements: Int { 32 }
  /// The memory for texts that an empty queue keeps in a chunk.
  private static var fewBytes: Int { 4 << 10 }

  private var unfinished: Batch<Element>?
  /// Complete chunks.
  private var full = PositionedQueue<Batch<Element>>()
  /// The chunk that is being filled.
  private var last = Batch<Element>()
  private var spare = Batch<Element>()
  /// Apart from the first, so that a queue that is seldom busy needs no array.
  private var furtherSpares: [Batch<Element>] = []
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// The memory that is kept for texts.
  var textCapacity: Int { ([last, spare] + furtherSpares).reduce(0) { $0 + $1.textCapacity } }

  /// Moves the element out of the caller's variable, without a copy.
  ///
  /// - Parameter text: Is copied.
  mutating func append(_ element: inout Element?, text: LentBytes = .none) {
    if last.count == Self.chunkSize || text.bytes.count > Self.chunkBytes - last.textBytes, !last.isEmpty {
      beginChunk()
    }
    last.append(&element, text.bytes)
    count += 1
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
    let batch = takeOldest()
    count -= batch.count
    return batch
  }

  private mutating func takeOldest() -> Batch<Element> {
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
    if batch.count < Self.fewElements, batch.textBytes < Self.fewBytes, !furtherSpares.isEmpty { furtherSpares = [] }
    return batch
  }

  /// Takes back a batch: its rest, to be taken next, or its memory if nothing is left.
  mutating func putBack(_ batch: consuming Batch<Element>) {
    if batch.isEmpty {
      batch.reuse()
      if isEmpty {
        for index in furtherSpares.indices { furtherSpares[index].freeText(beyond: Self.fewBytes) }
        batch.freeText(beyond: Self.fewBytes)
        spare.freeText(beyond: Self.fewBytes)
        last.freeText(beyond: Self.fewBytes)
      }
      if spare.capacity == 0 {
        spare = batch
      } else if furtherSpares.count < Self.mostFurtherSpares {
        furtherSpares.append(batch)
      }
    } else {
      count += batch.count
      unfinished = batch
    }
  }
}

/// Elements in order, each of which is taken once.
struct Batch<Element: Sendable>: Sendable {
  private struct Slot: Sendable {
    var element: Element?
    /// Where its text ends in `texts`, and the next one begins.
    var textEnd: UInt32
  }

  /// All are empty but those from `next` to `end`. Used again, they need not be freed and made anew.
  private var slots: [Slot] = []
  private var next = 0
  private var end = 0
  /// The texts of all elements, also of those that were taken.
  private var texts: [UInt8] = []

  var isEmpty: Bool { next == end }
  var count: Int { end - next }
  fileprivate var capacity: Int { slots.capacity }
  fileprivate var textCapacity: Int { texts.capacity }
  fileprivate var textBytes: Int { end == 0 ? 0 : texts.count }

  /// Called while it is empty.
  fileprivate mutating func reserveCapacity(_ capacity: Int) {
    guard slots.capacity < capacity else { return }
    slots = []
    slots.reserveCapacity(capacity)
  }

  @inline(__always)
  fileprivate mutating func append(_ element: inout Element?, _ text: UnsafeRawBufferPointer) {
    // Not when the memory is put back: then others may still hold it, and it would be made anew.
    if end == 0, !texts.isEmpty { texts.removeAll(keepingCapacity: true) }
    if !text.isEmpty { texts.append(contentsOf: text) }
    let textEnd = UInt32(texts.count)
    if end < slots.count {
      slots[end].element = element.take()
      slots[end].textEnd = textEnd
    } else {
      slots.append(Slot(element: element.take(), textEnd: textEnd))
    }
    end += 1
  }

  /// Takes the elements in order, until the body returns false.
  ///
  /// - Parameter body: Gets an element and its text, which is lent for the duration of the call.
  @inline(__always)
  mutating func takeElements(while body: (consuming Element, UnsafeRawBufferPointer) -> Bool) {
    let texts = texts  // once for all elements, since the closure changes the batch
    texts.withUnsafeBytes { texts in
      while next < end, let element = slots[next].element.take() {
        let textStart = next == 0 ? 0 : Int(slots[next - 1].textEnd)
        let text = UnsafeRawBufferPointer(rebasing: texts[textStart..<Int(slots[next].textEnd)])
        next += 1
        if !body(consume element, text) { return }
      }
    }
  }

  /// Makes room for new elements, once all have been taken.
  fileprivate mutating func reuse() { (next, end) = (0, 0) }

  /// Called while no element is left.
  fileprivate mutating func freeText(beyond capacity: Int) { if texts.capacity > capacity { texts = [] } }
}
