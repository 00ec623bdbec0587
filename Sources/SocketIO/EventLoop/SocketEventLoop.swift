import CSIO

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The thread on which connections live: network I/O, heartbeats and protocol state of every ``Manager`` that uses it.
///
/// One loop carries thousands of connections; Managers use ``shared`` by default. A program that wants more than one
/// core for its I/O makes more loops and passes them in the options. A loop's thread ends with the last reference to
/// the loop.
///
/// The loop is the executor of the library's actors: callbacks from the C core already run on the right thread, without
/// a hop or a lock.
public final class SocketEventLoop: Loop, Sendable {
  /// The default loop of every Manager. Its thread starts at the first use and lasts as long as the process.
  ///
  /// If the system has no thread or file descriptor left for it, `io` and ``Manager/init(_:options:)`` throw; this
  /// property cannot throw and stops the program.
  public static var shared: SocketEventLoop {
    do {
      return try sharedOrError()
    } catch {
      preconditionFailure("\(error)")  // a property has no other way to say it
    }
  }

  private static let started = Locked<SocketEventLoop?>(nil)

  static func sharedOrError() throws(SocketIOError) -> SocketEventLoop {
    try started.withLock { (started) throws(SocketIOError) in
      if let started { return started }
      let loop = try SocketEventLoop()
      started = loop
      return loop
    }
  }

  // The calls that this class makes from other threads are thread-safe in C (post, is_current, now, set_busy_poll,
  // close).
  nonisolated(unsafe) let handle: OpaquePointer

  /// Starts a loop's thread.
  ///
  /// - Parameter busyPolling: How long the thread busy-polls for an answer over a WebSocket before it sleeps: 100
  ///   microseconds by default, at most one second, `.zero` for never. It does so only while answers arrive that
  ///   quickly, as from a server on the same machine or in the same rack: sleeping for such a short time costs more
  ///   than staying awake. ``shared`` uses the default.
  /// - Throws: ``SocketIOError`` when the system has no more threads or file descriptors.
  public init(busyPolling: Duration = .microseconds(100)) throws(SocketIOError) {
    var handle: OpaquePointer?
    let status = csio_loop_create(&handle)
    guard status == 0, let handle else {
      throw SocketIOError(
        .system, "could not start the event loop: no memory, threads or file descriptors are left")
    }
    self.handle = handle
    csio_loop_set_busy_poll(handle, Self.microseconds(busyPolling))
  }

  /// Whole microseconds from 0 to 1,000,000, as the C core expects.
  static func microseconds(_ duration: Duration) -> UInt32 {
    UInt32(min(max(duration / .microseconds(1), 0), 1_000_000))
  }

  deinit {
    csio_loop_close(handle)
  }

  package var now: UInt64 { nanoseconds / 1_000_000 }

  /// Read with each event. Swift's own clocks, with 128-bit durations, are too slow for that.
  package var nanoseconds: UInt64 {
    var time = timespec()
    #if os(Linux)
      clock_gettime(CLOCK_BOOTTIME, &time)
    #else
      clock_gettime(CLOCK_MONOTONIC, &time)
    #endif
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  package var turnTime: UInt64 { csio_loop_turn_time(handle) }

  package var isCurrent: Bool { csio_loop_is_current(handle) }

  package func post(_ body: @escaping @Sendable () -> Void) {
    post(PostedWork { _ in body() })
  }

  package func post(_ work: PostedWork) {
    let status = csio_loop_post(
      handle, { CallbackData.take($0, as: PostedWork.self).run() }, Unmanaged.passRetained(work).toOpaque())
    // The loop is open as long as this object exists, so the only possible failure is lack of memory.
    precondition(status == 0, "out of memory")
  }

  package func makeTimer(_ body: @escaping () -> Void) -> any LoopTimer {
    CoreTimer(loop: self, body)
  }
}

extension SocketEventLoop: SerialExecutor {
  /// Runs a job of the concurrency runtime on the loop's thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = JobOnLoop(job: UnownedJob(job), loop: self)
    let box = Unmanaged.passRetained(job)
    let status = csio_loop_post(
      handle, { CallbackData.take($0, as: JobOnLoop.self).run() }, box.toOpaque())
    precondition(status == 0, "out of memory")
  }

  /// Stops the program if the caller does not run on the loop's thread.
  public func checkIsolated() {
    precondition(isCurrent, "expected to run on the event loop's thread")
  }

  /// Whether the caller runs on the loop's thread.
  public func isIsolatingCurrentContext() -> Bool? { isCurrent }
}

private final class JobOnLoop: Sendable {
  let job: UnownedJob
  let loop: SocketEventLoop

  init(job: UnownedJob, loop: SocketEventLoop) {
    self.job = job
    self.loop = loop
  }

  func run() { job.runSynchronously(on: loop.asUnownedSerialExecutor()) }
}

/// A timer of the C core.
private final class CoreTimer: LoopTimer {
  private var handle: OpaquePointer?
  private let body: () -> Void

  init(loop: SocketEventLoop, _ body: @escaping () -> Void) {
    self.body = body
    let status = csio_timer_create(
      loop.handle,
      { _, data in CallbackData.get(data, as: CoreTimer.self).body() },
      Unmanaged.passUnretained(self).toOpaque(),
      &handle
    )
    precondition(status == 0, "cannot make a timer: \(String(cString: csio_err_message(status)))")
  }

  deinit { close() }

  func start(milliseconds: UInt64) {
    if let handle { csio_timer_start(handle, milliseconds) }
  }

  func stop() {
    if let handle { csio_timer_stop(handle) }
  }

  func close() {
    guard let handle else { return }
    self.handle = nil
    csio_timer_close(handle, nil)
  }
}
