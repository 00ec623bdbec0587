import Dispatch
import SocketIO

/// The tasks that the library starts for the program on a ``VirtualLoop``: calls of asynchronous handlers, and closures
/// for credentials. They run beside the loop, as they do beside a real one.
package final class VirtualTasks: TaskExecutor {
  package struct Counts: Sendable {
    /// Tasks that have not returned. They may have something to do on an actor with threads of its own.
    package fileprivate(set) var unfinished = 0
    /// Parts of tasks that run now or could run, apart from those on such an actor.
    package fileprivate(set) var ready = 0
    /// How many parts have begun, and tasks returned.
    package fileprivate(set) var steps = 0
  }

  private struct State: Sendable {
    var counts = Counts()
    var onChange: @Sendable () -> Void = {}
  }

  private let state = Locked(State())

  package var counts: Counts { state.withLock { $0.counts } }

  /// Sets what is called when nothing is ready any more.
  func onChange(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onChange = body } }

  func start(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
    state.withLock { $0.counts.unfinished += 1 }
    return Task(executorPreference: self) { [self] in
      await body()
      state.withLock { state in
        state.counts.unfinished -= 1
        state.counts.steps += 1
      }
    }
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { state in
      state.counts.ready += 1
      state.counts.steps += 1
    }
    DispatchQueue.global().async { [self] in
      job.runSynchronously(on: asUnownedTaskExecutor())
      let onChange = state.withLock { state in
        state.counts.ready -= 1
        return state.counts.ready == 0 ? state.onChange : nil
      }
      onChange?()
    }
  }
}
