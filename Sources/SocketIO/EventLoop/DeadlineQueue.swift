/// Deadlines, the nearest first, and the one that was set first where they are equal.
///
/// A binary heap: to set one and to take the first cost the logarithm of their number. One that is removed before its time only stops to
/// count. Its entry leaves the heap when it comes up, or when half of the heap is such entries.
struct DeadlineQueue<Key: Hashable> {
  private struct Entry {
    let deadline: UInt64
    /// Counts the deadlines that were set.
    let number: Int
    let key: Key

    func precedes(_ other: Entry) -> Bool { (deadline, number) < (other.deadline, other.number) }
  }

  /// More than an idle owner should hold.
  private static var large: Int { 64 }

  /// The first one counts.
  private var heap: [Entry] = []
  /// Of each key the entry that counts.
  private var numbers: [Key: Int] = [:]
  private var lastNumber = 0

  var isEmpty: Bool { numbers.isEmpty }
  var count: Int { numbers.count }

  /// The memory in use, those entries included that do not count any more.
  var entryCount: Int { heap.count }

  var nearest: UInt64? { heap.first?.deadline }

  /// Tells the deadlines that were set up to now from later ones.
  var mark: Int { lastNumber }

  /// Sets the deadline of a key in place of the one that it has.
  mutating func set(_ key: Key, _ deadline: UInt64) {
    lastNumber += 1
    let isAnew = numbers.updateValue(lastNumber, forKey: key) != nil
    heap.append(Entry(deadline: deadline, number: lastNumber, key: key))
    siftUp(heap.count - 1)
    if isAnew { tidy() }
  }

  mutating func remove(_ key: Key) {
    if numbers.removeValue(forKey: key) != nil { tidy() }
  }

  /// Takes out the first key whose deadline has come.
  ///
  /// - Parameter mark: Deadlines that were set after it wait.
  mutating func takeFirst(dueAt now: UInt64, setBefore mark: Int) -> Key? {
    guard let first = heap.first, first.deadline <= now, first.number <= mark else { return nil }
    remove(first.key)
    return first.key
  }

  mutating func removeAll() {
    heap = []
    numbers = [:]
  }

  // MARK: The heap

  private func counts(_ entry: Entry) -> Bool { numbers[entry.key] == entry.number }

  private mutating func tidy() {
    if isEmpty {
      if heap.capacity > Self.large { removeAll() } else { heap.removeAll(keepingCapacity: true) }
    } else if heap.count > 2 * count + Self.large {
      heap = heap.filter(counts)
      for index in (0..<heap.count / 2).reversed() { siftDown(index) }
    } else {
      while !counts(heap[0]) { removeFirst() }
    }
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    siftDown(0)
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0, heap[index].precedes(heap[(index - 1) / 2]) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      if least == index { return }
      heap.swapAt(index, least)
      index = least
    }
  }
}
