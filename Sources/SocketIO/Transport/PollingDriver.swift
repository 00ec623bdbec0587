/// A transport that performs the actions of a ``PollingStateMachine``. Conforming types make the requests, and report
/// their outcome through `handle(_:)`.
protocol PollingDriver: Transport {
  var machine: PollingStateMachine { get set }
  func poll()
  /// Handles `.waited` after this many milliseconds.
  func wait(milliseconds: UInt64)
  func post(_ packets: [EnginePacket])
  /// Cancels the requests under way, and a running wait.
  func cancelRequests()
}

extension PollingDriver {
  func open() { handle(.open) }

  func send(_ packets: [EnginePacket]) -> Bool {
    handle(.send(packets))
    return false
  }

  func requestReadReceipt(_ mark: UInt64) { handle(.receiptRequested(mark)) }

  func pause() { handle(.pause) }
  func resume() { handle(.resume) }
  func pauseReading() { handle(.pauseReading) }
  func resumeReading() { handle(.resumeReading) }
  func close() { handle(.close) }

  func abort() {
    onEvent = nil
    onText = nil
    handle(.abort)
  }

  func handle(_ event: PollingStateMachine.Event) {
    for action in machine.handle(event) { perform(action) }
  }

  private func perform(_ action: PollingStateMachine.Action) {
    switch action {
    case .poll: poll()
    case .wait(let milliseconds): wait(milliseconds: milliseconds)
    case .post(let packets): post(packets)
    case .cancelRequests: cancelRequests()
    case .report(let event): report(event)
    case .proceed: handle(.proceed)
    }
  }
}
