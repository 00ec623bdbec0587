/// Brings commands from any thread to a Manager's core, in order. A run of commands crosses threads once.
///
/// After a run the loop looks again at the end of its next turn before it waits: a thread that submits one command after the other
/// would else have to wake it for each.
final class Mailbox: Sendable {
  typealias Command = @Sendable (isolated ManagerCore) -> Void

  private enum Item: Sendable {
    /// The Socket is held until its event is handed over, or it might be let go before.
    case emit(Emission, Socket)
    case command(Command)
  }

  private struct State {
    var items = RunQueue<Item>()
    /// The loop is about to look.
    var isScheduled = false
  }

  private let core: ManagerCore
  private let state = Locked(State())

  init(_ core: ManagerCore) { self.core = core }

  func submit(_ command: @escaping Command) { submit(Item.command(command)) }

  func emit(_ emission: Emission, from socket: Socket) { submit(Item.emit(emission, socket)) }

  private func submit(_ item: consuming Item?) {
    let isFirst = state.withLock { state in
      state.items.append(&item)
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if isFirst { schedule() }
  }

  private func schedule() { core.loop.post { self.core.assumeIsolated { self.drain($0) } } }

  private func drain(_ core: isolated ManagerCore) {
    var run = state.withLock { state in
      let run = state.items.take()
      state.isScheduled = !run.isEmpty
      return run
    }
    guard !run.isEmpty else { return }
    var isHeartbeatChecked = false
    run.takeAll { item in
      switch item {
      case .emit(let emission, let socket):
        // Reading the clock for each would cost as much as all else here.
        if !isHeartbeatChecked { core.checkHeartbeat() }
        isHeartbeatChecked = true
        core.emit(socket.key, emission)
      case .command(let command): command(core)
      }
    }
    state.withLock { $0.items.reuse(run) }
    schedule()
  }
}
