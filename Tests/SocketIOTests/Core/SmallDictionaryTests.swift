import Testing

@testable import SocketIO

@Suite("Small dictionary")
struct SmallDictionaryTests {
  @Test("It holds the same as a dictionary", arguments: 1...4)
  func sameAsDictionary(keys: Int) {
    var small = SmallDictionary<Int, Int>()
    var usual: [Int: Int] = [:]
    var generator = SeededGenerator(seed: UInt64(keys))
    for step in 0..<500 {
      let key = Int.random(in: 0..<keys, using: &generator)
      let value = Bool.random(using: &generator) ? step : nil
      if step.isMultiple(of: 3) {
        small.update(key, from: 1_000) { $0 += 1 }
        usual[key, default: 1_000] += 1
      } else {
        small[key] = value
        usual[key] = value
      }
      #expect(small.isEmpty == usual.isEmpty && small.count == usual.count)
      #expect(small.keys.sorted() == usual.keys.sorted())
      #expect(small.values.sorted() == usual.values.sorted())
      for key in 0...keys { #expect(small[key] == usual[key]) }
    }
  }

  @Test("A change in place copies nothing")
  func changesInPlace() {
    var small = SmallDictionary<String, [Int]>()
    for names in [["a"], ["a", "b"]] {
      for name in names { small.update(name, from: Array(1...100)) { $0.append(0) } }
      for name in names {
        let before = small[name]?.withUnsafeBytes(\.baseAddress)
        small.update(name, from: []) { $0[0] = 7 }
        #expect(small[name]?.withUnsafeBytes(\.baseAddress) == before)
      }
    }
  }

  @Test("It frees what it does not hold any more")
  func frees() {
    final class Object {}
    var small = SmallDictionary<String, Object>()
    for names in [["a"], ["a", "b"]] {
      weak var last: Object?
      for name in names {
        let object = Object()
        last = object
        small[name] = object
      }
      for name in names { small[name] = nil }
      #expect(last == nil && small.isEmpty)
    }
  }
}
