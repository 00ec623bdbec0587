import Dispatch
import SocketIO
import Synchronization

/// The events that a long-running command waits for, in order.
///
/// A handler that reports an event blocks while several earlier ones are pending. So nothing piles up here, and flow
/// control slows down a server that sends faster than the output is read.
final class Feed: Sendable {
  /// The number of pending events: large enough not to wake a thread for each.
  private static let capacity = 8

  let events: AsyncStream<ConsoleEvent>
  private let continuation: AsyncStream<ConsoleEvent>.Continuation
  /// Starts at 0, since Dispatch traps if a semaphore is freed with a value below its first one.
  private let room = DispatchSemaphore(value: 0)
  private let isOver = Atomic(false)

  init() {
    (events, continuation) = AsyncStream.makeStream()
    for _ in 0..<Self.capacity { room.signal() }
  }

  func tell(_ event: ConsoleEvent) { continuation.yield(event) }

  /// Called by handlers, one at a time. Blocks until there is room.
  func tell(of event: SocketEvent) {
    if !isOver.load(ordering: .sequentiallyConsistent) { room.wait() }
    continuation.yield(.event(event))
  }

  /// Called when an event has been handled.
  func makeRoom() { room.signal() }

  /// Called when no more events are read. Unblocks a waiting handler.
  func end() {
    isOver.store(true, ordering: .sequentiallyConsistent)
    room.signal()
  }
}
