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

  /// An attempt has failed, and its handlers have run.
  private func fail(_ machine: inout ManagerStateMachine) {
    for case .consultHandlers(let number) in machine.handle(.engineFailed(Fixture.refused)) {
      _ = machine.handle(.handlersConsulted(number))
    }
  }

  @Test("A slow handler of a cancelled attempt does not begin a later one")
  func staleAnnouncement() throws {
    var machine = ManagerStateMachine(ReconnectionSettings())
    _ = machine.handle(.open(isAwaited: false))
    fail(&machine)
    let first = try #require(announcement(machine.handle(.delayElapsed)))
    _ = machine.handle(.released)
    _ = machine.handle(.open(isAwaited: false))
    fail(&machine)
    let second = try #require(announcement(machine.handle(.delayElapsed)))
    #expect(!opensEngine(machine.handle(.attemptAnnounced(first))))
    #expect(opensEngine(machine.handle(.attemptAnnounced(second))))
  }

  /// After a failed attempt, announcing the next.
  private func announcing() throws -> (ManagerStateMachine, announcement: Int) {
    var machine = ManagerStateMachine(ReconnectionSettings())
    _ = machine.handle(.open(isAwaited: false))
    fail(&machine)
    let number = try #require(announcement(machine.handle(.delayElapsed)))
    return (machine, number)
  }

  @Test("An attempt does not wait for handlers that do not start")
  func patience() throws {
    var (machine, announcement) = try announcing()
    #expect(opensEngine(machine.handle(.delayElapsed)))
    #expect(machine.handle(.announcementBegan(announcement)).isEmpty)
    #expect(machine.handle(.attemptAnnounced(announcement)).isEmpty)
  }

  @Test("An attempt waits for handlers that have started, as long as they take")
  func begun() throws {
    var (machine, announcement) = try announcing()
    let actions = machine.handle(.announcementBegan(announcement))
    #expect(actions.contains { if case .stopDelay = $0 { true } else { false } })
    #expect(!opensEngine(machine.handle(.delayElapsed)))
    #expect(opensEngine(machine.handle(.attemptAnnounced(announcement))))
  }

  @Test("An attempt waits only for a while for a handler that waits for its actor")
  func blockedActor() throws {
    var (machine, announcement) = try announcing()
    _ = machine.handle(.announcementBegan(announcement))
    let actions = machine.handle(.announcementWaits(announcement))
    #expect(actions.contains { if case .startDelay(ManagerStateMachine.patience) = $0 { true } else { false } })
    #expect(opensEngine(machine.handle(.delayElapsed)))
    #expect(machine.handle(.attemptAnnounced(announcement)).isEmpty)
  }
}
