public import Dispatch

/// Where handlers run.
public struct HandlerDelivery: Sendable {
  enum Place: Sendable {
    case serial
    case queue(DispatchQueue)
    case loop
  }

  let place: Place

  /// On a thread of the system's pool, one at a time for each Manager. A blocking handler delays the handlers behind
  /// it, but not heartbeats, and not other Managers unless those of 32 block at the same time. The default.
  public static let serial = HandlerDelivery(place: .serial)

  /// On a queue of yours, for example `.main`, one at a time even if the queue is concurrent. Code that runs on a
  /// serial queue can make a Socket and register handlers that miss nothing: they run only after that code has
  /// returned.
  public static func queue(_ queue: DispatchQueue) -> HandlerDelivery { HandlerDelivery(place: .queue(queue)) }

  /// On the event loop's own thread, with the least latency, for handlers that never block. While one runs, no
  /// connection of the loop makes progress, and while many wait, none does for up to 4 milliseconds.
  public static let eventLoop = HandlerDelivery(place: .loop)
}

/// Runs a Manager's calls of handlers, in order, one at a time.
///
/// A run of calls crosses threads once: only the first wakes the other thread, at the end of the loop's turn, so that
/// what else arrives can join. While much arrives, it waits a few turns more, since waking a thread costs as much as
/// several messages.
///
/// A run ends after a number of items or a time, and the rest gets its turn after the queue's other work. On the loop,
/// runs follow each other until nothing waits or the time is over.
package final class HandlerQueue: Sendable {
  package typealias Work = @Sendable () -> Void
  /// Does part of the work, and returns whether to call it again, after others have had their turn.
  typealias Slice = @Sendable () -> Bool

  /// The frequent items need no closure.
  enum Item: Sendable {
    /// An event whose packet is the item's text. Session and epoch have 32 bits to keep what waits small.
    case eventText(EventDispatcher, session: UInt32, epoch: UInt32)
    case event(EventDispatcher, session: UInt32, epoch: UInt32, ReceivedEvent)
    /// An acknowledgement whose packet is the item's text.
    case answerText(AckCallback)
    case answer(AckCallback, Result<ReceivedAnswer, SocketIOError>)
    case work(Work)

    /// - Returns: What the loop made for the handlers.
    fileprivate consuming func deliver(_ text: UnsafeRawBufferPointer) -> UsedItems.Reference? {
      switch consume self {
      case .eventText(let dispatcher, let session, let epoch):
        guard let event = ReceivedEvent(checked: text) else { return nil }
        dispatcher.dispatch(event, session: session, epoch: epoch)
        return nil
      case .event(let dispatcher, let session, let epoch, let event):
        dispatcher.dispatch(event, session: session, epoch: epoch)
        return .event(event)
      case .answerText(let callback):
        guard let arguments = ReceivedArguments(checked: text) else { return nil }
        callback(.success(arguments))
        return nil
      case .answer(let callback, let answer):
        callback(answer.map { $0.arguments })
        return if case .success(let answer) = consume answer { .answer(answer) } else { nil }
      case .work(let work):
        work()
        return nil
      }
    }

    /// Whether anybody listens to it.
    fileprivate func isHeard(_ text: UnsafeRawBufferPointer) -> Bool {
      switch self {
      case .eventText(let dispatcher, _, _):
        PacketHead(checked: text)?.name.map { dispatcher.handlers.hears($0) } ?? false
      case .event(let dispatcher, _, _, let event): dispatcher.handlers.hears(event.name)
      case .answerText, .answer, .work: true
      }
    }

    /// What it counts in the ``InboundGauge``.
    fileprivate func bytes(_ text: UnsafeRawBufferPointer) -> Int {
      switch self {
      case .eventText, .answerText: InboundGauge.overhead + text.count
      case .event(_, _, _, let event): InboundGauge.overhead + event.arguments.size
      case .answer(_, .success(let answer)): InboundGauge.overhead + answer.arguments.size
      case .answer, .work: 0
      }
    }
  }

  private struct State {
    var items = BatchQueue<Item>()
    var isScheduled = false
    var gauge: InboundGauge
    var onRoom: (@Sendable () -> Void)?
  }

  /// The most bytes of an item's text.
  static let longestText = BatchQueue<Item>.longestText

  /// With this many in a turn, more are likely to come.
  private static let many = 8
  private static let maxHeldTurns = 12
  /// The most items of a run: enough to make the cost of handing over small.
  private static let longestRun = 64
  /// The longest time of a run in nanoseconds, on the loop of all runs in a turn: a quarter of a frame at 60 Hz, for
  /// queues that draw.
  private static let longestTime: UInt64 = 4_000_000
  /// How many items the loop handles between two looks at its clock. Handlers on the loop are short, and reading the
  /// clock takes as long as calling some of them.
  private static let itemsPerLook = 8

  private let state: Locked<State>
  private let pause = HandlerPause()
  private let inboundLimit: Int
  private let loop: any Loop
  /// nil if handlers run on the loop.
  private let start: (@Sendable (@escaping Slice) -> Void)?
  private let isOnUsersQueue: Bool

  /// - Parameter inboundLimit: The bytes that may wait before ``enqueue(_:text:)`` reports that it is too much.
  init(_ delivery: HandlerDelivery, loop: any Loop, inboundLimit: Int = .max) {
    self.loop = loop
    self.inboundLimit = inboundLimit
    state = Locked(State(gauge: InboundGauge(limit: inboundLimit)))
    isOnUsersQueue = if case .queue = delivery.place { true } else { false }
    switch delivery.place {
    case .serial: start = { HandlerThreads.shared.start($0) }
    case .queue(let queue): start = { Self.start($0, on: queue) }
    case .loop: start = nil
    }
  }

  private static func start(_ slice: @escaping Slice, on queue: DispatchQueue) {
    queue.async { if slice() { start(slice, on: queue) } }
  }

  private func schedule() {
    guard let start else { return loop.post { self.drainOnLoop() } }
    if loop.isCurrent { startAtEndOfTurn(start) } else { start { self.drain() } }
  }

  /// - Parameters:
  ///   - heldTurns: For how many turns the run was held back.
  ///   - seen: The number of items one turn ago and two turns ago. Two are compared, since a turn that another thread
  ///     caused may bring none.
  private func startAtEndOfTurn(
    _ start: @escaping @Sendable (@escaping Slice) -> Void, heldTurns: Int = 0,
    seen: (last: Int, before: Int) = (0, 0)
  ) {
    loop.post { [self] in
      let count = state.withLock { $0.items.count }
      if count - seen.before >= Self.many, heldTurns < Self.maxHeldTurns {
        startAtEndOfTurn(start, heldTurns: heldTurns + 1, seen: (count, seen.last))
      } else {
        start { self.drain() }
      }
    }
  }

  package func enqueue(_ work: @escaping Work) { enqueue(Item.work(work)) }

  /// Leaves out an event that nobody listens to, if no handler can be registered in time.
  ///
  /// - Parameter text: That of an item that has one; it is copied.
  /// - Returns: Whether more waits than the limit. The closure of ``whenRoom(_:)`` is called when that is over.
  @discardableResult
  func enqueue(_ item: consuming Item?, text: LentBytes = .none) -> Bool {
    let bytes = item?.bytes(text.bytes) ?? 0
    let (isFirst, isTooMuch) = state.withLock { state in
      if !state.isScheduled, !isOnUsersQueue, item?.isHeard(text.bytes) == false { return (false, false) }
      state.items.append(&item, text: text)
      defer { state.isScheduled = true }
      return (!state.isScheduled, state.gauge.add(bytes))
    }
    if isFirst { schedule() }
    return isTooMuch
  }

  /// Sets the closure that runs on the loop when the limit was exceeded and only half of it still waits.
  func whenRoom(_ body: (@Sendable () -> Void)?) { state.withLock { $0.onRoom = body } }

  /// Bytes that wait for handlers, including those of the event whose handlers run.
  var inboundBytes: Int { state.withLock { $0.gauge.bytes } }

  /// Whether more than the limit arrived, and more than half of it still waits.
  var isFull: Bool { state.withLock { $0.gauge.isFull } }

  /// Whether no handler runs or waits to.
  package var isIdle: Bool { !state.withLock { $0.isScheduled } }

  /// Whether events without a handler may be left out. Not while a handler is still to run, which may register one, and
  /// not on a user's queue, where code that makes a Manager may still be registering its handlers.
  var leavesOutUnheard: Bool { !isOnUsersQueue && isIdle }

  // MARK: Handlers that finish elsewhere

  /// Whether the next handler has to wait until another has finished. Asked and set only while the queue handles a run.
  var isPaused: Bool { pause.isOn }

  /// Runs no handlers until a call has finished, on its own actor. The queue's thread does not wait for it.
  ///
  /// - Parameter next: Runs then, before everything that waits.
  func pause(for call: @escaping UnfinishedCall, _ next: @escaping @Sendable ((any Error)?) -> Void) {
    pause.begin(call, next)
  }

  /// Runs the work when the pause is over, in the order of the calls.
  func afterPause(_ work: @escaping Work) { pause.add(work) }

  /// Runs the work when the handlers that were called so far have finished: at once, unless one has to finish elsewhere.
  func afterPauseIfAny(_ work: @escaping Work) { if isPaused { afterPause(work) } else { work() } }

  /// Handles what has arrived in this turn of the loop. Otherwise the loop would read faster than handlers run, until as
  /// much waits as may.
  private func drainOnLoop() {
    var end: UInt64?
    while drain(until: &end) {
      let now = loop.nanoseconds
      if now >= end ?? .max { return schedule() }
      end = end ?? now + Self.longestTime
    }
  }

  private func drain() -> Bool {
    var end: UInt64?
    return drain(until: &end)
  }

  /// Handles one run.
  ///
  /// - Parameter end: When it must end, on the loop's clock. Set if it is nil and the run is long enough to matter.
  /// - Returns: Whether to go on, on a queue after its other work.
  private func drain(until end: inout UInt64?) -> Bool {
    guard pause.runWaitingWork() else {
      waitForPause()
      return false
    }
    var batch = state.withLock { $0.items.take() }
    var used = UsedItems(isKept: start != nil && batch.count >= Self.many)
    var handled = 0
    var left = Self.longestRun
    if end == nil, batch.count > 1 { end = loop.nanoseconds + Self.longestTime }
    batch.takeElements { item, text in
      let bytes = item.bytes(text)
      let reference = item.deliver(text)
      handled += bytes
      if bytes < Self.longestText { used.keep(reference) }
      // A later handler may take long, so room is given back meanwhile.
      if handled > inboundLimit / 16 {
        giveBack(handled)
        handled = 0
      }
      left -= 1
      if left == 0 || isPaused { return false }
      if let end, start != nil || left % Self.itemsPerLook == 0, loop.nanoseconds >= end { return false }
      return true
    }
    used.giveBack(to: loop)
    let (isScheduled, onRoom) = state.withLock { state in
      state.items.putBack(batch)
      state.isScheduled = isPaused || !state.items.isEmpty
      return (state.isScheduled, state.gauge.giveBack(handled) ? state.onRoom : nil)
    }
    if let onRoom { loop.post(onRoom) }
    guard isPaused else { return isScheduled }
    waitForPause()
    return false
  }

  /// Begins the call that everything waits for, now that no other thread can handle a run.
  private func waitForPause() {
    guard let call = pause.takeCall() else { return }
    Task {
      await call()
      schedule()
    }
  }

  /// Counts bytes of events that wait elsewhere for their handlers.
  func take(_ bytes: Int) { state.withLock { _ = $0.gauge.add(bytes) } }

  func giveBack(_ bytes: Int) {
    if let onRoom = state.withLock({ $0.gauge.giveBack(bytes) ? $0.onRoom : nil }) { loop.post(onRoom) }
  }
}

/// What the loop made for handlers that have finished. It is freed on the loop: freeing it here would make both threads
/// wait for the allocator's lock most of the time. Texts, which are most of what arrives, need nothing of this.
private struct UsedItems {
  enum Reference {
    case event(ReceivedEvent)
    case answer(ReceivedAnswer)
  }

  private var references: [Reference] = []
  private let isKept: Bool

  init(isKept: Bool) { self.isKept = isKept }

  mutating func keep(_ reference: consuming Reference?) {
    if isKept, let reference { references.append(reference) }
  }

  func giveBack(to loop: any Loop) {
    guard !references.isEmpty else { return }
    for case .event(let event) in references { event.forgetValues() }
    loop.post { [references] in withExtendedLifetime(references) {} }
  }
}
