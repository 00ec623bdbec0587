// What a Manager's core does for its Sockets.

extension ManagerCore {
  // MARK: Commands of the Sockets

  func add(_ socket: Socket) {
    drivers.insert(SocketDriver(socket, receiveLimit: receiveLimit, clock: { [loop] in loop.nanoseconds }))
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

  /// Calls back on the loop as soon as the Socket has joined its namespace, or failed to.
  func awaitJoining(_ key: Int, _ callback: @escaping @Sendable (SocketIOError?) -> Void) {
    drivers[key]?.awaitJoining(callback)
  }

  func disconnect(_ key: Int) { drivers[key]?.disconnect(on: self) }

  func emit(_ key: Int, _ emission: Emission) {
    drivers[key]?.handle(.emit(emission, canSendNow: canSendNow), on: self)
  }

  func emitWhenWritable(_ key: Int, _ writer: WaitingWriter) {
    guard let driver = drivers[key] else { return writer.resume(.disconnected) }
    checkHeartbeat()
    var writer = writer
    writer.turn = writerLine.makeTurn()
    driver.handle(.emitWhenWritable(writer), on: self)
  }

  func cancelWriter(_ key: Int, _ token: AckToken) { drivers[key]?.handle(.writerCancelled(token), on: self) }

  func cancelAck(_ key: Int, _ token: AckToken) { drivers[key]?.handle(.ackCancelled(token), on: self) }

  func reply(_ key: Int, session: Int, id: Int, _ arguments: [SocketValue]) {
    drivers[key]?.handle(.reply(session: session, id: id, arguments), on: self)
  }

  func authenticated(_ key: Int, session: Int, _ result: Result<SocketValue?, SocketIOError>) {
    drivers[key]?.handle(.authenticated(session: session, result), on: self)
  }

  // MARK: What their drivers ask for

  /// Whether an event sent now would leave at once.
  var canSendNow: Bool { engine?.canSendNow ?? false }

  /// Bytes that the connection was given and has not handed to the operating system yet.
  var queuedBytes: Int { engine?.queuedBytes ?? 0 }

  /// Milliseconds until the log tells of a CONNECT without an answer.
  var answerLimit: UInt64 { machine.settings.timeout ?? SocketDeadline.usualAnswerLimit }

  /// Keeps a Socket where its state belongs.
  ///
  /// - Returns: Whether it has become active, or is not any more.
  func file(_ driver: SocketDriver) -> Bool {
    drivers.setUnanswered(driver, machine.state == .open && driver.machine.awaitsAnswer(on: connection))
    return drivers.setActive(driver, driver.machine.isActive)
  }

  func connectionWanted(by driver: SocketDriver) {
    guard machine.state == .open else { return handle(.connectionWanted) }
    // Where another Socket of the namespace was let go before it was answered, the answer comes first.
    let joining = drivers.unanswered(in: driver.machine.namespace)
    if joining == nil || joining === driver { startJoining(driver) }
  }

  /// The connection stands.
  func startJoining(_ driver: SocketDriver) {
    let wasLeft = leftNamespaces[driver.machine.namespace] != nil
    driver.handle(.managerOpened(connection: connection, wasLeft: wasLeft), on: self)
  }

  /// Lets the connection go if no Socket is active any more.
  func releaseIfUnused() {
    if !drivers.hasActive { handle(.released) }
  }

  func parseFailed(_ error: SocketIOError) { handle(.parseFailed(error)) }

  /// - Throws: What the parser does.
  func send(_ packet: Packet, isCompressed: Bool) throws {
    let messages = try parser.encode(packet)
    switch packet.content {
    // Read together with a DISCONNECT, the events before it would not be handled.
    case .disconnect:
      leftNamespaces[packet.namespace] = engine?.hold(messages)
      leftNamespaces.forgetIfMany { engine?.unreadHeld ?? [] }
    // Read together with the DISCONNECT of its namespace, it would make the server cut the connection.
    case .connect:
      if let farewell = leftNamespaces[packet.namespace] {
        _ = engine?.hold(messages, behind: farewell)
      } else {
        engine?.send(messages, isCompressed: isCompressed, isAwaited: false)
      }
    case .event, .ack, .connectError: engine?.send(messages, isCompressed: isCompressed)
    }
  }
}
