// What a Manager's core does for its Sockets.

extension ManagerCore {
  // MARK: Commands of the Sockets

  func add(_ socket: Socket) {
    drivers.insert(SocketDriver(socket, receiveLimit: receiveLimit, clock: { [loop] in loop.turnTime }))
  }

  func remove(_ key: Int) {
    guard let driver = drivers[key] else { return }
    driver.handle(.dispose, on: self)
    deadlines.stop(.refusal(socket: key))
    let statistics = driver.machine.statistics
    if statistics != EventStatistics() { tally.events.add(statistics) }
    drivers.remove(driver)
  }

  func connect(_ key: Int) { drivers[key]?.handle(.connect, on: self) }

  /// Calls back on the loop as soon as the Socket has joined its namespace, or has failed to.
  func awaitJoining(_ key: Int, _ callback: @escaping @Sendable (SocketIOError?) -> Void) {
    drivers[key]?.awaitJoining(callback)
  }

  /// As ``awaitJoining(_:_:)``, of a Socket that may have joined already, and with an optional limit.
  func awaitJoining(_ key: Int, within milliseconds: UInt64?, _ callback: @escaping @Sendable (SocketIOError?) -> Void)
  {
    guard let driver = drivers[key] else { return callback(.disconnected) }
    driver.awaitJoining(milliseconds, on: self, callback)
  }

  func disconnect(_ key: Int) { drivers[key]?.disconnect(on: self) }

  func emit(_ key: Int, _ event: consuming OutgoingEvent) {
    guard let driver = drivers[key] else {
      if let ack = event.ack { complete(ack, .failure(.disconnected)) }
      return
    }
    driver.emit(event, on: self)
  }

  /// - Parameter text: That of the event, lent for the duration of the call.
  func emit(_ key: Int, _ event: consuming OutgoingTextEvent, _ text: UnsafeRawBufferPointer) {
    guard let driver = drivers[key] else {
      if let ack = event.ack.take() { complete(ack, .failure(.disconnected)) }
      return
    }
    driver.emit(event, text, on: self)
  }

  func emitWhenWritable(_ key: Int, _ writer: WaitingWriter) {
    guard let driver = drivers[key] else { return writer.resume(.disconnected) }
    checkHeartbeat()
    var writer = writer
    writer.turn = writerLine.makeTurn()
    driver.handle(.emitWhenWritable(writer), on: self)
  }

  func cancelWriter(_ key: Int, _ token: CancellationToken) { drivers[key]?.handle(.writerCancelled(token), on: self) }

  func cancelAck(_ key: Int, _ token: CancellationToken) { drivers[key]?.handle(.ackCancelled(token), on: self) }

  /// - Parameter text: The answer, lent for the duration of the call.
  func reply(_ key: Int, _ session: UInt32, _ text: LentText) { drivers[key]?.reply(session, text, on: self) }

  func reply(_ key: Int, _ reply: OutgoingReply) { drivers[key]?.handle(.reply(reply), on: self) }

  /// An answer could not be encoded.
  func replyFailed(_ key: Int, id: Int, _ error: SocketIOError) {
    drivers[key]?.handle(.replyFailed(id: id, error), on: self)
  }

  func authenticated(_ key: Int, session: UInt32, _ result: Result<SocketValue?, SocketIOError>) {
    drivers[key]?.handle(.authenticated(session: session, result), on: self)
  }

  // MARK: What their drivers ask for

  /// Whether the transport would accept an event at once.
  var canSendNow: Bool { engine?.canSendNow ?? false }

  /// Bytes that the connection has not handed to the operating system yet.
  var queuedBytes: Int { engine?.queuedBytes ?? 0 }

  /// Milliseconds until a CONNECT without an answer is logged.
  var connectLimit: UInt64 { machine.settings.timeout ?? SocketDeadline.usualConnectLimit }

  /// Updates the table of Sockets after a change of state.
  ///
  /// - Returns: Whether the Socket became active or inactive.
  func updateTable(for driver: SocketDriver) -> Bool {
    drivers.setUnanswered(driver, machine.state == .open && driver.machine.awaitsAnswer(on: connection))
    return drivers.setActive(driver, driver.machine.isActive)
  }

  func connectionWanted(by driver: SocketDriver) {
    guard machine.state == .open else { return handle(.connectionWanted) }
    // If another Socket of the namespace was freed before its answer came, that answer comes first.
    let joining = drivers.unanswered(in: driver.namespace)
    if joining == nil || joining === driver { startJoining(driver) }
  }

  /// The connection is established.
  func startJoining(_ driver: SocketDriver) {
    let wasLeft = leftNamespaces[driver.namespace] != nil
    driver.handle(.managerOpened(connection: connection, wasLeft: wasLeft), on: self)
  }

  /// Releases the connection if no Socket is active any more.
  func releaseIfUnused() {
    if !drivers.hasActive { handle(.released) }
  }

  func parseFailed(_ error: SocketIOError) { handle(.parseFailed(error)) }

  /// - Throws: What the parser does.
  func send(_ packet: SocketPacket, isCompressed: Bool) throws {
    let messages = try parser.encode(packet)
    switch packet.content {
    // If the server read the events before it together with the DISCONNECT, it would ignore them.
    case .disconnect:
      leftNamespaces[packet.namespace] = engine?.hold(messages)
      leftNamespaces.forgetIfMany { engine?.unreadHeld ?? [] }
    // If the server read it together with the DISCONNECT of the namespace, it would cut the connection.
    case .connect:
      if let farewell = leftNamespaces[packet.namespace] {
        _ = engine?.hold(messages, behind: farewell)
      } else {
        engine?.send(messages, isCompressed: isCompressed, isAwaited: false)
      }
    case .event, .ack, .connectError: engine?.send(messages, isCompressed: isCompressed)
    }
  }

  /// Whether ``send(_:isCompressed:)-(LentText,_)`` may be called.
  var takesText: Bool { engine?.takesText ?? false }

  func send(_ text: LentText, isCompressed: Bool) { engine?.send(text, isCompressed: isCompressed) }

  func send(_ packet: consuming EncodedPacket, isCompressed: Bool) {
    engine?.send(consume packet, isCompressed: isCompressed)
  }
}
