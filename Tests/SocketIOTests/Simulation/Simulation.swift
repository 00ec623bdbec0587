@testable import SocketIO

/// One run: a client with its program, and a network and a server that give it trouble, all of it following from a seed.
///
/// First trouble, then peace, in which the client has to come back and deliver what it owes, then the end, after which nothing of it may
/// be left.
struct Simulation {
  /// What went wrong, if anything did.
  let violation: String?
  let trace: [String]

  init(seed: UInt64, isTraced: Bool = false) {
    var random = SeededGenerator(seed: seed)
    let scenario = Scenario(using: &random)
    let loop = VirtualLoop()
    let network = SimulatedNetwork(loop: loop, scenario: scenario, random: random, isTraced: isTraced)
    if isTraced { network.world { $0.note("\(scenario)") } }
    Self.run(network, scenario)
    (violation, trace) = network.world { world in
      world.ledger.close(isCalm: scenario.climate.isCalm)
      return (world.ledger.violation, world.trace)
    }
  }

  private static func run(_ network: SimulatedNetwork, _ scenario: Scenario) {
    weak var manager: Manager?
    do {
      let run = SimulationRun(network, SimulatedUser(network, scenario))
      manager = run.user?.manager
      run.cause(scenario)
      run.recover(scenario)
      run.user?.leave()
      network.loop.run()
    }
    // The last transports close, or are given up after their 5 seconds.
    SimulationRun(network, nil).proceed(for: 12_000)
    let timers = network.loop.timerCount
    network.world { world in
      if manager != nil { world.ledger.violation("the Manager was not freed") }
      if world.transportCount != 0 { world.ledger.violation("\(world.transportCount) transports were not freed") }
      if timers != 0 { world.ledger.violation("\(timers) timers were not freed") }
    }
  }
}
