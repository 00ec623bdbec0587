import SocketIOTesting

@testable import SocketIO

/// Advances time to whatever is next, a timer of the client or an event of the world.
final class SimulationRun {
  let network: SimulatedNetwork
  let user: SimulatedUser?
  private var steps = 0

  init(_ network: SimulatedNetwork, _ user: SimulatedUser?) {
    self.network = network
    self.user = user
  }

  // MARK: The acts

  /// The client works, with faults.
  func cause(_ scenario: Scenario) {
    let pause = 2 * Int(scenario.duration) / scenario.operations
    for _ in 0..<scenario.operations {
      proceed(for: UInt64(network.random { $0.number(0...pause) }))
      let dice = network.random { $0.number(0...99) }
      switch dice {
      case 0..<60: user?.act()
      case 60..<88: causeNews(scenario)
      default: if !scenario.climate.isCalm { causeTrouble(scenario) }
      }
      network.loop.run()
      network.world { $0.judgeEngines() }
    }
  }

  /// The faults are over: the client reconnects, and delivers everything it has to.
  func recover(_ scenario: Scenario) {
    // Attempts without a time limit are failed by the system eventually.
    network.world { $0.heal(revealingSilence: scenario.options.timeout == .never) }
    // Time for the last heartbeats and timeouts to notice silent connections.
    proceed(for: 7_000)
    if scenario.reconnectsForEver, let user {
      proceed(for: 10_000) { $0.isReconnected }
      if !user.isReconnected { violation("the client does not come back by itself") }
    }
    user?.connectAll()
    proceed(for: 30_000) { $0.isConnected }
    guard let user, user.isConnected else { return violation("connect() does not connect") }
    // The upgrade takes a moment.
    proceed(for: 1_000)
    let last = user.emitLast()
    proceed(for: 30_000) { [network] _ in network.world { $0.ledger.isDelivered } }
    proceed(for: 500)
    network.world { world in
      if !world.ledger.isDelivered { world.ledger.violation("the retry queues are not delivered") }
      for (stream, number) in last where world.ledger.emissions[stream]?[number].outcome != .acknowledged {
        world.ledger.violation("\(stream) \(number): not acknowledged in the best of conditions")
      }
      world.judgeEngines()
    }
  }

  private func causeNews(_ scenario: Scenario) {
    let namespace = network.random { $0.pick(scenario.namespaces) }.name
    let (isQuestion, isBinary) = network.random { ($0.chance(200), $0.chance(400)) }
    network.world { world in
      world.note(isQuestion ? "question in \(namespace)" : "news in \(namespace)")
      world.withServer { if isQuestion { $0.ask(namespace) } else { $0.broadcast(namespace, isBinary: isBinary) } }
    }
  }

  private func causeTrouble(_ scenario: Scenario) {
    let namespace = network.random { $0.pick(scenario.namespaces) }.name
    network.world { world in
      switch world.random.number(0...6) {
      case 0: world.restartServer(after: UInt64(world.random.number(0...2_000)))
      case 1: world.resetConnections(silently: false)
      case 2: world.resetConnections(silently: true)
      case 3: world.stall(UInt64(world.random.number(1...2_000)))
      case 4:
        world.note("\(namespace) is expelled")
        world.withServer { $0.expel(namespace) }
      case 5:
        world.note("the server ends all sessions")
        world.withServer { $0.endSessions(garbage: false) }
      default:
        world.note("the server sends garbage")
        world.withServer { $0.endSessions(garbage: true) }
      }
    }
  }

  // MARK: Time

  /// Lets at most this many milliseconds pass, until the condition holds.
  func proceed(for milliseconds: UInt64, until condition: (SimulatedUser) -> Bool = { _ in false }) {
    let loop = network.loop
    let end = loop.now + milliseconds
    loop.run()
    while !hasFailed {
      if let user, condition(user) { return }
      let moment = network.world { $0.nextMoment }
      let next = min(moment ?? .max, loop.nextDeadline ?? .max)
      guard next <= end else { break }
      if next > loop.now { loop.advance(by: next - loop.now) } else { loop.run() }
      if let moment, moment <= loop.now { step() }
    }
    if loop.now < end { loop.advance(by: end - loop.now) }
  }

  private func step() {
    steps += 1
    if steps > 100_000 { violation("the client does not come to rest") }
    // An acknowledgement on the Socket's current connection, for an event still pending, must be delivered.
    let due = network.world { $0.step() }
      .filter { note in
        note.stream.name == "plain" && user?.id(note.stream.namespace) == note.sid
          && network.world { $0.isCurrent(note.engine) && $0.ledger.isPending(note) }
      }
    network.loop.run()
    for note in due where network.world({ $0.ledger.isPending(note) }) {
      violation("\(note): the acknowledgement arrived, and nobody was told")
    }
  }

  private var hasFailed: Bool { network.world { $0.ledger.violation != nil } }

  private func violation(_ text: String) { network.world { $0.ledger.violation(text) } }
}
