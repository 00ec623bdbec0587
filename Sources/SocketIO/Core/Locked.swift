#if THREAD_SANITIZER
  #if canImport(Darwin)
    import Darwin
  #elseif canImport(Musl)
    import Musl
  #else
    import Glibc
  #endif

  /// Replaces `Mutex` under the thread sanitizer, which does not see the kernel hand over a contended `Mutex` and
  /// reports false races. It understands the lock used here.
  ///
  /// It is safe to send: the value arrives as `sending`, so nobody else has it, and it is accessed under the lock only.
  /// The conformance of `Mutex` is unchecked, too.
  package final class Locked<Value>: @unchecked Sendable {
    // On the heap, since it must not move.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var content: Content

    /// A zero-sized value stored by itself would get the address of the object's header, and the sanitizer would take
    /// a write to it for a write to the header.
    private struct Content {
      var value: Value
      let size: UInt8 = 0
    }

    package init(_ value: sending Value) {
      content = Content(value: value)
      pthread_mutex_init(lock, nil)
    }

    deinit {
      pthread_mutex_destroy(lock)
      lock.deallocate()
    }

    package func withLock<Result, Failure: Error>(
      _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      pthread_mutex_lock(lock)
      defer { pthread_mutex_unlock(lock) }
      return try body(&content.value)
    }
  }
#else
  import Synchronization

  /// A value that one thread at a time can access.
  package struct Locked<Value>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>

    package init(_ value: sending Value) { mutex = Mutex(value) }

    package func withLock<Result, Failure: Error>(
      _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
      try mutex.withLock(body)
    }
  }
#endif
