import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Limits of the allocations per event, for a debug build, which allocates more than a release build;
/// docs/performance.md has the figures of that. When a figure becomes smaller, lower its limit here.
@Suite("Allocations", .timeLimit(.minutes(2)))
struct AllocationTests {
  /// Runs of the same build differ, depending on how many events share a turn of the loop.
  private static let tolerance = 1.1

  @Test("An event takes no more allocations than before")
  func limits() async throws {
    let server = try Server.testServer.start()
    let process = try SioProcess(["allocations", server.url], tool: "micro-bench")
    let (status, output, errors) = try await process.exit()
    #expect(status == 0)
    #expect(errors == [])
    let figures = try SocketValue(json: output.first ?? "")
    let recorded = ["emit": 15.0, "emit_arguments": 1.6, "receive": 7, "round_trip": 30.5]
    for (name, allocations) in recorded {
      let figure = try #require(figures[name])
      // Counting is impossible under a sanitizer.
      if figure.isNull { continue }
      let measured = try #require(figure.doubleValue)
      #expect(measured <= allocations * Self.tolerance, "\(name)")
      // Far fewer means that the counter does not work, or that the limit must be lowered.
      #expect(measured > allocations / 2, "\(name)")
    }
  }
}
