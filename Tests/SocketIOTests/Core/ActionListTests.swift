import Testing

@testable import SocketIO

@Suite("List of actions")
struct ActionListTests {
  @Test("Actions come out in order", arguments: 0...4)
  func order(count: Int) {
    var list: ActionList<Int> = []
    for number in 0..<count { list.append(number) }
    #expect(Array(list) == Array(0..<count))
    #expect(Array(ActionList(0..<count)) == Array(0..<count))
  }

  @Test("Lists are joined")
  func sum() {
    let list: ActionList<Int> = [1, 2] + [] + [3] + [4, 5]
    #expect(Array([] + list) == [1, 2, 3, 4, 5])
  }

  @Test("An action is taken out once")
  func next() {
    var list: ActionList<Int> = [1, 2, 3]
    #expect(list.next() == 1)
    list.append(4)
    #expect(Array(list) == [2, 3, 4])
  }
}
