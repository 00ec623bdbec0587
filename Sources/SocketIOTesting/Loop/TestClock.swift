import Dispatch
import SocketIO

/// The clock of a ``TestServer`` and its clients, which only the test moves: five seconds pass in a
/// moment, and none pass by themselves.
///
/// The server and the connections to it run while the test awaits one of the functions of the clock or of the server,
/// one after the other and in an order that does not change from run to run. A test that awaits only its own program
/// is not left hanging: what has waited for a minute of real time runs by itself.
///
/// Servers have their own clock, unless one is given to several: `TestServer(clock: clock)`.
public final class TestClock: Sendable {
  private struct WeakQueue {
    weak var queue: HandlerQueue?
  }

  /// What is left to do after a run of the loop.
  private struct Moment {
    let changes: Int
    let busy: [HandlerQueue]
    let isEmpty: Bool
    let tasks: VirtualTasks.Counts
  }

  /// How many turns a task may take on the main actor until it counts as waiting.
  private static let turns = 10

  package let loop: VirtualLoop
  /// Where the loop runs: one caller at a time.
  private let queue: DispatchQueue
  private let handlerQueues = Locked<[WeakQueue]>([])

  /// Makes a clock.
  public convenience init() { self.init(patience: 60_000) }

  /// - Parameter patience: How many milliseconds something waits for a test that does not run it.
  package init(patience: Int) {
    let queue = DispatchQueue(label: "socketio.testing")
    self.queue = queue
    loop = VirtualLoop { loop in
      let runs = loop.runs
      queue.asyncAfter(deadline: .now() + .milliseconds(patience)) { if loop.runs == runs { loop.run() } }
    }
  }

  /// How far the clock was moved.
  public var elapsed: Duration { .milliseconds(loop.now - VirtualLoop.start) }

  /// Runs the server, the connections and the handlers of the program until nothing is left to do at this moment.
  ///
  /// Asynchronous handlers and closures for credentials belong to it, until they return or wait for something else, such
  /// as time or the test itself. Other tasks that the program has started are not waited for:
  /// ``settle(within:isolation:until:)`` waits for what they do.
  public func settle() async {
    var seen: (steps: Int, times: Int) = (-1, 0)
    while true {
      let moment = await perform { [self] loop in
        loop.run()
        return Moment(changes: loop.changes, busy: busyQueues, isEmpty: loop.isEmpty, tasks: loop.tasks)
      }
      if !moment.busy.isEmpty || !moment.isEmpty || moment.tasks.ready > 0 {
        for queue in moment.busy { queue.enqueue { [loop] in loop.post {} } }
        await loop.nextChange(since: moment.changes)
        continue
      }
      if moment.tasks.unfinished == 0 { return }
      // A task may have something to do on the main actor, where it comes before what is asked for now. Whatever it does
      // next is a step, unless it stays there.
      seen = moment.tasks.steps == seen.steps ? (seen.steps, seen.times + 1) : (moment.tasks.steps, 0)
      if seen.times == Self.turns { return }
      await MainActor.run {}
    }
  }

  /// Runs everything until a condition holds, for example until a task of the program has done its work:
  /// `try await server.clock.settle { model.isReady }`. The clock stands still.
  ///
  /// - Parameters:
  ///   - limit: How long to wait in real time. Only a test that fails needs it.
  ///   - isolation: The actor on which the condition runs; by default that of the caller.
  ///   - condition: What to wait for.
  /// - Throws: ``TestServerError`` if the condition does not hold in time, and `CancellationError`.
  public func settle(
    within limit: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
    until condition: () async throws -> Bool
  ) async throws {
    let realTime = RealTimeLimit(limit)
    defer { realTime.cancel() }
    var rounds = 0
    while true {
      await settle()
      if try await condition() { return }
      try Task.checkCancellation()
      guard !realTime.isOver else {
        throw TestServerError("the condition did not hold within \(limit)")
      }
      // What the condition is about may be the work of tasks, which nothing announces.
      rounds += 1
      if rounds < 100 { await Task.yield() } else { try await Task.sleep(for: .milliseconds(1)) }
    }
  }

  /// Moves the clock, stopping wherever something is due on the way: a reconnection, a time limit, a heartbeat. At each
  /// stop everything runs until nothing is left to do, including the program's handlers.
  ///
  /// - Parameter duration: Rounded up to whole milliseconds; a negative one counts as zero.
  public func advance(by duration: Duration) async {
    let target = loop.now + duration.milliseconds
    while true {
      await settle()
      guard let next = loop.nextDeadline, next <= target else { break }
      await perform { $0.advance(to: next) }
    }
    await perform { $0.advance(to: target) }
    await settle()
  }

  /// Runs an asynchronous call of the program, and everything else until it returns:
  /// `let sum = try await server.clock.run { try await socket.emitWithAck("add", 1, 2, as: Int.self) }`. The clock
  /// stands still.
  ///
  /// - Parameters:
  ///   - limit: How long the call may take in real time. Only a test that fails needs it.
  ///   - call: The call.
  /// - Throws: What the call throws; ``TestServerError`` if it does not return in time, and `CancellationError`.
  public func run<Success: Sendable>(
    within limit: Duration = .seconds(60), _ call: @escaping @Sendable () async throws -> Success
  ) async throws -> Success {
    let result = Locked<Result<Success, any Error>?>(nil)
    let task = Task { [loop] in
      let outcome: Result<Success, any Error>
      do { outcome = .success(try await call()) } catch { outcome = .failure(error) }
      result.withLock { $0 = outcome }
      loop.post {}
    }
    defer { task.cancel() }
    return try await wait(within: limit, "the call did not return; if it waits for time to pass, advance the clock") {
      result.withLock { $0 }
    }
    .get()
  }

  // MARK: For the server

  /// Runs everything until there is an answer, which something posted to the loop brings.
  package func wait<Answer>(
    within limit: Duration, _ failure: @autoclosure () -> String, for answer: () -> Answer?
  ) async throws -> Answer {
    let realTime = RealTimeLimit(limit, onEnd: { [loop] in loop.post {} })
    defer { realTime.cancel() }
    while true {
      await settle()
      // Between two runs, so that the effects of all that is known are there.
      let changes = await perform { $0.changes }
      if let answer = answer() { return answer }
      try Task.checkCancellation()
      guard !realTime.isOver else { throw TestServerError("\(failure()) (waited \(limit))") }
      await withTaskCancellationHandler {
        await loop.nextChange(since: changes)
      } onCancel: {
        loop.recordChange()
      }
    }
  }

  /// Waits for the handlers of a Manager as well from now on.
  func follow(_ handlerQueue: HandlerQueue) {
    handlerQueues.withLock { queues in
      queues.removeAll { $0.queue == nil }
      queues.append(WeakQueue(queue: handlerQueue))
    }
  }

  private var busyQueues: [HandlerQueue] {
    handlerQueues.withLock { $0.compactMap(\.queue) }.filter { !$0.isIdle }
  }

  private func perform<Result: Sendable>(_ body: @escaping @Sendable (VirtualLoop) -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      queue.async { [loop] in continuation.resume(returning: body(loop)) }
    }
  }
}
