/// Drives one Engine.IO session: performs the actions of its state machine on real transports and timers.
///
/// Confined to its loop. Whoever opens an engine holds it until it reports `.finished`; `onReport` is dropped then.
final class Engine {
  typealias MakeTransport = (TransportName, _ sid: String?) throws(SocketIOError) -> any Transport

  var onReport: ((EngineReport) -> Void)?

  private var machine: EngineStateMachine
  private let makeTransport: MakeTransport
  private var transports: [EngineStateMachine.Slot: any Transport] = [:]
  private let loop: any Loop
  private var heartbeat: (any LoopTimer)?
  private var heartbeatDeadline: UInt64?
  private var closeTimer: (any LoopTimer)?

  init(_ configuration: EngineStateMachine.Configuration, loop: any Loop, makeTransport: @escaping MakeTransport) {
    machine = EngineStateMachine(configuration)
    self.loop = loop
    self.makeTransport = makeTransport
  }

  /// Whether a message sent now would leave at once.
  var canSendNow: Bool { machine.canSendNow }

  func open() { handle(.open) }
  func send(_ messages: [EngineMessage]) { handle(.send(messages)) }
  func close() { handle(.close) }

  /// Ends the session if the server's ping is overdue. The timer may not have fired yet where the machine was asleep or the loop held
  /// up, and what is sent before it does is lost.
  func checkHeartbeat() {
    if let heartbeatDeadline, loop.now > heartbeatDeadline { handle(.heartbeatExpired) }
  }

  private func handle(_ event: EngineStateMachine.Event) {
    for action in machine.handle(event) { perform(action) }
  }

  private func perform(_ action: EngineStateMachine.Action) {
    switch action {
    case .openTransport(let slot, let name, let sid): openTransport(slot, name, sid)
    case .send(let slot, let packets):
      if transports[slot]?.send(packets) == true { handle(.transport(slot, .writable)) }
    case .setSession(let sid): transports[.main]?.sid = sid
    case .pause: transports[.main]?.pause()
    case .resume: transports[.main]?.resume()
    case .promoteProbe:
      let old = transports[.main]
      let new = transports.removeValue(forKey: .probe)
      transports[.main] = new
      new?.onEvent = { [weak self] in self?.handle(.transport(.main, $0)) }
      old?.abort()
    case .close(let slot): transports[slot]?.close()
    case .abort(let slot): transports.removeValue(forKey: slot)?.abort()
    case .startHeartbeat(let milliseconds):
      heartbeatDeadline = loop.now + milliseconds
      timer(&heartbeat, firing: .heartbeatExpired).start(milliseconds: milliseconds)
    case .stopHeartbeat:
      heartbeatDeadline = nil
      heartbeat?.stop()
    case .startCloseTimer(let milliseconds):
      timer(&closeTimer, firing: .closeTimeout).start(milliseconds: milliseconds)
    case .stopCloseTimer: closeTimer?.stop()
    case .report(.finished): finish()
    case .report(let report): onReport?(report)
    }
  }

  private func openTransport(_ slot: EngineStateMachine.Slot, _ name: TransportName, _ sid: String?) {
    transports.removeValue(forKey: slot)?.abort()
    do {
      let transport = try makeTransport(name, sid)
      transports[slot] = transport
      transport.onEvent = { [weak self] in self?.handle(.transport(slot, $0)) }
      try transport.open()
    } catch {
      transports[slot] = nil
      handle(.transport(slot, .failed(error)))
    }
  }

  private func timer(
    _ timer: inout (any LoopTimer)?, firing event: EngineStateMachine.Event
  ) -> any LoopTimer {
    if let timer { return timer }
    let new = loop.makeTimer { [weak self] in self?.handle(event) }
    timer = new
    return new
  }

  private func finish() {
    for transport in transports.values { transport.abort() }
    transports = [:]
    heartbeat?.close()
    closeTimer?.close()
    let onReport = self.onReport
    self.onReport = nil
    onReport?(.finished)
  }
}
