import Dispatch

/// Where handlers run.
public struct HandlerDelivery: Sendable {
  enum Place: Sendable {
    case serial
    case queue(DispatchQueue)
    case loop
  }

  let place: Place

  /// One after the other for each Manager, on a thread of the system's pool: a handler that blocks delays the handlers
  /// behind it, and never heartbeats or other Managers. The default.
  public static let serial = HandlerDelivery(place: .serial)

  /// On a queue of yours, for example `.main`; one that is concurrent gets one handler at a time all the same.
  public static func queue(_ queue: DispatchQueue) -> HandlerDelivery { HandlerDelivery(place: .queue(queue)) }

  /// On the event loop's own thread: the least latency, for handlers that never block. While one runs, no connection of
  /// the loop makes progress.
  public static let eventLoop = HandlerDelivery(place: .loop)
}

/// Runs what a Manager has to tell its user, in order, one at a time.
///
/// A run of deliveries crosses threads once: only the first of them wakes the other side, and not before the end of the loop's turn,
/// when what else arrived has joined it.
final class Delivery: Sendable {
  typealias Work = @Sendable () -> Void

  /// A closure as an element itself would be wrapped in another one.
  private struct Item {
    let work: Work
  }

  private struct State {
    var queue: [Item] = []
    var isScheduled = false
  }

  private let state = Locked(State())
  private let schedule: @Sendable (@escaping Work) -> Void

  init(_ delivery: HandlerDelivery, loop: any Loop) {
    switch delivery.place {
    case .serial:
      let queue = DispatchQueue(label: "socketio.delivery")
      schedule = Self.atEndOfTurn(loop) { QueueStarter.shared.start(queue, $0) }
    case .queue(let queue): schedule = Self.atEndOfTurn(loop) { queue.async(execute: $0) }
    case .loop: schedule = { loop.post($0) }
    }
  }

  private static func atEndOfTurn(
    _ loop: any Loop, _ schedule: @escaping @Sendable (@escaping Work) -> Void
  ) -> @Sendable (@escaping Work) -> Void {
    { work in
      if loop.isCurrent { loop.post { schedule(work) } } else { schedule(work) }
    }
  }

  func enqueue(_ work: @escaping Work) {
    let isFirst = state.withLock { state in
      state.queue.append(Item(work: work))
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if isFirst { schedule { self.drain() } }
  }

  /// One run at a time: between two of them, others who use the same queue have their turn.
  private func drain() {
    let run = state.withLock { state in
      let run = state.queue
      state.queue = []
      return run
    }
    for item in run { item.work() }
    let hasMore = state.withLock { state in
      state.isScheduled = !state.queue.isEmpty
      return state.isScheduled
    }
    if hasMore { schedule { self.drain() } }
  }
}

/// Starts the queues of many Managers a few at a time.
///
/// Dispatch makes a thread for every queue that has something to do while no thread is idle: a thousand Managers that were told of their
/// connections in one turn would get hundreds. Here each queue starts the next one before it does its own work, so that a handler that
/// blocks still delays none.
private final class QueueStarter: Sendable {
  static let shared = QueueStarter()

  private struct Start {
    let queue: DispatchQueue
    let work: Delivery.Work
  }

  private struct State {
    /// Handed to Dispatch and not running yet.
    var starting = 0
    /// In order, from `next` on.
    var waiting: [Start] = []
    var next = 0
  }

  private static let limit = 4
  private let state = Locked(State())

  func start(_ queue: DispatchQueue, _ work: @escaping Delivery.Work) {
    let start = Start(queue: queue, work: work)
    let isNow = state.withLock { state in
      guard state.starting == Self.limit else {
        state.starting += 1
        return true
      }
      state.waiting.append(start)
      return false
    }
    if isNow { run(start) }
  }

  private func run(_ start: Start) {
    start.queue.async {
      if let next = self.takeNext() { self.run(next) }
      start.work()
    }
  }

  /// One has started: its place goes to the one that waits longest.
  private func takeNext() -> Start? {
    state.withLock { state in
      guard state.next < state.waiting.count else {
        state.starting -= 1
        return nil
      }
      let start = state.waiting[state.next]
      state.next += 1
      if state.next * 2 >= state.waiting.count {
        state.waiting.removeFirst(state.next)
        state.next = 0
      }
      return start
    }
  }
}
