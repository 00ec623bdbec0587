/// How many elements an ``EventSequence`` keeps until its reader takes them, and which it gives up when there are more.
public enum EventBuffering: Sendable, Hashable {
  /// Keeps the newest elements, so many at most: an older one is dropped for each that is too much. For readers that want to catch up
  /// with the present.
  case newest(Int)
  /// Keeps the oldest elements, so many at most: what comes while the buffer is full is dropped. For readers that want an unbroken
  /// beginning.
  case oldest(Int)
}

/// What waits between those who tell and those who read.
///
/// No continuation is resumed while the lock is held.
final class EventBuffer<Element: Sendable>: Sendable {
  private typealias Reader = CheckedContinuation<Element?, Never>

  private struct State {
    var elements = FIFO<Element>()
    var readers: [(id: UInt64, reader: Reader)] = []
    var nextReader: UInt64 = 0
    var dropped = 0
    var isFinished = false

    /// What the current task gets without waiting: an element, or nil for the end; nothing where it has to wait.
    mutating func take() -> Element?? {
      // Cancellation is told after the task counts as cancelled: a reader that is not told here is found by it.
      if Task.isCancelled { return .some(nil) }
      if let element = elements.popFirst() { return element }
      return isFinished ? .some(nil) : nil
    }
  }

  private let limit: Int
  private let keepsNewest: Bool
  private let state = Locked(State())

  init(_ buffering: EventBuffering) {
    switch buffering {
    case .newest(let limit): (self.limit, keepsNewest) = (max(limit, 0), true)
    case .oldest(let limit): (self.limit, keepsNewest) = (max(limit, 0), false)
    }
  }

  /// How many elements were given up.
  var dropped: Int { state.withLock { $0.dropped } }

  /// Gives an element to the reader that waits longest, or keeps it for one that comes.
  ///
  /// - Returns: How many have been dropped up to now, if this call dropped one.
  func offer(_ element: Element) -> Int? {
    let (reader, dropped) = state.withLock { state -> (Reader?, Int?) in
      if !state.readers.isEmpty { return (state.readers.removeFirst().reader, nil) }
      let isFull = state.elements.count >= limit
      if !isFull || keepsNewest { state.elements.append(element) }
      guard isFull else { return (nil, nil) }
      if keepsNewest { _ = state.elements.popFirst() }
      state.dropped += 1
      return (nil, state.dropped)
    }
    reader?.resume(returning: element)
    return dropped
  }

  /// The next element; nil after the last one, or when the task is cancelled.
  func next(isolation: isolated (any Actor)?) async -> Element? {
    // Most elements are there already, and need nothing of what waiting takes.
    if let ready = state.withLock({ $0.take() }) { return ready }
    let id = state.withLock { state in
      state.nextReader += 1
      return state.nextReader
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { (reader: Reader) in
        let ready = state.withLock { state -> Element?? in
          if let ready = state.take() { return ready }
          state.readers.append((id, reader))
          return nil
        }
        if let ready { reader.resume(returning: ready) }
      }
    } onCancel: {
      let reader = state.withLock { state -> Reader? in
        guard let index = state.readers.firstIndex(where: { $0.id == id }) else { return nil }
        return state.readers.remove(at: index).reader
      }
      reader?.resume(returning: nil)
    }
  }

  /// Nothing is offered any more: readers get what is there, and then nil.
  func finish() {
    let readers = state.withLock { state in
      state.isFinished = true
      defer { state.readers = [] }
      return state.readers
    }
    for (_, reader) in readers { reader.resume(returning: nil) }
  }
}

/// A queue that takes and gives in constant time.
struct FIFO<Element> {
  private var elements: [Element?] = []
  private var head = 0

  var count: Int { elements.count - head }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    let element = elements[head]
    elements[head] = nil
    head += 1
    // What was taken goes once it is as much as what is left, so that each element is moved at most once or so.
    if head * 2 >= elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }
}
