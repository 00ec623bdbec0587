/// Deadlines, the nearest first; equal ones in the order in which they were set.
///
/// A binary heap: setting one and taking the first cost O(log n). A removed deadline is only marked: its entry leaves
/// the heap when it reaches the front, or when half of the heap consists of such entries.
struct DeadlineQueue<Key: Hashable> {
  private struct Entry {
    let deadline: UInt64
    /// Numbers the deadlines in the order in which they were set.
    let number: Int
    let key: Key

    func precedes(_ other: Entry) -> Bool { (deadline, number) < (other.deadline, other.number) }
  }

  /// More entries than an idle owner should keep memory for.
  private static var large: Int { 64 }

  /// The first entry is always valid.
  private var heap: [Entry] = []
  /// The number of each key's valid entry.
  private var numbers = SmallDictionary<Key, Int>()
  private var lastNumber = 0

  var isEmpty: Bool { numbers.isEmpty }
  var count: Int { numbers.count }

  /// The size of the heap, including removed entries.
  var entryCount: Int { heap.count }

  var nearest: UInt64? { heap.first?.deadline }

  /// Separates the deadlines set up to now from later ones.
  var mark: Int { lastNumber }

  /// Sets the deadline of a key, replacing the one it has.
  mutating func set(_ key: Key, _ deadline: UInt64) {
    lastNumber += 1
    let isAnew = numbers[key] != nil
    numbers[key] = lastNumber
    heap.append(Entry(deadline: deadline, number: lastNumber, key: key))
    siftUp(heap.count - 1)
    if isAnew { tidy() }
  }

  mutating func remove(_ key: Key) {
    guard numbers[key] != nil else { return }
    numbers[key] = nil
    tidy()
  }

  /// Takes out the first key whose deadline has come.
  ///
  /// - Parameter mark: Deadlines set after this mark are left for later.
  mutating func takeFirst(dueAt now: UInt64, setBefore mark: Int) -> Key? {
    guard let first = heap.first, first.deadline <= now, first.number <= mark else { return nil }
    remove(first.key)
    return first.key
  }

  mutating func removeAll() {
    heap = []
    numbers = SmallDictionary()
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
