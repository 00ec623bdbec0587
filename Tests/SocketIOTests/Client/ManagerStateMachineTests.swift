import Testing

@testable import SocketIO

@Suite("The Manager's state machine")
struct ManagerStateMachineTests {
  private func announcement(_ actions: [ManagerStateMachine.Action]) -> Int? {
    for case .announceAttempt(_, let announcement) in actions { return announcement }
    return nil
  }

  private func opensEngine(_ actions: [ManagerStateMachine.Action]) -> Bool {
    actions.contains { if case .openEngine = $0 { true } else { false } }
  }

  @Test("A slow handler of an attempt that was called off does not begin a later one")
  func staleAnnouncement() throws {
    var machine = ManagerStateMachine(ReconnectionSettings())
    _ = machine.handle(.open(isAwaited: false))
    _ = machine.handle(.engineFailed(Fixture.refused))
    let first = try #require(announcement(machine.handle(.delayElapsed)))
    _ = machine.handle(.released)
    _ = machine.handle(.open(isAwaited: false))
    _ = machine.handle(.engineFailed(Fixture.refused))
    let second = try #require(announcement(machine.handle(.delayElapsed)))
    #expect(!opensEngine(machine.handle(.attemptAnnounced(announcement: first))))
    #expect(opensEngine(machine.handle(.attemptAnnounced(announcement: second))))
  }
}
