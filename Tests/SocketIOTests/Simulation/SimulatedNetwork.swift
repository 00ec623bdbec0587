import SocketIOTesting

@testable import SocketIO

/// The simulated world from the client's side. The client runs on the loop, which the simulation drives.
final class SimulatedNetwork: Connector {
  let loop: VirtualLoop
  private let state: Locked<World>
  private let storedOptions: Locked<SocketIOOptions>

  init(loop: VirtualLoop, scenario: Scenario, random: SeededGenerator, isTraced: Bool) {
    self.loop = loop
    state = Locked(World(scenario: scenario, random: random, now: loop.now, isTraced: isTraced))
    storedOptions = Locked(scenario.options)
  }

  /// The body must not call anything that returns here.
  func world<Result: Sendable>(_ body: (inout World) -> Result) -> Result {
    let now = loop.now
    return state.withLock {
      $0.now = now
      return body(&$0)
    }
  }

  func random<Result: Sendable>(_ draw: (inout SeededGenerator) -> Result) -> Result { world { draw(&$0.random) } }

  // MARK: Connector

  var options: SocketIOOptions {
    get { storedOptions.withLock { $0 } }
    set { storedOptions.withLock { $0 = newValue } }
  }

  func reconnectionSettings() -> ReconnectionSettings { storedOptions.withLock { $0.reconnectionSettings } }

  func remember(websocketWorks: Bool) {}

  func makeEngine() throws(SocketIOError) -> Engine {
    let number = world { $0.beginEngine() }
    return makeEngine(on: loop) { [self] name, sid in
      switch name {
      case .websocket: SimulatedWebSocket(self, engine: number, sid: sid)
      default: SimulatedPolling(self, engine: number, sid: sid)
      }
    }
  }
}
