import Foundation
import SocketIO
import Testing

/// What an event may allocate. The figures are those of a debug build, which allocates more than a release build; docs/performance.md has
/// the others. Where one has become smaller, the limit here follows.
@Suite("Allocations", .timeLimit(.minutes(2)))
struct AllocationTests {
  /// Runs of the same build differ by how many events share a turn of the loop.
  private static let tolerance = 1.2

  @Test("An event takes no more allocations than it did")
  func limits() async throws {
    let server = try Server.testServer.start()
    let process = try SioProcess(["allocations", server.url], tool: "micro-bench")
    let (status, output, errors) = try await process.exit()
    #expect(status == 0)
    #expect(errors == [])
    let figures = try SocketValue(json: output.first ?? "")
    let recorded = ["emit": 23.0, "receive": 11.0, "round_trip": 42.7]
    for (name, allocations) in recorded {
      let figure = try #require(figures[name])
      // Under a sanitizer counting is impossible.
      if figure.isNull { continue }
      let measured = try #require(figure.doubleValue)
      #expect(measured <= allocations * Self.tolerance, "\(name)")
      // What is far less was not counted: the counter does not work, or the limit should have followed.
      #expect(measured > allocations / 2, "\(name)")
    }
  }
}
