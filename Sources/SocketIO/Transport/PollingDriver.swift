/// A transport that performs what a ``PollingStateMachine`` decides. What conforms makes the requests, and tells the machine by
/// `handle(_:)` how they end.
protocol PollingDriver: Transport {
  var machine: PollingStateMachine { get set }
  func poll()
  /// Tells the machine after so many milliseconds that they are over.
  func wait(milliseconds: UInt64)
  func post(_ packets: [EnginePacket])
  /// Nobody waits any more for the requests under way, nor for the end of a wait.
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
    case .report(let event): onEvent?(event)
    case .proceed: handle(.proceed)
    }
  }
}
