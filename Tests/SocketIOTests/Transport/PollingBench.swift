@testable import SocketIO

/// Performs the actions of the machine on a network that only records them.
struct PollingBench {
  private(set) var machine = PollingStateMachine()
  /// Requests and reports, in order.
  private(set) var trace: [String] = []
  /// Called for each report, instead of an engine.
  var onReport: (inout PollingStateMachine, TransportEvent) -> [PollingStateMachine.Action] = { _, _ in [] }

  mutating func handle(_ event: PollingStateMachine.Event) { perform(machine.handle(event)) }

  private mutating func perform(_ actions: [PollingStateMachine.Action]) {
    for action in actions {
      switch action {
      case .poll: trace.append("GET")
      case .wait(let milliseconds): trace.append("wait \(milliseconds)")
      case .post(let packets): trace.append("POST \(packets.wire)")
      case .cancelRequests: trace.append("cancel")
      case .report(let event):
        trace.append(event.wire)
        let reaction = onReport(&machine, event)
        perform(reaction)
      case .proceed: perform(machine.handle(.proceed))
      }
    }
  }

  mutating func take() -> [String] {
    defer { trace = [] }
    return trace
  }

  static func opened() -> PollingBench {
    var polling = PollingBench()
    polling.handle(.open)
    polling.handle(.polled([.open("{}")], isWhole: true))
    _ = polling.take()
    return polling
  }
}
