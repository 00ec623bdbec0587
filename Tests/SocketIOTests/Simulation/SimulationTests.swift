import Foundation
import Testing

@testable import SocketIO

/// `SIMULATION_SEED=n` runs one seed and prints what happened in it; `SIMULATION_SEEDS=n` runs that many.
@Suite("The client on a simulated network")
struct SimulationTests {
  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  private static let batches = 10

  @Test(
    "Whatever the network and the server do, the guarantees of order, acknowledgements and retries hold, and nothing leaks",
    arguments: 0..<batches)
  func seeds(batch: Int) async {
    if let seed = Self.number("SIMULATION_SEED") {
      guard batch == 0 else { return }
      let simulation = Simulation(seed: seed, isTraced: true)
      print(simulation.trace.joined(separator: "\n"))
      #expect(simulation.violation == nil)
      return
    }
    // Rounded up, so that there is at least one seed.
    let size = ((Self.number("SIMULATION_SEEDS") ?? 1_000) + UInt64(Self.batches) - 1) / UInt64(Self.batches)
    for seed in UInt64(batch) * size..<UInt64(batch + 1) * size {
      // Other tests wait for the same threads.
      await Task.yield()
      let violation = Simulation(seed: seed).violation
      #expect(violation == nil, "SIMULATION_SEED=\(seed) shows how it came to this")
    }
  }

  @Test("A seed gives the same run every time", arguments: 0..<5 as Range<UInt64>)
  func repeatable(seed: UInt64) {
    let first = Simulation(seed: seed, isTraced: true).trace
    let second = Simulation(seed: seed, isTraced: true).trace
    #expect(first.count > 20 && first.count == second.count)
    #expect(zip(first, second).first { $0 != $1 } == nil)
  }
}
