/// Makes engines for a Manager from its URL and its current options.
package protocol Connector: AnyObject, Sendable {
  /// The Manager's current options.
  var options: SocketIOOptions { get set }
  var socketDefaults: SocketDefaults { get }
  func reconnectionSettings() -> ReconnectionSettings
  func makeEngine() throws(SocketIOError) -> Engine
  /// Called once by the Manager that uses this connector, with the queue of its handlers.
  func attach(_ handlerQueue: HandlerQueue)
  /// Records for `rememberUpgrade` whether WebSockets to this server work.
  func remember(websocketWorks: Bool)
}

/// The options that a Socket takes from its Manager unless they were set for the Socket. Copying these few is cheaper
/// than copying all options, which retains each of them.
package struct SocketDefaults {
  var auth: SocketAuth?
  var ackTimeout: Duration?
  var retries: Int
  var offlineBuffer: OfflineBuffer

  package init(_ options: borrowing SocketIOOptions) {
    auth = options.auth
    ackTimeout = options.ackTimeout
    retries = options.retries
    offlineBuffer = options.offlineBuffer
  }
}

extension Connector {
  package var socketDefaults: SocketDefaults { SocketDefaults(options) }

  package func attach(_ handlerQueue: HandlerQueue) {}

  /// An engine as the current options ask for, on transports that the caller makes.
  package func makeEngine(
    on loop: any Loop,
    _ makeTransport: @escaping (TransportName, _ sid: String?) throws(SocketIOError) -> any Transport
  ) -> Engine {
    Engine(EngineStateMachine.Configuration(options), loop: loop, makeTransport: makeTransport)
  }
}

extension EngineStateMachine.Configuration {
  init(_ options: borrowing SocketIOOptions) {
    transports = options.transports
    upgrade = options.upgrade
    tryAllTransports = options.tryAllTransports
  }
}
