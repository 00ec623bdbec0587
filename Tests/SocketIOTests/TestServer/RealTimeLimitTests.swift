import Testing

@testable import SocketIO
@testable import SocketIOTesting

@Suite("Limits in real time", .timeLimit(.minutes(1)))
struct RealTimeLimitTests {
  private let asked = Log()

  /// Sleeps of no time at all, so that only their number matters.
  private func sleeps(of duration: Duration) async -> [String] {
    let limit = RealTimeLimit(duration) { [asked] in asked.add("\($0)") }
    await limit.ended()
    #expect(limit.isOver)
    return asked.entries
  }

  @Test("A limit counts short sleeps, not the time between them")
  func steps() async {
    #expect(await sleeps(of: .milliseconds(250)) == ["0.1 seconds", "0.1 seconds", "0.05 seconds"])
  }

  @Test("A limit of no time ends at once", arguments: [Duration.zero, .seconds(-1)])
  func zero(duration: Duration) async { #expect(await sleeps(of: duration) == []) }

  @Test("A limit is over after its last sleep, and never if it is cancelled")
  func cancelled() async throws {
    let (ended, gate) = (Log(), AsyncStream.makeStream(of: Void.self))
    let limit = RealTimeLimit(.milliseconds(1)) { _ in
      for await _ in gate.stream {}
      try Task.checkCancellation()
    } onEnd: {
      ended.add("ended")
    }
    #expect(!limit.isOver)
    limit.cancel()
    gate.continuation.finish()
    await limit.ended()
    #expect(!limit.isOver && ended.entries == [])
  }
}
