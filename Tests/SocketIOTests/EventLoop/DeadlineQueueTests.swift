import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("DeadlineQueue")
struct DeadlineQueueTests {
  private var queue = DeadlineQueue<String>()

  private mutating func takeAll(at now: UInt64) -> [String] {
    let mark = queue.mark
    var keys: [String] = []
    while let key = queue.takeFirst(dueAt: now, setBefore: mark) { keys.append(key) }
    return keys
  }

  @Test("The nearest deadline comes first; equal ones in the order in which they were set")
  mutating func order() {
    queue.set("c", 30)
    queue.set("a", 10)
    queue.set("b1", 20)
    queue.set("b2", 20)
    #expect(queue.nearest == 10 && queue.count == 4)
    #expect(takeAll(at: 9) == [])
    #expect(takeAll(at: 20) == ["a", "b1", "b2"])
    #expect(queue.nearest == 30)
    #expect(takeAll(at: .max) == ["c"])
    #expect(queue.isEmpty && queue.nearest == nil)
  }

  @Test("A removed deadline does not come, and is not the nearest")
  mutating func removal() {
    queue.set("a", 10)
    queue.set("b", 20)
    queue.set("c", 30)
    queue.remove("a")
    queue.remove("a")
    queue.remove("c")
    #expect(queue.nearest == 20 && queue.count == 1)
    #expect(takeAll(at: 100) == ["b"])
  }

  @Test("Setting a deadline again moves it behind those of the same time", arguments: [5, 20, 40] as [UInt64])
  mutating func settingAgain(deadline: UInt64) {
    queue.set("a", 10)
    queue.set("b", 20)
    queue.set("a", deadline)
    #expect(queue.count == 2)
    #expect(queue.nearest == min(deadline, 20))
    #expect(takeAll(at: 100) == (deadline < 20 ? ["a", "b"] : ["b", "a"]))
  }

  @Test("Deadlines set after the mark wait, even if they are due")
  mutating func mark() {
    queue.set("a", 10)
    let mark = queue.mark
    queue.set("b", 0)
    queue.set("c", 10)
    #expect(queue.takeFirst(dueAt: 10, setBefore: mark) == nil)
    queue.remove("b")
    #expect(queue.takeFirst(dueAt: 10, setBefore: mark) == "a")
    #expect(queue.takeFirst(dueAt: 10, setBefore: mark) == nil)
    #expect(takeAll(at: 10) == ["c"])
  }

  @Test("It behaves like a sorted list, whatever is done to it")
  func model() {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    for round in 0..<SeededGenerator.rounds(100) {
      var queue = DeadlineQueue<Int>()
      var model: [(key: Int, deadline: UInt64)] = []
      var now: UInt64 = 0
      for _ in 0..<400 {
        let key = Int.random(in: 0..<150, using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0..<4:
          let deadline = now + UInt64.random(in: 0..<50, using: &generator)
          queue.set(key, deadline)
          model.removeAll { $0.key == key }
          model.append((key, deadline))
        case 4..<7:
          queue.remove(key)
          model.removeAll { $0.key == key }
        default:
          now += UInt64.random(in: 0..<5, using: &generator)
          let mark = queue.mark
          var due: [Int] = []
          while let key = queue.takeFirst(dueAt: now, setBefore: mark) { due.append(key) }
          // The standard library's sort is stable.
          #expect(due == model.filter { $0.deadline <= now }.sorted { $0.deadline < $1.deadline }.map(\.key))
          model.removeAll { $0.deadline <= now }
        }
        #expect(queue.nearest == model.map(\.deadline).min(), "round \(round)")
        #expect(queue.count == model.count)
      }
    }
  }

  @Test("Removed entries do not take memory for long, even behind one that stays")
  mutating func memory() {
    queue.set("stays", 0)
    for number in 1...10_000 {
      queue.set("\(number)", UInt64(number))
      queue.remove("\(number)")
      #expect(queue.entryCount < 100)
    }
    queue.remove("stays")
    #expect(queue.entryCount == 0)
  }
}

@Suite("One timer for many deadlines")
struct DeadlineTimerTests {
  private let loop = VirtualLoop()
  private let timer: DeadlineTimer<Int>
  private let log = Log()

  init() {
    let log = log
    timer = DeadlineTimer(loop)
    timer.onDue = { log.add("\($0)") }
  }

  @Test("It fires at each deadline, with one timer of the loop")
  func firing() {
    timer.start(1, milliseconds: 20)
    timer.start(2, milliseconds: 10)
    timer.start(3, milliseconds: 20)
    #expect(loop.timerCount == 1 && loop.pendingDelays == [10])
    loop.advance(by: 10)
    #expect(log.take() == ["2"])
    #expect(loop.pendingDelays == [10])
    loop.advance(by: 9)
    #expect(log.take() == [])
    loop.advance(by: 1)
    #expect(log.take() == ["1", "3"])
    #expect(loop.pendingDelays == [])
  }

  @Test("Without deadlines no timer runs")
  func stopping() {
    timer.start(1, milliseconds: 10)
    timer.start(2, milliseconds: 30)
    timer.stop(1)
    loop.advance(by: 10)
    #expect(log.take() == [] && loop.pendingDelays == [20])
    timer.stop(2)
    #expect(loop.pendingDelays == [])
    timer.start(3, milliseconds: 5)
    #expect(loop.pendingDelays == [5])
    timer.close()
    #expect(loop.timerCount == 0)
  }

  @Test("Deadlines started by a due one wait for the next turn, even those of 0 ms")
  func startingWhenDue() {
    let (timer, log) = (timer, log)
    timer.onDue = { [unowned timer] key in
      log.add("\(key)")
      if key < 3 { timer.start(key + 1, milliseconds: 0) }
      if key == 1 { timer.stop(9) }
    }
    timer.start(1, milliseconds: 10)
    timer.start(9, milliseconds: 10)
    timer.start(8, milliseconds: 10)
    loop.advance(by: 10)
    #expect(log.take() == ["1", "8", "2", "3"])
  }

  @Test("Huge times do not overflow")
  func endless() {
    timer.start(1, milliseconds: UInt64(Int64.max))
    timer.start(2, milliseconds: .max / 1_000_000)
    timer.start(3, milliseconds: 1)
    loop.advance(by: 1)
    #expect(log.take() == ["3"])
    #expect(loop.pendingDelays.count == 1)
  }
}
