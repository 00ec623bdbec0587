/// Tells which of several queues is next: the one whose first element came first.
///
/// A binary heap that has each owner of a queue at most once. So a wait that ends early changes nothing here: when its
/// owner's turn comes, the owner moves to the place of its current first element.
struct WriterTurns<Owner> {
  private var heap: [(turn: Int, owner: Owner)] = []

  var first: (turn: Int, owner: Owner)? { heap.first }

  mutating func insert(_ turn: Int, _ owner: Owner) {
    var index = heap.count
    heap.append((turn, owner))
    while index > 0, heap[index].turn < heap[(index - 1) / 2].turn {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func removeFirst() {
    guard heap.count > 1 else { return heap.removeAll() }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    sink()
  }

  /// Gives the first owner another turn, which is not earlier.
  mutating func moveFirst(to turn: Int) {
    heap[0].turn = turn
    sink()
  }

  private mutating func sink() {
    var index = 0
    while let child = [2 * index + 1, 2 * index + 2].filter({ $0 < heap.count }).min(by: {
      heap[$0].turn < heap[$1].turn
    }),
      heap[child].turn < heap[index].turn
    {
      heap.swapAt(index, child)
      index = child
    }
  }
}
