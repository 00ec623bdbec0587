/// What carries connections instead of the operating system's network: the server of a test, in memory.
package protocol Network: AnyObject, Sendable {
  /// Carries the Managers that use this network.
  var loop: any Loop { get }

  func makeConnector(_ options: SocketIOOptions) -> any Connector
}
