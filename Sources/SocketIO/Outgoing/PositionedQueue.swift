/// Elements in the order in which they came, any of which can be taken out at no more cost than the first.
///
/// Each has a position of its own, the next higher number, which no other element ever gets. They stand in an array in this order, mostly
/// as far apart as their positions are, so that an element is found where it is expected. Gaps are closed when they are
/// half of the array.
struct SparseQueue<Element> {
  private struct Entry {
    let position: Int
    /// nil when it was taken out.
    var element: Element?
  }

  private var entries: [Entry] = []
  /// The entries before this one are gaps; the one here is none.
  private var head = 0
  private(set) var count = 0
  /// That of the next element to come.
  private(set) var nextPosition = 0

  var isEmpty: Bool { count == 0 }

  /// In order, with their positions.
  var all: [(position: Int, element: Element)] {
    entries[head...].compactMap { entry in entry.element.map { (entry.position, $0) } }
  }

  /// The position of the first element; without one, that of the next to come.
  var firstPosition: Int { head < entries.count ? entries[head].position : nextPosition }

  var first: Element? { self[firstPosition] }

  subscript(position: Int) -> Element? { index(of: position).flatMap { entries[$0].element } }

  /// Changes the element at a position, if there is one.
  mutating func update(at position: Int, _ change: (inout Element) -> Void) {
    guard let index = index(of: position), var element = entries[index].element.take() else { return }
    change(&element)
    entries[index].element = element
  }

  /// - Returns: The position of the element.
  @discardableResult
  mutating func append(_ element: consuming Element) -> Int {
    entries.append(Entry(position: nextPosition, element: element))
    count += 1
    nextPosition += 1
    return nextPosition - 1
  }

  @discardableResult
  mutating func remove(at position: Int) -> Element? {
    guard let index = index(of: position), let element = entries[index].element.take() else { return nil }
    count -= 1
    closeGaps()
    return element
  }

  mutating func removeFirst() -> Element? { remove(at: firstPosition) }

  mutating func removeAll() -> [Element] {
    defer {
      entries = []
      head = 0
      count = 0
    }
    return all.map(\.element)
  }

  /// The position of the element behind the one at `position`.
  func position(after position: Int) -> Int? {
    index(of: position).flatMap { entries[($0 + 1)...].first { $0.element != nil }?.position }
  }

  private func index(of position: Int) -> Int? {
    // Positions may be a server's claim: whatever they are, nothing here overflows.
    guard head < entries.count, (entries[head].position..<nextPosition).contains(position) else { return nil }
    // Behind gaps that were closed it stands before the place where it is expected.
    var upper = min(head + (position - entries[head].position), entries.count - 1)
    if entries[upper].position == position { return upper }
    var lower = head
    while lower < upper {
      let middle = (lower + upper) / 2
      if entries[middle].position < position { lower = middle + 1 } else { upper = middle }
    }
    return entries[lower].position == position ? lower : nil
  }

  private mutating func closeGaps() {
    while head < entries.count, entries[head].element == nil { head += 1 }
    if head > entries.count / 2 {
      entries.removeFirst(head)
      head = 0
    } else if count < (entries.count - head) / 2 {
      entries.removeAll { $0.element == nil }
      head = 0
    }
  }
}
