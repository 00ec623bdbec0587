/// Brings commands from any thread to a Manager's core, in order. A run of commands crosses threads once.
///
/// After a run the loop looks again at the end of its next turn before it waits: a thread that submits one command after the other
/// would else have to wake it for each.
final class Mailbox: Sendable {
  typealias Command = @Sendable (isolated ManagerCore) -> Void

  /// A closure as an element itself would be wrapped in another one.
  private struct Item {
    let command: Command
  }

  private struct State {
    var items: [Item] = []
    /// The loop is about to look.
    var isScheduled = false
  }

  private let core: ManagerCore
  private let state = Locked(State())

  init(_ core: ManagerCore) { self.core = core }

  func submit(_ command: @escaping Command) {
    let isFirst = state.withLock { state in
      state.items.append(Item(command: command))
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if isFirst { schedule() }
  }

  private func schedule() { core.loop.post { self.core.assumeIsolated { self.drain($0) } } }

  private func drain(_ core: isolated ManagerCore) {
    let run = state.withLock { state in
      let run = state.items
      state.items = []
      state.isScheduled = !run.isEmpty
      return run
    }
    for item in run { item.command(core) }
    if !run.isEmpty { schedule() }
  }
}
