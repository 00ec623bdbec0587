/// A first-in-first-out queue from which any element can be removed as cheaply as the first.
///
/// Each element gets the next higher number as its position, which is never reused. The elements are in an array in
/// this order, mostly as far apart as their positions, so an element is found where it is expected. Gaps are closed
/// when they are half of the array.
struct PositionedQueue<Element> {
  private struct Entry {
    let position: Int
    /// nil once it was removed.
    var element: Element?

    @inline(__always)
    func holds(where condition: (borrowing Element) -> Bool) -> Bool {
      switch element {
      case .some(let element): condition(element)
      case nil: false
      }
    }
  }

  private var entries: [Entry] = []
  /// The index of the first entry that is not a gap.
  private var head = 0
  private(set) var count = 0
  /// The position of the next element to be added.
  private(set) var nextPosition = 0

  var isEmpty: Bool { count == 0 }

  /// The elements in order, with their positions.
  var all: [(position: Int, element: Element)] {
    entries[head...].compactMap { entry in entry.element.map { (entry.position, $0) } }
  }

  /// The position of the first element or, if there is none, of the next one to be added.
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

  /// - Parameter condition: Asked of the element; it stays if the answer is false.
  @discardableResult
  mutating func remove(at position: Int, if condition: (borrowing Element) -> Bool = { _ in true }) -> Element? {
    guard let index = index(of: position), entries[index].holds(where: condition),
      let element = entries[index].element.take()
    else { return nil }
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

  /// The position of the element after the one at `position`.
  func position(after position: Int) -> Int? {
    index(of: position).flatMap { entries[($0 + 1)...].first { $0.element != nil }?.position }
  }

  private func index(of position: Int) -> Int? {
    // Positions may come from a server, so nothing here may overflow.
    guard head < entries.count, (entries[head].position..<nextPosition).contains(position) else { return nil }
    // After gaps were closed, it is in front of the expected place.
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
