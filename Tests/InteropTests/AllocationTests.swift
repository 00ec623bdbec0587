import Foundation
import SocketIO
import Testing

/// What an event may allocate. The figures are those of a debug build, which allocates more than a release build; docs/performance.md has
/// the others. Where one has become smaller, the limit here follows.
@Suite("Allocations", .timeLimit(.minutes(2)))
struct AllocationTests {
  /// Runs of the same build differ by how many events share a turn of the loop.
  private static let tolerance = 1.1

  @Test("An event takes no more allocations than it did")
  func limits() async throws {
    let server = try Server.testServer.start()
    let process = try SioProcess(["allocations", server.url], tool: "micro-bench")
    let (status, output, errors) = try await process.exit()
    #expect(status == 0)
    #expect(errors == [])
    let figures = try SocketValue(json: output.first ?? "")
    let recorded = ["emit": 1.0, "receive": 1.0, "round_trip": 1.0]
    for (name, allocations) in recorded {
      let measured = figures[name]?.doubleValue ?? .infinity
      #expect(measured <= allocations * Self.tolerance, "\(name)")
      // Zero is what is counted where counting is impossible: under a sanitizer.
      #expect(measured == 0 || measured >= allocations / Self.tolerance, "\(name): set the limit to \(measured)")
    }
  }
}
