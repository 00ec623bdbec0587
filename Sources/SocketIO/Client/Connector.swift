/// Makes engines for a Manager, from its URL and its options as they stand.
protocol Connector: AnyObject, Sendable {
  /// The Manager's options as they stand.
  var options: SocketIOOptions { get set }
  func reconnectionSettings() -> ReconnectionSettings
  func makeEngine() throws(SocketIOError) -> Engine
  /// What is known now of WebSockets to this server, for `rememberUpgrade`.
  func remember(websocketWorks: Bool)
}
