import SocketIOTesting

@testable import SocketIO

/// One run: a client with its program, and a network and a server with faults, all determined by a seed.
///
/// First come faults, then a quiet phase in which the client must reconnect and deliver everything it has to, then the
/// end, after which nothing may be left.
struct Simulation {
  /// The failure, if there is one.
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
    // The last transports close, or are cut off after 5 seconds.
    SimulationRun(network, nil).proceed(for: 12_000)
    let timers = network.loop.timerCount
    network.world { world in
      if manager != nil { world.ledger.violation("the Manager was not freed") }
      if world.transportCount != 0 { world.ledger.violation("\(world.transportCount) transports were not freed") }
      if timers != 0 { world.ledger.violation("\(timers) timers were not freed") }
    }
  }
}
