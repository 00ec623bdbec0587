/// Brings commands from any thread to a Manager's core, in order. A run of commands crosses threads once.
final class Mailbox: Sendable {
  typealias Command = @Sendable (isolated ManagerCore) -> Void

  /// A closure as an element itself would be wrapped in another one.
  private struct Item {
    let command: Command
  }

  private let core: ManagerCore
  private let commands = Locked<[Item]>([])

  init(_ core: ManagerCore) { self.core = core }

  func submit(_ command: @escaping Command) {
    let isFirst = commands.withLock {
      $0.append(Item(command: command))
      return $0.count == 1
    }
    if isFirst { core.loop.post { self.core.assumeIsolated { self.drain($0) } } }
  }

  private func drain(_ core: isolated ManagerCore) {
    let run = commands.withLock {
      let run = $0
      $0 = []
      return run
    }
    for item in run { item.command(core) }
  }
}
