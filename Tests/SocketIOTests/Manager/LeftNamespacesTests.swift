import Testing

@testable import SocketIO

@Suite("Namespaces that were left")
struct LeftNamespacesTests {
  @Test("If there are many, those whose DISCONNECT was read are forgotten")
  func forgetting() {
    var barrier = ReadBarrier()
    var left = LeftNamespaces()
    for number in 0..<20_000 {
      let id = barrier.makeID()
      _ = barrier.hold([.message(.text("41/\(number),"))], as: id, behind: nil)
      barrier.takeAll()
      left["/\(number)"] = id
      left.forgetIfMany { barrier.unread }
      if let question = barrier.nextQuestion() { _ = barrier.confirm(question) }
      #expect(left["/\(number)"] == id)
    }
    #expect(left.count < 4_010)
    #expect(barrier.unread.count < 1_010)
  }

  @Test("Those whose DISCONNECT is unread are kept, held or not")
  func keeping() {
    var barrier = ReadBarrier()
    var left = LeftNamespaces()
    for number in 0..<5_000 {
      if number == 2_500 { barrier.queue(1, isAwaited: true) }
      let id = barrier.makeID()
      _ = barrier.hold([.message(.text("41/\(number),"))], as: id, behind: nil)
      left["/\(number)"] = id
      left.forgetIfMany { barrier.unread }
    }
    #expect(left.count == 5_000)
  }
}
