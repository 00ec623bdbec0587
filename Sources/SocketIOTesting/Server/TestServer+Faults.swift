import SocketIO

extension TestServer {
  // MARK: Connections

  /// Breaks all connections, as a network does that fails: what is under way is lost, and the clients notice at once.
  public func loseConnections() { core.endConnections(.reset) }

  /// Closes all connections in the way of a server that stops.
  public func closeConnections() { core.endConnections(.closed) }

  /// Refuses connections, as a machine does on which no server runs.
  ///
  /// - Parameter count: How many attempts; by default all, until ``acceptConnections()``. An upgrade is an attempt, too.
  public func refuseConnections(_ count: Int = .max) { core.setFaults { $0.refusals = max(0, count) } }

  /// Ends ``refuseConnections(_:)``.
  public func acceptConnections() { refuseConnections(0) }

  /// Holds everything in both directions until ``resume()``, without notice to either side. Attempts to connect
  /// are not answered either.
  public func stall() { core.setStalled(true) }

  /// Ends ``stall()``: what was sent meanwhile arrives, in order.
  public func resume() { core.setStalled(false) }

  /// Sets how long everything takes in each direction, in whole milliseconds of the clock. By default it takes no time.
  public func setLatency(_ latency: Duration) { core.setFaults { $0.latency = latency.milliseconds } }

  // MARK: Messages

  /// Does not send acknowledgements: those of handlers and those of ``TestEvent``.
  ///
  /// - Parameter count: How many; by default all, until ``sendAcknowledgements()``.
  public func dropAcknowledgements(_ count: Int = .max) {
    core.setFaults { $0.droppedAcknowledgements = max(0, count) }
  }

  /// Ends ``dropAcknowledgements(_:)``.
  public func sendAcknowledgements() { dropAcknowledgements(0) }

  /// Sends every connection a text as it is, for example a packet that is malformed: `server.sendRaw("2[broken")`. A
  /// client ends the connection then, with the reason "parse error".
  ///
  /// - Parameter text: The text of a Socket.IO packet, without the type of Engine.IO in front.
  public func sendRaw(_ text: String) { core.sendRaw(text) }
}
