/// Makes engines for a Manager, from its URL and its options as they stand.
protocol Connector: AnyObject, Sendable {
  /// The Manager's options as they stand.
  var options: SocketIOOptions { get set }
  var socketDefaults: SocketDefaults { get }
  func reconnectionSettings() -> ReconnectionSettings
  func makeEngine() throws(SocketIOError) -> Engine
  /// What is known now of WebSockets to this server, for `rememberUpgrade`.
  func remember(websocketWorks: Bool)
}

/// What a Socket takes from the options of its Manager where it was not told itself. A copy of all options has a reference to count for
/// each.
struct SocketDefaults {
  var auth: Auth?
  var ackTimeout: Duration?
  var retries: Int
  var offlineBuffer: OfflineBuffer

  init(_ options: borrowing SocketIOOptions) {
    auth = options.auth
    ackTimeout = options.ackTimeout
    retries = options.retries
    offlineBuffer = options.offlineBuffer
  }
}

extension Connector {
  var socketDefaults: SocketDefaults { SocketDefaults(options) }
}
