/// Drives one Engine.IO session: performs the actions of its state machine on real transports and timers.
///
/// Confined to its loop. Its transports hold it from `open` to `.finished`, when its closures are released.
package final class Engine {
  typealias MakeTransport = (TransportName, _ sid: String?) throws(SocketIOError) -> any Transport

  var onReport: ((consuming EngineReport) -> Void)?

  // Read and written whole, and read for each message.
  /// Gets the text of each message, lent for the duration of the call.
  @exclusivity(unchecked) var onText: ((UnsafeRawBufferPointer) -> Void)?

  /// Called when the transport has handed over what it had and has taken what waited.
  var onWritable: (() -> Void)?

  /// Set before the engine is opened.
  lazy var tally = EngineTally()

  private struct ActiveTransport {
    let transport: any Transport
    let takesText: Bool
    let counter: EngineTally.Counter
  }

  // Used for each message; the machine calls nothing back, so no use can begin inside another.
  @exclusivity(unchecked) private var machine: EngineStateMachine
  private let makeTransport: MakeTransport
  // Read and written whole, and read for each message.
  @exclusivity(unchecked) private var main: ActiveTransport?
  private var probe: ActiveTransport?
  private let loop: any Loop
  private var heartbeat: (any LoopTimer)?
  private var heartbeatDeadline: UInt64?
  /// The longest run of the heartbeat's timer, in milliseconds. While the machine sleeps the clock continues, but
  /// timers stand still.
  private static let longestSlice: UInt64 = 5_000
  private var closeTimer: (any LoopTimer)?
  private var holdTimer: (any LoopTimer)?
  private var probeSentAt: UInt64?

  init(_ configuration: EngineStateMachine.Configuration, loop: any Loop, makeTransport: @escaping MakeTransport) {
    machine = EngineStateMachine(configuration)
    self.loop = loop
    self.makeTransport = makeTransport
  }

  /// Whether a message sent now would leave at once.
  var canSendNow: Bool { machine.canSendNow }

  /// Bytes that were sent here and have not been handed to the operating system yet.
  var queuedBytes: Int { machine.outbox.queuedBytes + (main?.transport.queuedBytes ?? 0) }

  func open() { handle(.open) }

  /// - Parameter isAwaited: Whether messages that are held later wait until the server has read this one.
  func send(_ messages: [EngineMessage], isCompressed: Bool = true, isAwaited: Bool = true) {
    handle(.send(messages, isCompressed: isCompressed, isAwaited: isAwaited))
  }

  /// Sends an encoded packet; what is held later waits until the server has read it.
  func send(_ packet: consuming EncodedPacket, isCompressed: Bool) {
    perform(machine.send(packet, isCompressed: isCompressed))
  }

  /// Whether a text can go to the transport at once.
  var takesText: Bool { main?.takesText == true && machine.canPass }

  /// Sends a text, if ``takesText``; what is held later waits until the server has read it.
  func send(_ text: LentText, isCompressed: Bool) {
    let mark = machine.pass()
    main?.counter.sent(bytes: text.count)
    let takesMore = main?.transport.send(text, isCompressed: isCompressed) == true
    if let mark { main?.transport.requestReadReceipt(mark) }
    if takesMore { perform(machine.becameWritable()) }
  }

  /// Holds a message until the server has read all awaited messages sent before it, or the `predecessor`, another held
  /// message.
  ///
  /// - Returns: The message's id, for ``withdraw(_:)`` and as the predecessor of another.
  func hold(_ messages: [EngineMessage], behind predecessor: ReadBarrier.ID? = nil) -> ReadBarrier.ID {
    let id = machine.makeHoldID()
    handle(.hold(messages, as: id, behind: predecessor))
    return id
  }

  /// Drops a message that is still held.
  func withdraw(_ id: ReadBarrier.ID) { handle(.withdraw(id)) }

  /// The messages that are or were held and that the server may not have read.
  var unreadHeld: Set<ReadBarrier.ID> { machine.outbox.unreadHeld }

  /// Whether anything is held.
  var isHolding: Bool { machine.outbox.isHolding }

  /// Sends held messages without waiting for the server any longer.
  func stopHolding() { handle(.holdingEnded) }

  func close() { handle(.close) }

  /// Stops reading until ``resumeReading()``. What has already arrived may still be reported.
  ///
  /// - Returns: Whether this is a change.
  func pauseReading() -> Bool {
    guard !machine.isReadingPaused else { return false }
    handle(.pauseReading)
    return machine.isReadingPaused
  }

  func resumeReading() { handle(.resumeReading) }

  /// Ends the session if the server's ping is overdue. After sleep, or on a busy loop, the timer may not have fired
  /// yet, and messages sent before it fires would be lost.
  func checkHeartbeat() {
    if let heartbeatDeadline, loop.now > heartbeatDeadline { handle(.heartbeatExpired) }
  }

  private func handle(_ event: consuming EngineStateMachine.Event) {
    perform(machine.handle(event))
  }

  private func perform(_ actions: consuming ActionList<EngineStateMachine.Action>) {
    // A `for` loop would copy the list.
    while let action = actions.next() { perform(consume action) }
  }

  private func perform(_ action: consuming EngineStateMachine.Action) {
    switch consume action {
    case .openTransport(let slot, let name, let sid): openTransport(slot, name, sid)
    case .send(let slot, let packets):
      guard let active = activeTransport(slot) else { return }
      for packet in packets { active.counter.sent(packet) }
      if slot == .probe { probeSentAt = loop.nanoseconds }
      if active.transport.send(packets) { handle(.transport(slot, .writable)) }
    case .sendOne(let packet):
      main?.counter.sent(packet)
      if main?.transport.send(packet) == true { perform(machine.becameWritable()) }
    case .setSession(let sid): main?.transport.sid = sid
    case .requestReadReceipt(let mark): main?.transport.requestReadReceipt(mark)
    case .pause: main?.transport.pause()
    case .resume: main?.transport.resume()
    case .pauseReading: main?.transport.pauseReading()
    case .resumeReading: main?.transport.resumeReading()
    case .promoteProbe:
      let old = main
      if let new = takeTransport(.probe) { carry(.main, new) }
      old?.transport.abort()
    case .close(let slot): activeTransport(slot)?.transport.close()
    case .abort(let slot): takeTransport(slot)?.transport.abort()
    case .startHeartbeat(let milliseconds):
      heartbeatDeadline = loop.now + milliseconds
      startHeartbeatSlice(milliseconds)
    case .stopHeartbeat:
      heartbeatDeadline = nil
      heartbeat?.stop()
    case .startCloseTimer(let milliseconds):
      timer(&closeTimer, firing: .closeTimeout).start(milliseconds: milliseconds)
    case .stopCloseTimer: closeTimer?.stop()
    case .startHoldTimer(let milliseconds): timer(&holdTimer, firing: .holdingEnded).start(milliseconds: milliseconds)
    case .stopHoldTimer: holdTimer?.stop()
    case .considerUpgrade: handle(.upgradeConsidered)
    case .report(.finished): finish()
    case .report(let report): onReport?(report)
    }
  }

  private func openTransport(_ slot: EngineStateMachine.Slot, _ name: TransportName, _ sid: String?) {
    takeTransport(slot)?.transport.abort()
    do {
      let transport = try makeTransport(name, sid)
      carry(slot, ActiveTransport(transport: transport, takesText: transport.takesText, counter: tally.counter(name)))
      try transport.open()
    } catch {
      _ = takeTransport(slot)
      handle(.transport(slot, .failed(error)))
    }
  }

  private func activeTransport(_ slot: EngineStateMachine.Slot) -> ActiveTransport? {
    switch slot {
    case .main: main
    case .probe: probe
    }
  }

  private func takeTransport(_ slot: EngineStateMachine.Slot) -> ActiveTransport? {
    switch slot {
    case .main: main.take()
    case .probe: probe.take()
    }
  }

  private func carry(_ slot: EngineStateMachine.Slot, _ active: ActiveTransport) {
    switch slot {
    case .main: main = active
    case .probe: probe = active
    }
    let counter = active.counter
    // Strong, since a weak reference costs a look-up with each packet. `finish` makes the transports release it.
    active.transport.onEvent = { [self] event in
      switch consume event {
      case .packet(let packet):
        counter.received(bytes: packet.size)
        received(packet, on: slot)
      case .writable:
        handle(.transport(slot, .writable))
        onWritable?()
      case let event: handle(.transport(slot, event))
      }
    }
    active.transport.onText = { [self] text in
      counter.received(bytes: text.count + 1)
      received(text, on: slot)
    }
  }

  private func received(_ text: UnsafeRawBufferPointer, on slot: EngineStateMachine.Slot) {
    // Nothing else follows from a message, so the machine need not see it.
    if slot == .main, machine.takesMessages { return onText?(text) ?? () }
    received(.message(.text(String(decoding: text, as: UTF8.self))), on: slot)
  }

  private func received(_ packet: consuming EnginePacket, on slot: EngineStateMachine.Slot) {
    if slot == .probe { measureProbe() }
    guard slot == .main, machine.takesMessages else {
      return handle(.transport(slot, .packet(consume packet)))
    }
    switch consume packet {
    case .message(.binary(let data)): onReport?(.binary(data))
    case let packet: handle(.transport(.main, .packet(packet)))
    }
  }

  /// The first packet after the probe's ping ends the round trip.
  private func measureProbe() {
    guard let sentAt = probeSentAt else { return }
    probeSentAt = nil
    tally.probeRoundTrips.record(nanoseconds: loop.nanoseconds - sentAt)
  }

  private func timer(
    _ timer: inout (any LoopTimer)?, firing event: EngineStateMachine.Event
  ) -> any LoopTimer {
    if let timer { return timer }
    let new = loop.makeTimer { [self] in handle(event) }
    timer = new
    return new
  }

  private func startHeartbeatSlice(_ milliseconds: UInt64) {
    let timer =
      heartbeat
      ?? loop.makeTimer { [self] in
        guard let heartbeatDeadline else { return }
        let now = loop.now
        if now < heartbeatDeadline { startHeartbeatSlice(heartbeatDeadline - now) } else { handle(.heartbeatExpired) }
      }
    heartbeat = timer
    timer.start(milliseconds: min(milliseconds, Self.longestSlice))
  }

  private func finish() {
    takeTransport(.main)?.transport.abort()
    takeTransport(.probe)?.transport.abort()
    heartbeat?.close()
    heartbeat = nil
    closeTimer?.close()
    closeTimer = nil
    holdTimer?.close()
    holdTimer = nil
    let onReport = self.onReport
    self.onReport = nil
    onText = nil
    onWritable = nil
    onReport?(.finished)
  }
}
