import Dispatch
import SocketIO
import Synchronization

/// What a command that runs for long waits for, in the order in which it happens.
///
/// A handler that tells of an event waits while a few before it have not been dealt with. So flow control holds up a server that sends faster
/// than the output is taken, and nothing piles up here.
final class Feed: Sendable {
  /// Of events that wait: enough that a thread is not woken for each.
  private static let capacity = 8

  let happenings: AsyncStream<Happening>
  private let continuation: AsyncStream<Happening>.Continuation
  /// Begins with 0, since Dispatch demands that a semaphore ends with no less than it began with.
  private let room = DispatchSemaphore(value: 0)
  private let isOver = Atomic(false)

  init() {
    (happenings, continuation) = AsyncStream.makeStream()
    for _ in 0..<Self.capacity { room.signal() }
  }

  func tell(_ happening: Happening) { continuation.yield(happening) }

  /// From handlers, of which one runs at a time. Blocks until there is room.
  func tell(of event: SocketEvent) {
    if !isOver.load(ordering: .sequentiallyConsistent) { room.wait() }
    continuation.yield(.event(event))
  }

  /// An event has been dealt with.
  func makeRoom() { room.signal() }

  /// Nothing is taken any more, and no handler waits.
  func end() {
    isOver.store(true, ordering: .sequentiallyConsistent)
    room.signal()
  }
}
