package import SocketIO

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A loop whose clock only the test moves, and on which nothing runs until the test says so.
///
/// The caller of ``run()`` or ``advance(by:)`` acts as the loop's thread during the call. Jobs run in order; timers run
/// in the order of their deadlines and, for equal deadlines, in the order in which they were started.
package final class VirtualLoop: Loop {
  fileprivate typealias TimerID = UInt64

  private enum Job: Sendable {
    case closure(@Sendable () -> Void)
    case task(UnownedJob)
  }

  private struct StartedTimer: Sendable {
    var deadline: UInt64
    /// Increases with every start.
    var order: UInt64
  }

  private struct State: Sendable {
    var now = VirtualLoop.start
    var jobs: [Job] = []
    var runner: UInt?
    var runs = 0
    /// The addresses of the existing timers. Like the C core, the loop does not own its timers: a timer removes itself
    /// from the list before it is freed.
    var timers: [TimerID: UInt] = [:]
    var started: [TimerID: StartedTimer] = [:]
    /// What runs instead of a timer, when its time has come.
    var delayed: [TimerID: @Sendable () -> Void] = [:]
    var lastID: UInt64 = 0
    var arrivals: [CheckedContinuation<Void, Never>] = []
    /// How often something was posted, something has run, or tasks had nothing more to do.
    var changes = 0
    var changeWaiters: [CheckedContinuation<Void, Never>] = []
  }

  /// The moment at which the clock begins.
  package static let start: UInt64 = 1_000_000

  private let state = Locked(State())
  private let onArrival: (@Sendable (VirtualLoop) -> Void)?
  private let taskRunner = VirtualTasks()

  /// - Parameter onArrival: Called when something was posted while the loop did not run.
  package init(onArrival: (@Sendable (VirtualLoop) -> Void)? = nil) {
    self.onArrival = onArrival
    taskRunner.onChange { [weak self] in self?.recordChange() }
  }

  package var now: UInt64 { state.withLock { $0.now } }

  package var isCurrent: Bool {
    let caller = currentThread
    return state.withLock { $0.runner == caller }
  }

  /// Whether nothing is posted.
  package var isEmpty: Bool { state.withLock { $0.jobs.isEmpty } }

  /// The tasks that were started by ``startTask(_:)``.
  package var tasks: VirtualTasks.Counts { taskRunner.counts }

  /// How often the loop has run.
  package var runs: Int { state.withLock { $0.runs } }

  /// The number of timers, started or not.
  package var timerCount: Int { state.withLock { $0.timers.count } }

  /// Milliseconds until each started timer fires, the next first.
  package var pendingDelays: [UInt64] {
    state.withLock { state in state.started.values.map { $0.deadline - state.now }.sorted() }
  }

  /// When the next started timer fires.
  package var nextDeadline: UInt64? { state.withLock { $0.started.values.map(\.deadline).min() } }

  package func post(_ body: @escaping @Sendable () -> Void) { append(.closure(body)) }

  package func post(_ work: PostedWork) { post { work.run() } }

  /// Runs `body` when the clock has moved that far, never inside this call. From any thread.
  package func post(after milliseconds: UInt64, _ body: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.lastID += 1
      state.delayed[state.lastID] = body
      state.started[state.lastID] = StartedTimer(deadline: state.now + milliseconds, order: state.lastID)
    }
  }

  package func startTask(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> { taskRunner.start(body) }

  package func enqueue(_ job: consuming ExecutorJob) { append(.task(UnownedJob(job))) }

  package func checkIsolated() { precondition(isCurrent, "expected to run on the virtual loop") }

  package func isIsolatingCurrentContext() -> Bool? { isCurrent }

  package func makeTimer(_ body: @escaping () -> Void) -> any LoopTimer { VirtualTimer(loop: self, body) }

  // MARK: For tests

  /// Runs posted jobs, the jobs they post, and the timers that are due.
  package func run() { advance(by: 0) }

  /// Moves the clock, stopping at the deadline of each timer on the way.
  package func advance(by milliseconds: UInt64) {
    let caller = currentThread
    let target = state.withLock { state in
      precondition(state.runner == nil, "the loop runs already")
      state.runner = caller
      state.runs += 1
      return state.now + milliseconds
    }
    var hasRun = false
    repeat { if runJobs() { hasRun = true } } while fireNextTimer(until: target, &hasRun)
    let isSomethingLeft = state.withLock { state in
      state.now = target
      state.runner = nil
      return !state.jobs.isEmpty
    }
    if hasRun { recordChange() }
    if isSomethingLeft { onArrival?(self) }
  }

  /// Moves the clock to a moment; runs what is posted if that has passed.
  package func advance(to moment: UInt64) {
    let now = self.now
    advance(by: moment > now ? moment - now : 0)
  }

  /// Moves the clock while nothing runs, as when the machine sleeps: jobs posted meanwhile run before due timers.
  package func sleep(_ milliseconds: UInt64) { state.withLock { $0.now += milliseconds } }

  /// Moves the clock, but not the timers, which stand still while a machine is suspended.
  package func suspend(_ milliseconds: UInt64) {
    state.withLock { state in
      state.now += milliseconds
      for id in state.started.keys { state.started[id]?.deadline += milliseconds }
    }
  }

  /// Runs until `condition` holds, waiting for posts of other threads.
  package func run(isolation: isolated (any Actor)? = #isolation, until condition: () -> Bool) async {
    run()
    while !condition() { await runNextArrival() }
  }

  /// Waits until another thread has posted something, and runs it.
  package func runNextArrival() async {
    await nextArrival()
    run()
  }

  /// Waits until something is posted.
  package func nextArrival() async {
    await withCheckedContinuation { continuation in
      let isPending = state.withLock { state in
        if state.jobs.isEmpty { state.arrivals.append(continuation) }
        return !state.jobs.isEmpty
      }
      if isPending { continuation.resume() }
    }
  }

  // MARK: Changes

  /// See ``nextChange(since:)``.
  package var changes: Int { state.withLock { $0.changes } }

  /// Waits until something is posted or has run, or tasks have nothing more to do. Unlike an arrival, a change is not
  /// missed by a caller that comes later: others may run the loop as well.
  ///
  /// - Parameter seen: The number of changes that the caller knows of.
  package func nextChange(since seen: Int) async {
    await withCheckedContinuation { continuation in
      let waits = state.withLock { state in
        let waits = state.changes == seen && state.jobs.isEmpty
        if waits { state.changeWaiters.append(continuation) }
        return waits
      }
      if !waits { continuation.resume() }
    }
  }

  /// Lets callers of ``nextChange(since:)`` look again.
  package func recordChange() {
    let waiters = state.withLock { state in
      state.changes += 1
      defer { state.changeWaiters = [] }
      return state.changeWaiters
    }
    for waiter in waiters { waiter.resume() }
  }

  private func append(_ job: Job) {
    let (arrivals, isFirst) = state.withLock { state in
      let isFirst = state.jobs.isEmpty && state.runner == nil
      state.jobs.append(job)
      defer { state.arrivals = [] }
      return (state.arrivals, isFirst)
    }
    recordChange()
    for arrival in arrivals { arrival.resume() }
    if isFirst { onArrival?(self) }
  }

  /// - Returns: Whether there were any.
  private func runJobs() -> Bool {
    var hasRun = false
    while true {
      let jobs = state.withLock { state in
        defer { state.jobs = [] }
        return state.jobs
      }
      if jobs.isEmpty { return hasRun }
      hasRun = true
      for job in jobs {
        switch job {
        case .closure(let body): body()
        case .task(let job): job.runSynchronously(on: asUnownedSerialExecutor())
        }
      }
    }
  }

  private func fireNextTimer(until target: UInt64, _ hasRun: inout Bool) -> Bool {
    let (address, body) = state.withLock { state -> (UInt?, (@Sendable () -> Void)?) in
      guard
        let (id, timer) = state.started.min(by: {
          ($0.value.deadline, $0.value.order) < ($1.value.deadline, $1.value.order)
        }),
        timer.deadline <= target
      else { return (nil, nil) }
      state.now = max(state.now, timer.deadline)
      state.started[id] = nil
      return (state.timers[id], state.delayed.removeValue(forKey: id))
    }
    hasRun = true
    if let body {
      body()
      return true
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
package final class VirtualTimer: LoopTimer {
  /// Starts the timer from outside the loop's thread, where the timer itself must not be used.
  package struct Trigger: Sendable {
    fileprivate let loop: VirtualLoop
    fileprivate let id: UInt64

    /// Fires the timer the next time the loop runs.
    package func fire() { loop.start(id, milliseconds: 0) }
  }

  private let loop: VirtualLoop
  private let body: () -> Void
  private var id: UInt64 = 0

  package init(loop: VirtualLoop, _ body: @escaping () -> Void) {
    self.loop = loop
    self.body = body
    id = loop.add(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
  }

  deinit { close() }

  package var trigger: Trigger { Trigger(loop: loop, id: id) }

  package func start(milliseconds: UInt64) { loop.start(id, milliseconds: milliseconds) }
  package func stop() { loop.stop(id) }
  package func close() { loop.remove(id) }

  fileprivate func fire() { body() }
}

/// Tells the calling thread from others.
private var currentThread: UInt {
  #if canImport(Glibc)
    UInt(pthread_self())
  #else
    UInt(bitPattern: pthread_self())
  #endif
}
