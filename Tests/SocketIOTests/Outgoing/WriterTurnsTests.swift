import Testing

@testable import SocketIO

@Suite("Turns of owners")
struct WriterTurnsTests {
  @Test("The one whose element came first is first, even if turns change")
  func order() {
    var random = SeededGenerator(seed: 1)
    var turns = WriterTurns<Int>()
    var model: [Int: Int] = [:]
    for owner in 0..<200 {
      model[owner] = Int(random.next() % 1_000_000) * 1_000 + owner
      turns.insert(model[owner] ?? 0, owner)
    }
    var next = 2_000_000_000
    while let (turn, owner) = turns.first {
      #expect(model[owner] == turn && turn == model.values.min())
      if random.next() % 3 == 0 {
        model[owner] = nil
        turns.removeFirst()
      } else {
        next += 1
        model[owner] = random.next() % 2 == 0 ? turn + 1_000 : next
        if model.count < 20 { model[owner] = nil }
        if let turn = model[owner] { turns.moveFirst(to: turn) } else { turns.removeFirst() }
      }
    }
    #expect(model.isEmpty)
  }
}
