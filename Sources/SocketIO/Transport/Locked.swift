#if THREAD_SANITIZER
  import Foundation

  /// Stands in for `Mutex` where the thread sanitizer watches: a contended `Mutex` is handed over by the kernel, which the sanitizer does
  /// not see, and so it reports races that are none. It knows the lock used here.
  ///
  /// Unchecked, but Sendable: the value comes in as `sending`, so that nobody else has it, and is touched under the lock only, as with
  /// `Mutex`, whose conformance is unchecked as well.
  package final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    package init(_ value: sending Value) { self.value = value }

    package func withLock<Result, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      lock.lock()
      defer { lock.unlock() }
      return try body(&value)
    }
  }
#else
  import Synchronization

  /// A value that one thread at a time can get at.
  package typealias Locked<Value> = Mutex<Value>
#endif
