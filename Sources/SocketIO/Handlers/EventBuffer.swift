/// How many elements an ``EventSequence`` keeps for its reader, and which it drops when there are more.
public enum EventBuffering: Sendable, Hashable {
  /// Keeps at most this many elements, the newest: each further one replaces the oldest. For readers that want to catch
  /// up with the present.
  case newest(Int)
  /// Keeps at most this many elements, the oldest: those that arrive while the buffer is full are dropped. For readers
  /// that want an unbroken beginning.
  case oldest(Int)
  /// Keeps every element, so none is lost. Events that have not been read count in ``SocketIOOptions/inboundBuffer``: a
  /// reader that is too slow slows the server down in the end, and a sequence that nobody reads stops the connection.
  case unbounded
}

/// The elements between a producer and its readers.
///
/// No continuation is resumed under the lock.
final class EventBuffer<Element: Sendable>: Sendable {
  private typealias Reader = CheckedContinuation<Element?, Never>

  private struct State {
    var elements = PositionedQueue<(element: Element, hold: InboundHold?)>()
    var readers: [(id: UInt64, reader: Reader)] = []
    var nextReader: UInt64 = 0
    var dropped = 0
    var isFinished = false

    /// What the current task gets without waiting: an element, or nil for the end; nothing if it has to wait.
    mutating func take() -> Element?? {
      // A task counts as cancelled before its cancellation handler runs, so that handler finds any reader that passes
      // this check.
      if Task.isCancelled { return .some(nil) }
      if let first = elements.removeFirst() { return first.element }
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
    case .unbounded: (limit, keepsNewest) = (.max, false)
    }
  }

  /// How many elements were dropped.
  var dropped: Int { state.withLock { $0.dropped } }

  /// Gives an element to the reader that has waited longest, or keeps it for the next one.
  ///
  /// - Parameter hold: Counts the element as waiting until it is read.
  /// - Returns: The total of dropped elements, if this call dropped one.
  func offer(_ element: Element, _ hold: InboundHold? = nil) -> Int? {
    let (reader, dropped) = state.withLock { state -> (Reader?, Int?) in
      if !state.readers.isEmpty { return (state.readers.removeFirst().reader, nil) }
      let isFull = state.elements.count >= limit
      if !isFull || keepsNewest { state.elements.append((element, hold)) }
      guard isFull else { return (nil, nil) }
      if keepsNewest { _ = state.elements.removeFirst() }
      state.dropped += 1
      return (nil, state.dropped)
    }
    reader?.resume(returning: element)
    return dropped
  }

  /// The next element; nil after the last one, or when the task is cancelled.
  func next(isolation: isolated (any Actor)?) async -> Element? {
    // Most elements are already there, and need none of the work of waiting.
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

  /// No more elements will come: readers get what is there, and then nil.
  func finish() {
    let readers = state.withLock { state in
      state.isFinished = true
      defer { state.readers = [] }
      return state.readers
    }
    for (_, reader) in readers { reader.resume(returning: nil) }
  }
}
