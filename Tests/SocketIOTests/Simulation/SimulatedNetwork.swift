@testable import SocketIO

/// The simulated world as the client's parts see it: they run on the loop, and the run itself moves the loop.
final class SimulatedNetwork: Connector {
  let loop: VirtualLoop
  private let state: Locked<World>
  private let storedOptions: Locked<SocketIOOptions>

  init(loop: VirtualLoop, scenario: Scenario, random: SeededGenerator, isTraced: Bool) {
    self.loop = loop
    state = Locked(World(scenario: scenario, random: random, now: loop.now, isTraced: isTraced))
    storedOptions = Locked(scenario.options)
  }

  /// Nothing is called from inside that could come back here.
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
    let options = self.options
    var configuration = EngineStateMachine.Configuration()
    configuration.transports = options.transports
    configuration.upgrade = options.upgrade
    configuration.tryAllTransports = options.tryAllTransports
    let number = world { $0.beginEngine() }
    return Engine(configuration, loop: loop) { [self] name, sid in
      switch name {
      case .websocket: SimulatedWebSocket(self, engine: number, sid: sid)
      default: SimulatedPolling(self, engine: number, sid: sid)
      }
    }
  }
}
