import SocketIOTesting

@testable import SocketIO

/// Makes engines whose transports are scripted.
final class ScriptedConnector: Connector {
  private struct State: Sendable {
    var options: SocketIOOptions
    var scripts: [TransportScript] = []
    var remembered: [Bool] = []
    var engineFailure: SocketIOError?
    var openFailures: [TransportName: SocketIOError] = [:]
  }

  private let loop: VirtualLoop
  private let state: Locked<State>

  init(loop: VirtualLoop, options: SocketIOOptions) {
    self.loop = loop
    state = Locked(State(options: options))
  }

  /// The transports made so far, oldest first.
  var scripts: [TransportScript] { state.withLock { $0.scripts } }

  /// The reports for `rememberUpgrade`.
  var remembered: [Bool] { state.withLock { $0.remembered } }

  /// Thrown instead of making an engine.
  var engineFailure: SocketIOError? {
    get { state.withLock { $0.engineFailure } }
    set { state.withLock { $0.engineFailure = newValue } }
  }

  /// Makes the transports of that name fail to open from now on, or open again.
  func setOpenFailure(_ name: TransportName, _ error: SocketIOError?) {
    state.withLock { $0.openFailures[name] = error }
  }

  var options: SocketIOOptions {
    get { state.withLock { $0.options } }
    set { state.withLock { $0.options = newValue } }
  }

  func reconnectionSettings() -> ReconnectionSettings { state.withLock { $0.options.reconnectionSettings } }

  func remember(websocketWorks: Bool) { state.withLock { $0.remembered.append(websocketWorks) } }

  func makeEngine() throws(SocketIOError) -> Engine {
    if let engineFailure { throw engineFailure }
    return makeEngine(on: loop) { [self] name, sid throws(SocketIOError) in makeTransport(name, sid) }
  }

  private func makeTransport(_ name: TransportName, _ sid: String?) -> ScriptedTransport {
    let script = state.withLock { state in
      let script = TransportScript(name, sid: sid, loop: loop, openFailure: state.openFailures[name])
      state.scripts.append(script)
      return script
    }
    return ScriptedTransport(script, loop: loop)
  }
}
