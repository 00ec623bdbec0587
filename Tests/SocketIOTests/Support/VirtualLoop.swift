import Foundation

@testable import SocketIO

/// A loop whose clock stands still until a test moves it, and on which nothing runs until a test says so.
///
/// Whoever calls ``run()`` or ``advance(by:)`` is the loop's thread for the time of the call. Jobs run in the order in which they came,
/// timers in the order of their deadlines and, of one deadline, in the order in which they were started.
final class VirtualLoop: Loop {
  fileprivate typealias TimerID = UInt64

  private enum Job: Sendable {
    case closure(@Sendable () -> Void)
    case task(UnownedJob)
  }

  private struct StartedTimer: Sendable {
    var deadline: UInt64
    /// Grows with every start.
    var order: UInt64
  }

  private struct State: Sendable {
    var now: UInt64 = 1_000_000
    var jobs: [Job] = []
    var runner: ObjectIdentifier?
    /// The addresses of the timers that exist. As the C core does, the loop knows a timer by its address only: the timer belongs
    /// to whoever made it, and takes itself off the list before it goes.
    var timers: [TimerID: UInt] = [:]
    var started: [TimerID: StartedTimer] = [:]
    var lastID: UInt64 = 0
    var arrival: CheckedContinuation<Void, Never>?
  }

  private let state = Locked(State())

  var now: UInt64 { state.withLock { $0.now } }

  var isCurrent: Bool {
    let caller = ObjectIdentifier(Thread.current)
    return state.withLock { $0.runner == caller }
  }

  /// Timers that exist, started or not.
  var timerCount: Int { state.withLock { $0.timers.count } }

  /// Milliseconds until each started timer fires, the next first.
  var pendingDelays: [UInt64] {
    state.withLock { state in state.started.values.map { $0.deadline - state.now }.sorted() }
  }

  /// When the next started timer fires.
  var nextDeadline: UInt64? { state.withLock { $0.started.values.map(\.deadline).min() } }

  func post(_ body: @escaping @Sendable () -> Void) { append(.closure(body)) }

  func enqueue(_ job: consuming ExecutorJob) { append(.task(UnownedJob(job))) }

  func checkIsolated() { precondition(isCurrent, "expected to run on the virtual loop") }

  func isIsolatingCurrentContext() -> Bool? { isCurrent }

  func makeTimer(_ body: @escaping () -> Void) -> any LoopTimer { VirtualTimer(loop: self, body) }

  // MARK: For tests

  /// Runs what was posted, what follows from it, and the timers that are due.
  func run() { advance(by: 0) }

  /// Moves the clock, stopping at the deadline of each timer on the way.
  func advance(by milliseconds: UInt64) {
    let caller = ObjectIdentifier(Thread.current)
    let target = state.withLock { state in
      precondition(state.runner == nil, "the loop runs already")
      state.runner = caller
      return state.now + milliseconds
    }
    repeat { runJobs() } while fireNextTimer(until: target)
    state.withLock { state in
      state.now = target
      state.runner = nil
    }
  }

  /// Moves the clock while nothing runs, as when the machine sleeps: what is posted meanwhile comes before the timers that are due.
  func sleep(_ milliseconds: UInt64) { state.withLock { $0.now += milliseconds } }

  /// Moves the clock, but not the timers, which stand still while a machine is suspended.
  func suspend(_ milliseconds: UInt64) {
    state.withLock { state in
      state.now += milliseconds
      for id in state.started.keys { state.started[id]?.deadline += milliseconds }
    }
  }

  /// Runs until `condition` holds, waiting for what other threads have yet to post.
  func run(until condition: () -> Bool) async {
    run()
    while !condition() { await runNextArrival() }
  }

  /// Waits until another thread has posted something, and runs it.
  func runNextArrival() async {
    await withCheckedContinuation { continuation in
      let isPending = state.withLock { state in
        if state.jobs.isEmpty { state.arrival = continuation }
        return !state.jobs.isEmpty
      }
      if isPending { continuation.resume() }
    }
    run()
  }

  private func append(_ job: Job) {
    let arrival = state.withLock { state in
      state.jobs.append(job)
      defer { state.arrival = nil }
      return state.arrival
    }
    arrival?.resume()
  }

  private func runJobs() {
    while true {
      let jobs = state.withLock { state in
        defer { state.jobs = [] }
        return state.jobs
      }
      if jobs.isEmpty { return }
      for job in jobs {
        switch job {
        case .closure(let body): body()
        case .task(let job): job.runSynchronously(on: asUnownedSerialExecutor())
        }
      }
    }
  }

  private func fireNextTimer(until target: UInt64) -> Bool {
    let address = state.withLock { state -> UInt? in
      guard
        let (id, timer) = state.started.min(by: {
          ($0.value.deadline, $0.value.order) < ($1.value.deadline, $1.value.order)
        }),
        timer.deadline <= target
      else { return nil }
      state.now = max(state.now, timer.deadline)
      state.started[id] = nil
      return state.timers[id]
    }
    guard let address, let pointer = UnsafeRawPointer(bitPattern: address) else { return false }
    Unmanaged<VirtualTimer>.fromOpaque(pointer).takeUnretainedValue().fire()
    return true
  }

  // MARK: For timers

  fileprivate func add(_ address: UInt) -> TimerID {
    state.withLock { state in
      state.lastID += 1
      state.timers[state.lastID] = address
      return state.lastID
    }
  }

  fileprivate func start(_ id: TimerID, milliseconds: UInt64) {
    state.withLock { state in
      guard state.timers[id] != nil else { return }
      state.lastID += 1
      state.started[id] = StartedTimer(deadline: state.now + milliseconds, order: state.lastID)
    }
  }

  fileprivate func stop(_ id: TimerID) { state.withLock { $0.started[id] = nil } }

  fileprivate func remove(_ id: TimerID) {
    state.withLock { state in
      state.started[id] = nil
      state.timers[id] = nil
    }
  }
}

/// A timer of a ``VirtualLoop``.
final class VirtualTimer: LoopTimer {
  /// Starts the timer from outside the loop's thread, where the timer itself may not go.
  struct Trigger: Sendable {
    fileprivate let loop: VirtualLoop
    fileprivate let id: UInt64

    /// Fires the timer the next time the loop runs.
    func fire() { loop.start(id, milliseconds: 0) }
  }

  private let loop: VirtualLoop
  private let body: () -> Void
  private var id: UInt64 = 0

  init(loop: VirtualLoop, _ body: @escaping () -> Void) {
    self.loop = loop
    self.body = body
    id = loop.add(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
  }

  deinit { close() }

  var trigger: Trigger { Trigger(loop: loop, id: id) }

  func start(milliseconds: UInt64) { loop.start(id, milliseconds: milliseconds) }
  func stop() { loop.stop(id) }
  func close() { loop.remove(id) }

  fileprivate func fire() { body() }
}
