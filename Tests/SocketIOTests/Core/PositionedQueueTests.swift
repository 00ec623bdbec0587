import Testing

@testable import SocketIO

@Suite("PositionedQueue")
struct SparseQueueTests {
  @Test("Positions are assigned in order and never reused")
  func positions() {
    var queue = PositionedQueue<String>()
    #expect(queue.isEmpty && queue.firstPosition == 0 && queue.nextPosition == 0)
    #expect(["a", "b", "c"].map { queue.append($0) } == [0, 1, 2])
    #expect(queue.remove(at: 1) == "b")
    #expect(queue.remove(at: 1) == nil)
    #expect(queue.removeAll() == ["a", "c"])
    #expect(queue.isEmpty && queue.first == nil && queue.firstPosition == 3)
    #expect(queue.append("d") == 3)
    #expect(queue.first == "d")
    #expect(queue[3] == "d" && queue[2] == nil && queue[4] == nil)
    queue.append("e")
    #expect(queue.remove(at: 3) == "d")
    for position in [Int.min, -1, 5, .max] { #expect(queue[position] == nil && queue.remove(at: position) == nil) }
    #expect(queue[4] == "e")
  }

  @Test("An element that stays is found, however many come and go behind it")
  func straggler() {
    var queue = PositionedQueue<Int>()
    queue.append(-1)
    for number in 1...10_000 {
      #expect(queue.append(number) == number)
      if number > 100 { #expect(queue.remove(at: number - 100) == number - 100) }
    }
    #expect(queue[0] == -1 && queue.count == 101 && queue.firstPosition == 0)
    #expect(queue.position(after: 0) == 9_901)
    #expect(queue.all.map(\.position) == [0] + Array(9_901...10_000))
  }

  @Test("It behaves like a dictionary of positions, whatever is done to it")
  func model() {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    for round in 0..<SeededGenerator.rounds(200) {
      var queue = PositionedQueue<Int>()
      var model: [Int: Int] = [:]
      for step in 0..<300 {
        let position = Int.random(in: 0...max(queue.nextPosition, 1), using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0..<3: model[queue.append(step)] = step
        case 3, 4: #expect(queue.remove(at: position) == model.removeValue(forKey: position))
        case 5: #expect(queue.removeFirst() == model.keys.min().flatMap { model.removeValue(forKey: $0) })
        case 6:
          queue.update(at: position) { $0 += 1 }
          model[position]? += 1
        default:
          #expect(queue[position] == model[position])
          if model[position] != nil {
            #expect(queue.position(after: position) == model.keys.filter { $0 > position }.min())
          }
        }
      }
      let expected = model.sorted { $0.key < $1.key }
      #expect(queue.all.map(\.position) == expected.map(\.key), "round \(round), seed \(SeededGenerator.seed)")
      #expect(queue.all.map(\.element) == expected.map(\.value), "round \(round), seed \(SeededGenerator.seed)")
      #expect(queue.count == model.count)
    }
  }

  @Test("A queue returns its elements in order")
  func fifo() {
    var queue = PositionedQueue<Int>()
    var (next, expected) = (0, 0)
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<2_000 {
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        queue.append(next)
        next += 1
      }
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        guard let element = queue.removeFirst() else { break }
        #expect(element == expected)
        expected += 1
      }
      #expect(queue.count == next - expected)
    }
  }
}
