import CSIO
import Foundation

/// The thread on which connections live: network I/O, heartbeats and protocol state of every ``Manager`` that uses it.
///
/// One loop carries thousands of connections, and ``shared`` is what a Manager uses unless told otherwise. A program that
/// wants more than one core for its I/O makes further loops and passes them in the options. A loop's thread ends when the last
/// reference to it goes.
///
/// The loop is the executor of the library's actors, so that callbacks from the C core run on the right
/// thread already: nothing hops and nothing locks.
public final class EventLoop: Loop, Sendable {
  /// The loop of every Manager that was not given one. Its thread starts with the first use and lasts as long as the process.
  ///
  /// Where the system has no thread or file descriptor left for it, `io` and ``Manager/init(_:options:)`` throw; this property can not,
  /// and stops the program.
  public static var shared: EventLoop {
    do {
      return try sharedOrError()
    } catch {
      preconditionFailure("\(error)")  // a property has no other way to say it
    }
  }

  private static let started = Locked<EventLoop?>(nil)

  static func sharedOrError() throws(SocketIOError) -> EventLoop {
    try started.withLock { (started) throws(SocketIOError) in
      if let started { return started }
      let loop = try EventLoop()
      started = loop
      return loop
    }
  }

  // The C loop is thread-safe for the calls that this class makes from other threads (post, is_current, now,
  // set_busy_poll, close).
  nonisolated(unsafe) let handle: OpaquePointer

  /// Starts a loop's thread.
  ///
  /// - Parameter busyPolling: how long the thread may wait awake for an answer over a WebSocket before it sleeps; 100 microseconds
  ///   unless given, at most a second, and `.zero` for never. It does so only while answers have been coming that soon, as they do
  ///   from a server on the same machine or in the same rack: a core that sleeps for so short a time costs more than one that stays
  ///   awake. ``shared`` has the default.
  /// - Throws: ``SocketIOError`` when the system has no more threads or file descriptors.
  public init(busyPolling: Duration = .microseconds(100)) throws(SocketIOError) {
    var handle: OpaquePointer?
    let status = csio_loop_create(&handle)
    guard status == 0, let handle else {
      throw SocketIOError(
        csio: status, detail: "could not start the event loop: no memory, threads or file descriptors are left")
    }
    self.handle = handle
    csio_loop_set_busy_poll(handle, Self.microseconds(busyPolling))
  }

  /// As the C core wants it: whole, and from none to a million.
  static func microseconds(_ duration: Duration) -> UInt32 {
    UInt32(min(max(duration / .microseconds(1), 0), 1_000_000))
  }

  deinit {
    csio_loop_close(handle)
  }

  var now: UInt64 { nanoseconds / 1_000_000 }

  /// Read with each event, which Swift's own clocks are too slow for: their durations have 128 bits.
  var nanoseconds: UInt64 {
    var time = timespec()
    #if os(Linux)
      clock_gettime(CLOCK_BOOTTIME, &time)
    #else
      clock_gettime(CLOCK_MONOTONIC, &time)
    #endif
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  var isCurrent: Bool { csio_loop_is_current(handle) }

  func post(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(PostedBody(body))
    let status = csio_loop_post(
      handle, { CallbackData.take($0, as: PostedBody.self).body() }, box.toOpaque())
    // The loop is not closed while somebody holds it, so the queue could only fail to grow.
    precondition(status == 0, "out of memory")
  }

  func makeTimer(_ body: @escaping () -> Void) -> any LoopTimer {
    CoreTimer(loop: self, body)
  }
}

private final class PostedBody: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

extension EventLoop: SerialExecutor {
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
  let loop: EventLoop

  init(job: UnownedJob, loop: EventLoop) {
    self.job = job
    self.loop = loop
  }

  func run() { job.runSynchronously(on: loop.asUnownedSerialExecutor()) }
}

/// A timer of the C core.
private final class CoreTimer: LoopTimer {
  private var handle: OpaquePointer?
  private let body: () -> Void

  init(loop: EventLoop, _ body: @escaping () -> Void) {
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
