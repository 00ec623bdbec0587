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

  /// On a queue of yours, for example `.main`; one that is concurrent gets one handler at a time all the same. Who makes a Socket on a
  /// serial queue has the time until he leaves it to register handlers that miss nothing.
  public static func queue(_ queue: DispatchQueue) -> HandlerDelivery { HandlerDelivery(place: .queue(queue)) }

  /// On the event loop's own thread: the least latency, for handlers that never block. While one runs, no connection of
  /// the loop makes progress.
  public static let eventLoop = HandlerDelivery(place: .loop)
}

/// Runs what a Manager has to tell its user, in order, one at a time.
///
/// A run of deliveries crosses threads once: only the first of them wakes the other side, and not before the end of the loop's turn,
/// when what else arrived has joined it. While much arrives, it waits for a few turns more: to wake a thread costs as much as
/// several messages do.
final class Delivery: Sendable {
  typealias Work = @Sendable () -> Void

  /// The two that come with every message need no closure.
  enum Item: Sendable {
    case tell(Socket, SocketStateMachine.Delivered, epoch: Int, transport: TransportName?)
    case answer(AckHandler, Result<[SocketValue], SocketIOError>)
    case work(Work)

    fileprivate func deliver() {
      switch self {
      case .tell(let socket, let delivered, let epoch, let transport):
        socket.dispatch(delivered, epoch: epoch, transport: transport)
      case .answer(let handler, let result): handler.body(result)
      case .work(let work): work()
      }
    }

    /// What the parser made.
    fileprivate var values: [SocketValue] {
      switch self {
      case .tell(_, .event(let arguments, _, _), _, _), .answer(_, .success(let arguments)): arguments
      default: []
      }
    }
  }

  private struct State {
    var items = RunQueue<Item>()
    var isScheduled = false
  }

  /// So many at once tell that more is about to come.
  private static let many = 8
  private static let maxHeldTurns = 12

  private let state = Locked(State())
  private let loop: any Loop
  /// nil for the loop itself.
  private let start: (@Sendable (@escaping Work) -> Void)?
  private let isOnUsersQueue: Bool

  init(_ delivery: HandlerDelivery, loop: any Loop) {
    self.loop = loop
    isOnUsersQueue = if case .queue = delivery.place { true } else { false }
    switch delivery.place {
    case .serial: start = { HandlerThreads.shared.run($0) }
    case .queue(let queue): start = { queue.async(execute: $0) }
    case .loop: start = nil
    }
  }

  private func schedule() {
    guard let start else { return loop.post { self.drain() } }
    if loop.isCurrent { startAtEndOfTurn(start) } else { start { self.drain() } }
  }

  /// - Parameters:
  ///   - heldTurns: For how many turns the run was held back.
  ///   - seen: How many items there were the last time, and the time before. A turn that another thread began may bring nothing.
  private func startAtEndOfTurn(
    _ start: @escaping @Sendable (@escaping Work) -> Void, heldTurns: Int = 0, seen: (last: Int, before: Int) = (0, 0)
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

  func enqueue(_ work: @escaping Work) { enqueue(Item.work(work)) }

  func enqueue(_ item: consuming Item?) {
    let isFirst = state.withLock { state in
      state.items.append(&item)
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if isFirst { schedule() }
  }

  /// Whether what nobody listens to now may be left out. Not while a handler is still to run, which may register one; and not on a
  /// queue of the user's: whoever makes a Manager there holds up what it tells until his handlers are registered.
  var leavesOutUnheard: Bool { !isOnUsersQueue && state.withLock { !$0.isScheduled } }

  /// One run at a time: between two of them, others who use the same queue have their turn.
  private func drain() {
    var run = state.withLock { $0.items.take() }
    if start != nil, run.count >= Self.many {
      giveBack(deliver(&run))
    } else {
      run.takeAll { $0.deliver() }
    }
    let hasMore = state.withLock { state in
      state.items.reuse(run)
      state.isScheduled = !state.items.isEmpty
      return state.isScheduled
    }
    if hasMore { schedule() }
  }
}

extension Delivery {
  /// - Returns: The values that the handlers were given, which most of them have no use for any more.
  private func deliver(_ run: inout Run<Item>) -> [[SocketValue]] {
    var values: [[SocketValue]] = []
    values.reserveCapacity(run.count)
    run.takeAll { item in
      item.deliver()
      values.append(item.values)
    }
    return values
  }

  /// Has the loop let go of values that the loop made. Were they let go of here, both threads would want the memory allocator's lock for
  /// the loop's memory all the time, and mostly sleep until they get it.
  private func giveBack(_ values: [[SocketValue]]) { loop.post { withExtendedLifetime(values) {} } }
}
