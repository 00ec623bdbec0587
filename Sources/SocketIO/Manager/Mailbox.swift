/// Carries commands from any thread to a Manager's core, in order. A batch of commands crosses threads once.
///
/// After a batch the loop looks again at the end of its next turn, before it waits. Otherwise a thread that submits one
/// command after the other would have to wake it for each.
final class Mailbox: Sendable {
  typealias Command = @Sendable (isolated ManagerCore) -> Void

  private enum Item: Sendable {
    // With the key of the Socket, which is removed by a later command.
    case emitText(OutgoingTextEvent, Int)
    case emit(OutgoingEvent, Int)
    case replyText(OutgoingTextReply, Int)
    case reply(OutgoingReply, Int)
    case command(Command)

    consuming func carryOut(
      _ text: UnsafeRawBufferPointer, _ isHeartbeatChecked: inout Bool, on core: isolated ManagerCore
    ) {
      // Moves the event: a copy would count its references.
      switch consume self {
      case .emitText(let event, let key):
        Self.checkHeartbeat(&isHeartbeatChecked, of: core)
        core.emit(key, event, text)
      case .emit(let event, let key):
        Self.checkHeartbeat(&isHeartbeatChecked, of: core)
        core.emit(key, event)
      case .replyText(let reply, let key): core.reply(key, reply.session, reply.lent(text))
      case .reply(let reply, let key): core.reply(key, reply)
      case .command(let command): command(core)
      }
    }

    /// Once for a batch: reading the clock for each emit would double its cost here.
    private static func checkHeartbeat(_ isChecked: inout Bool, of core: isolated ManagerCore) {
      if !isChecked { core.checkHeartbeat() }
      isChecked = true
    }
  }

  private struct State {
    var items = BatchQueue<Item>()
    /// The loop is about to take the items.
    var isScheduled = false
  }

  /// The items, apart from the mailbox, so that posted work need not hold the mailbox.
  private final class Contents: Sendable {
    private let state = Locked(State())

    /// - Returns: Whether the loop must be woken.
    func append(_ item: inout Item?, text: LentBytes) -> Bool {
      state.withLock { state in
        state.items.append(&item, text: text)
        defer { state.isScheduled = true }
        return !state.isScheduled
      }
    }

    func take() -> Batch<Item> {
      state.withLock { state in
        let batch = state.items.take()
        state.isScheduled = !batch.isEmpty
        return batch
      }
    }

    func putBack(_ batch: Batch<Item>) { state.withLock { $0.items.putBack(batch) } }
  }

  private let loop: any Loop
  private let contents = Contents()
  /// Takes the items, and carries them out.
  private let work: PostedWork

  init(_ core: ManagerCore) {
    loop = core.loop
    let handle = FunctionOfCore { [contents] core in
      var batch = contents.take()
      guard !batch.isEmpty else { return false }
      Self.carryOut(&batch, core)
      contents.putBack(batch)
      return true
    }
    work = PostedWork { work in
      if handle(core) { core.loop.post(work) }
    }
  }

  func submit(_ command: @escaping Command) { submit(Item.command(command)) }

  /// - Parameter key: Of the Socket that emits.
  func emit(_ event: consuming OutgoingEvent, from key: Int) { submit(Item.emit(consume event, key)) }

  /// As for other events, with a text that is copied.
  func emit(_ event: consuming OutgoingTextEvent, _ text: EncodedText, from key: Int) {
    submit(.emitText(consume event, key), text)
  }

  /// - Parameter key: Of the Socket that answers.
  func reply(_ reply: consuming OutgoingReply, from key: Int) { submit(Item.reply(consume reply, key)) }

  func reply(_ reply: consuming OutgoingTextReply, _ text: EncodedText, from key: Int) {
    submit(.replyText(reply, key), text)
  }

  private func submit(_ item: consuming Item?, _ text: EncodedText) {
    let mustWake = text.withLentText { contents.append(&item, text: LentBytes($0.bytes)) }
    if mustWake { loop.post(work) }
  }

  private func submit(_ item: consuming Item?) {
    if contents.append(&item, text: .none) { loop.post(work) }
  }

  private static func carryOut(_ batch: inout Batch<Item>, _ core: isolated ManagerCore) {
    var isHeartbeatChecked = false
    batch.takeElements { item, text in
      item.carryOut(text, &isHeartbeatChecked, on: core)
      return true
    }
  }
}

/// A function isolated to a core, to be called on the loop again and again. `assumeIsolated` would allocate twice for
/// each call, since it takes a new closure.
private struct FunctionOfCore: Sendable {
  private struct Nonisolated {
    let body: @Sendable (ManagerCore) -> Bool
  }

  let body: @Sendable (isolated ManagerCore) -> Bool

  func callAsFunction(_ core: ManagerCore) -> Bool {
    core.preconditionIsolated()
    // Isolation does not change a function's representation: `assumeIsolated` casts in the same way.
    return unsafeBitCast(self, to: Nonisolated.self).body(core)
  }
}
