/// Drives one Engine.IO session: performs the actions of its state machine on real transports and timers.
///
/// Confined to its loop. From `open` to `.finished` its transports hold it; `onReport` and `onWritable` are dropped then.
final class Engine {
  typealias MakeTransport = (TransportName, _ sid: String?) throws(SocketIOError) -> any Transport

  var onReport: ((EngineReport) -> Void)?

  /// Called when the transport has handed over what it had, and took what waited.
  var onWritable: (() -> Void)?

  /// Set before the engine is opened.
  lazy var tally = EngineTally()

  private struct Carrier {
    let transport: any Transport
    let counter: EngineTally.Counter
  }

  private var machine: EngineStateMachine
  private let makeTransport: MakeTransport
  private var main: Carrier?
  private var probe: Carrier?
  private let loop: any Loop
  private var heartbeat: (any LoopTimer)?
  private var heartbeatDeadline: UInt64?
  /// The longest that the heartbeat's timer runs, in milliseconds. While the machine sleeps, timers stand still and the clock does not.
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
  var queuedBytes: Int { machine.queuedBytes + (main?.transport.queuedBytes ?? 0) }

  func open() { handle(.open) }

  /// - Parameter isAwaited: Whether what is held later waits until the server has read this.
  func send(_ messages: [EngineMessage], isCompressed: Bool = true, isAwaited: Bool = true) {
    handle(.send(messages, isCompressed: isCompressed, isAwaited: isAwaited))
  }

  /// Sends a message when the server has read what was sent before and is awaited; with a `predecessor`, a message that
  /// was held too, as soon as that one is read.
  ///
  /// - Returns: How to call the message in ``withdraw(_:)`` and as the predecessor of another.
  func hold(_ messages: [EngineMessage], behind predecessor: ReadBarrier.ID? = nil) -> ReadBarrier.ID {
    let id = machine.makeHoldID()
    handle(.hold(messages, as: id, behind: predecessor))
    return id
  }

  /// Drops a message that is still held.
  func withdraw(_ id: ReadBarrier.ID) { handle(.withdraw(id)) }

  /// What was held or is, and the server is not known to have read.
  var unreadHeld: Set<ReadBarrier.ID> { machine.unreadHeld }

  /// Whether anything is held.
  var isHolding: Bool { machine.isHolding }

  /// Sends what is held, whatever the server has read.
  func stopHolding() { handle(.holdingEnded) }

  func close() { handle(.close) }

  /// Reads nothing more until ``resumeReading()``, as far as the transport can tell: what has arrived may still be reported.
  ///
  /// - Returns: Whether that is new.
  func pauseReading() -> Bool {
    guard !machine.isReadingPaused else { return false }
    handle(.pauseReading)
    return machine.isReadingPaused
  }

  func resumeReading() { handle(.resumeReading) }

  /// Ends the session if the server's ping is overdue. The timer may not have fired yet where the machine was asleep or the loop held
  /// up, and what is sent before it does is lost.
  func checkHeartbeat() {
    if let heartbeatDeadline, loop.now > heartbeatDeadline { handle(.heartbeatExpired) }
  }

  private func handle(_ event: consuming EngineStateMachine.Event) {
    for action in machine.handle(event) { perform(action) }
  }

  private func perform(_ action: consuming EngineStateMachine.Action) {
    switch action {
    case .openTransport(let slot, let name, let sid): openTransport(slot, name, sid)
    case .send(let slot, let packets):
      guard let carrier = carrier(slot) else { return }
      carrier.counter.sent(packets)
      if slot == .probe { probeSentAt = loop.nanoseconds }
      if carrier.transport.send(packets) { handle(.transport(slot, .writable)) }
    case .setSession(let sid): main?.transport.sid = sid
    case .requestReadReceipt(let mark): main?.transport.requestReadReceipt(mark)
    case .pause: main?.transport.pause()
    case .resume: main?.transport.resume()
    case .pauseReading: main?.transport.pauseReading()
    case .resumeReading: main?.transport.resumeReading()
    case .promoteProbe:
      let old = main
      if let new = takeCarrier(.probe) { carry(.main, new) }
      old?.transport.abort()
    case .close(let slot): carrier(slot)?.transport.close()
    case .abort(let slot): takeCarrier(slot)?.transport.abort()
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
    takeCarrier(slot)?.transport.abort()
    do {
      let transport = try makeTransport(name, sid)
      carry(slot, Carrier(transport: transport, counter: tally.counter(name)))
      try transport.open()
    } catch {
      _ = takeCarrier(slot)
      handle(.transport(slot, .failed(error)))
    }
  }

  private func carrier(_ slot: EngineStateMachine.Slot) -> Carrier? {
    switch slot {
    case .main: main
    case .probe: probe
    }
  }

  private func takeCarrier(_ slot: EngineStateMachine.Slot) -> Carrier? {
    switch slot {
    case .main: main.take()
    case .probe: probe.take()
    }
  }

  private func carry(_ slot: EngineStateMachine.Slot, _ carrier: Carrier) {
    switch slot {
    case .main: main = carrier
    case .probe: probe = carrier
    }
    let counter = carrier.counter
    // A weak reference would be looked up with each packet. `finish` has the transports let go of theirs.
    carrier.transport.onEvent = { [self] event in
      if case .packet(let packet) = event {
        counter.received(packet)
        if slot == .probe { measureProbe() }
      }
      handle(.transport(slot, event))
      if case .writable = event { onWritable?() }
    }
  }

  /// Whatever answers the probe's ping first ends its round trip.
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
    takeCarrier(.main)?.transport.abort()
    takeCarrier(.probe)?.transport.abort()
    heartbeat?.close()
    heartbeat = nil
    closeTimer?.close()
    closeTimer = nil
    holdTimer?.close()
    holdTimer = nil
    let onReport = self.onReport
    self.onReport = nil
    onWritable = nil
    onReport?(.finished)
  }
}
