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
  /// behind it, and never heartbeats; other Managers only where those of 32 block at the same time. The default.
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
  private let isOnUsersQueue: Bool

  init(_ delivery: HandlerDelivery, loop: any Loop) {
    isOnUsersQueue = if case .queue = delivery.place { true } else { false }
    switch delivery.place {
    case .serial: schedule = Self.atEndOfTurn(loop) { HandlerThreads.shared.run($0) }
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

  /// Whether what nobody listens to now may be left out. Not while a handler is still to run, which may register one; and not on a
  /// queue of the user's: whoever makes a Manager there holds up what it tells until his handlers are registered.
  var leavesOutUnheard: Bool { !isOnUsersQueue && state.withLock { !$0.isScheduled } }

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
