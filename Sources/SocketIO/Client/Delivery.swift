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
///
/// A run ends after so many items or so long a time, and what is left has its turn behind the other work of the queue.
final class Delivery: Sendable {
  typealias Work = @Sendable () -> Void
  /// Does some, and returns whether more has come: then it is to be called again, once others had their turn.
  typealias Stretch = @Sendable () -> Bool

  /// The two that come with every message need no closure.
  enum Item: Sendable {
    case tell(Socket, SocketStateMachine.Delivered, epoch: Int, transport: TransportName?, bytes: Int = 0)
    case answer(AckHandler, Result<[SocketValue], SocketIOError>, bytes: Int = 0)
    case work(Work)

    fileprivate func deliver() {
      switch self {
      case .tell(let socket, let delivered, let epoch, let transport, _):
        socket.dispatch(delivered, epoch: epoch, transport: transport)
      case .answer(let handler, let result, _): handler.body(result)
      case .work(let work): work()
      }
    }

    /// What the parser made.
    fileprivate var values: [SocketValue] {
      switch self {
      case .tell(_, .event(let arguments, _, _), _, _, _), .answer(_, .success(let arguments), _): arguments
      default: []
      }
    }

    /// What it counts for in the ``InboundGauge``.
    fileprivate var bytes: Int {
      switch self {
      case .tell(_, _, _, _, let bytes), .answer(_, _, let bytes): bytes
      case .work: 0
      }
    }
  }

  private struct State {
    var items = RunQueue<Item>()
    var isScheduled = false
    var gauge: InboundGauge
    var onRoom: (@Sendable () -> Void)?
  }

  /// So many at once tell that more is about to come.
  private static let many = 8
  private static let maxHeldTurns = 12
  /// A run ends after so many items: enough that handing over costs little for each of them.
  private static let longestRun = 64
  /// Or after so many nanoseconds: a quarter of a frame at 60 Hz, so that a queue that draws keeps its time.
  private static let longestTime: UInt64 = 4_000_000
  /// What came in so many bytes is let go of at once: to make it took far longer than to wait for the memory allocator.
  private static let large = 16 << 10

  private let state: Locked<State>
  private let inboundLimit: Int
  private let loop: any Loop
  /// nil for the loop itself.
  private let start: (@Sendable (@escaping Stretch) -> Void)?
  private let isOnUsersQueue: Bool

  /// - Parameter inboundLimit: The bytes that may wait before ``enqueue(_:)`` tells that it is enough.
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

  private static func start(_ stretch: @escaping Stretch, on queue: DispatchQueue) {
    queue.async { if stretch() { start(stretch, on: queue) } }
  }

  private func schedule() {
    guard let start else { return loop.post { if self.drain() { self.schedule() } } }
    if loop.isCurrent { startAtEndOfTurn(start) } else { start { self.drain() } }
  }

  /// - Parameters:
  ///   - heldTurns: For how many turns the run was held back.
  ///   - seen: How many items there were the last time, and the time before. A turn that another thread began may bring nothing.
  private func startAtEndOfTurn(
    _ start: @escaping @Sendable (@escaping Stretch) -> Void, heldTurns: Int = 0,
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

  func enqueue(_ work: @escaping Work) { enqueue(Item.work(work)) }

  /// - Parameter isHeard: Whether anybody listens to it; asked under the lock, and only where what nobody listens to may be left out.
  /// - Returns: Whether more waits than should. The closure of ``whenRoom(_:)`` is called when that is over.
  @discardableResult
  func enqueue(_ item: consuming Item?, ifHeard isHeard: () -> Bool = { true }) -> Bool {
    let bytes = item?.bytes ?? 0
    let (isFirst, isTooMuch) = state.withLock { state in
      if !state.isScheduled, !isOnUsersQueue, !isHeard() { return (false, false) }
      state.items.append(&item)
      defer { state.isScheduled = true }
      return (!state.isScheduled, state.gauge.add(bytes))
    }
    if isFirst { schedule() }
    return isTooMuch
  }

  /// Sets what is called on the loop when half of what may wait has been handled, after it was too much.
  func whenRoom(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onRoom = body } }

  /// Bytes that wait for handlers, those of the event included whose handlers run.
  var inboundBytes: Int { state.withLock { $0.gauge.bytes } }

  /// Whether more came than may wait, and more than half of it still waits.
  var isFull: Bool { state.withLock { $0.gauge.isFull } }

  /// Whether what nobody listens to now may be left out. Not while a handler is still to run, which may register one; and not on a
  /// queue of the user's: whoever makes a Manager there holds up what it tells until his handlers are registered.
  var leavesOutUnheard: Bool { !isOnUsersQueue && state.withLock { !$0.isScheduled } }

  /// One run at a time: between two of them, others who use the same queue have their turn.
  private func drain() -> Bool {
    var run = state.withLock { $0.items.take() }
    var used = UsedValues(room: start != nil && run.count >= Self.many ? min(run.count, Self.longestRun) : 0)
    var handled = 0
    var left = Self.longestRun
    let end = run.count > 1 ? loop.nanoseconds + Self.longestTime : 0
    while let item = run.takeFirst() {
      item.deliver()
      handled += item.bytes
      if item.bytes < Self.large { used.keep(item.values) }
      // A handler further on may take its time.
      if handled > inboundLimit / 16 {
        giveBack(handled)
        handled = 0
      }
      left -= 1
      if left == 0 || run.isEmpty || loop.nanoseconds >= end { break }
    }
    let values = used.values
    if !values.isEmpty { loop.post { withExtendedLifetime(values) {} } }
    let (isScheduled, onRoom) = state.withLock { state in
      state.items.putBack(run)
      state.isScheduled = !state.items.isEmpty
      return (state.isScheduled, state.gauge.giveBack(handled) ? state.onRoom : nil)
    }
    if let onRoom { loop.post(onRoom) }
    return isScheduled
  }

  private func giveBack(_ bytes: Int) {
    if let onRoom = state.withLock({ $0.gauge.giveBack(bytes) ? $0.onRoom : nil }) { loop.post(onRoom) }
  }
}

/// Values that handlers were given, which most of them have no use for any more: the loop made them, and is to let go of them. Were they
/// let go of where handlers run, both threads would want the memory allocator's lock for the loop's memory all the time, and mostly sleep
/// until they get it.
private struct UsedValues {
  private(set) var values: [[SocketValue]] = []
  private let isKept: Bool

  /// - Parameter room: 0 to keep nothing.
  init(room: Int) {
    isKept = room > 0
    values.reserveCapacity(room)
  }

  mutating func keep(_ arguments: @autoclosure () -> [SocketValue]) {
    if isKept { values.append(arguments()) }
  }
}
