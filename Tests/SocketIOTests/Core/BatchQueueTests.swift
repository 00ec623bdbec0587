import Testing

@testable import SocketIO

@Suite("What waits for another thread")
struct BatchQueueTests {
  private static let chunk = BatchQueue<Int>.chunkSize
  private var queue = BatchQueue<Int>()

  private mutating func append(_ numbers: some Sequence<Int>) {
    for number in numbers {
      var element: Int? = number
      queue.append(&element)
      #expect(element == nil)
    }
  }

  /// Takes a run and puts it back after some elements.
  private mutating func handle(_ limit: Int = .max) -> [Int] {
    var run = queue.take()
    var numbers: [Int] = []
    while numbers.count < limit, let number = run.takeFirst() { numbers.append(number) }
    queue.putBack(run)
    return numbers
  }

  @Test("An empty queue has an empty run")
  mutating func empty() {
    #expect(queue.isEmpty)
    #expect(queue.take().isEmpty)
    #expect(handle() == [])
  }

  @Test("A run ends at the end of a chunk, and the next one continues there")
  mutating func chunks() {
    append(0..<(2 * Self.chunk + 1))
    #expect(queue.count == 2 * Self.chunk + 1)
    #expect(handle() == Array(0..<Self.chunk))
    #expect(queue.count == Self.chunk + 1)
    #expect(handle() == Array(Self.chunk..<(2 * Self.chunk)))
    #expect(handle() == [2 * Self.chunk])
    #expect(queue.isEmpty)
  }

  @Test("The rest of a run comes before what was added meanwhile")
  mutating func rest() {
    append(0..<10)
    #expect(handle(4) == [0, 1, 2, 3])
    append(10..<(Self.chunk + 20))
    #expect(queue.count == Self.chunk + 16)
    #expect(handle() == Array(4..<10))
    #expect(handle() == Array(10..<(Self.chunk + 10)))
    #expect(handle() == Array((Self.chunk + 10)..<(Self.chunk + 20)))
    #expect(queue.isEmpty)
  }

  @Test("Elements that are added while a run is handled wait for the next one")
  mutating func meanwhile() {
    append(0..<Self.chunk)
    let run = queue.take()
    append([Self.chunk])
    #expect(run.count == Self.chunk)
    #expect(queue.count == 1)
    queue.putBack(run)
    #expect(queue.count == Self.chunk + 1)
    #expect(handle() == Array(0..<Self.chunk))
    #expect(handle() == [Self.chunk])
  }

  @Test("Chunks that were used before, of any size, hold new elements in order, and free them")
  mutating func usedChunks() {
    final class Element: Sendable {}
    var queue = BatchQueue<Element>()
    for count in [5 * Self.chunk / 2, 40, 4 * Self.chunk + 40, 10, 3 * Self.chunk, 1, 40] {
      weak var last: Element?
      var order: [ObjectIdentifier] = []
      do {
        let elements = (0..<count).map { _ in Element() }
        last = elements.last
        order = elements.map { ObjectIdentifier($0) }
        for element in elements {
          var element: Element? = element
          queue.append(&element)
        }
      }
      #expect(last != nil)
      var taken: [ObjectIdentifier] = []
      while !queue.isEmpty {
        var run = queue.take()
        // A part of the run, as when others get their turn.
        for _ in 0..<100 {
          guard let element = run.takeFirst() else { break }
          taken.append(ObjectIdentifier(element))
        }
        queue.putBack(run)
      }
      #expect(taken == order)
      #expect(last == nil)
    }
  }

  @Test("The memory of a finished run is used again")
  mutating func memory() {
    for round in 0..<3 {
      append((10 * round)..<(10 * round + 10))
      var run = queue.take()
      var numbers: [Int] = []
      while let number = run.takeFirst() { numbers.append(number) }
      #expect(numbers == Array((10 * round)..<(10 * round + 10)))
      #expect(run.isEmpty)
      queue.putBack(run)
      #expect(queue.isEmpty)
    }
  }

  // MARK: Texts

  private func text(_ number: Int, _ length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0) }
  }

  private mutating func append(_ numbers: Range<Int>, length: (Int) -> Int) {
    for number in numbers {
      var element: Int? = number
      text(number, length(number)).withUnsafeBytes { queue.append(&element, text: LentBytes($0)) }
    }
  }

  /// Takes a run, checks that each element has its own text, and puts it back after some elements.
  private mutating func handle(_ limit: Int, length: (Int) -> Int) -> [Int] {
    var run = queue.take()
    var numbers: [Int] = []
    run.takeElements { number, bytes in
      #expect(Array(bytes) == text(number, length(number)))
      numbers.append(number)
      return numbers.count < limit
    }
    queue.putBack(run)
    return numbers
  }

  @Test("Each element gets the text that was added with it, however the runs end", arguments: [1, 7, 100, 1_000])
  mutating func texts(limit: Int) {
    func length(_ number: Int) -> Int { number % 3 == 0 ? 0 : number % 200 }
    for round in 0..<3 {
      let first = round * 1_000
      append(first..<(first + 500), length: length)
      var handled = handle(limit, length: length)
      append((first + 500)..<(first + 1_000), length: length)
      while !queue.isEmpty { handled += handle(limit, length: length) }
      #expect(handled == Array(first..<(first + 1_000)))
    }
  }

  @Test("A chunk ends before its texts are too many bytes, so that little memory is kept")
  mutating func longTexts() {
    let longest = BatchQueue<Int>.longestText
    func length(_: Int) -> Int { longest }
    append(0..<10, length: length)
    #expect(queue.count == 10)
    for first in stride(from: 0, to: 10, by: 2) {
      #expect(handle(.max, length: length) == [first, first + 1])
    }
    #expect(queue.isEmpty)
  }

  @Test("An empty queue keeps little memory for texts, a busy one what it needs", arguments: [40, 1_000])
  mutating func keptMemory(count: Int) {
    func length(_: Int) -> Int { 1_500 }
    append(0..<count, length: length)
    _ = handle(.max, length: length)
    append(count..<(count + 1), length: length)
    #expect(queue.textCapacity >= BatchQueue<Int>.chunkBytes / 2)
    while !queue.isEmpty { _ = handle(.max, length: length) }
    #expect(queue.textCapacity <= 4 * (4 << 10))
  }

  @Test("A text that is too long for any chunk gets one of its own")
  mutating func hugeText() {
    func length(_ number: Int) -> Int { number == 1 ? 2 * BatchQueue<Int>.chunkBytes : 1 }
    append(0..<3, length: length)
    #expect(handle(.max, length: length) == [0])
    #expect(handle(.max, length: length) == [1])
    #expect(handle(.max, length: length) == [2])
  }
}

extension Batch {
  fileprivate mutating func takeFirst() -> Element? {
    var first: Element?
    takeElements { element, _ in
      first = element
      return false
    }
    return first
  }
}
