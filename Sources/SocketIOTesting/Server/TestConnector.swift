import SocketIO

/// Connects a Manager to a ``TestServer``.
final class TestConnector: Connector {
  private let core: ServerCore
  private let current: Locked<SocketIOOptions>

  init(_ core: ServerCore, _ options: SocketIOOptions) {
    self.core = core
    current = Locked(options)
  }

  var options: SocketIOOptions {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }

  /// Delays without their random part, so that a test knows when they are over.
  func reconnectionSettings() -> ReconnectionSettings {
    var settings = options.reconnectionSettings
    settings.randomizationFactor = 0
    return settings
  }

  func remember(websocketWorks: Bool) {}

  func attach(_ handlerQueue: HandlerQueue) { core.clock.follow(handlerQueue) }

  func makeEngine() throws(SocketIOError) -> Engine {
    let options = self.options
    try options.validate()
    return makeEngine(on: core.loop) { [core] name, sid in core.makeTransport(name, sid: sid, parser: options.parser) }
  }
}
