/// The events of a ``Socket`` or ``Manager`` as an asynchronous sequence:
///
///     let news = socket.events("news")
///     try socket.emit("subscribe", "news")
///     for await event in news { print(event.args) }
///
/// It listens from the moment it is made, so nothing is missed before the first read. It ends
/// * for a task that reads it, when the task is cancelled;
/// * for all readers, when it is removed as handlers are, for example by ``Socket/off(_:)-(String)``, and when its
///   Socket or Manager is freed. Readers first get what it still holds.
///
/// It does not end when the connection is lost or the Socket disconnects.
///
/// It stops listening when it and all its iterators have been freed, for example when a `for await` loop is left.
///
/// A sequence takes its turn among the handlers of its event, in the order of registration; its readers run beside the
/// handlers that follow. It delays neither them nor the connection: elements wait in a buffer until they are read.
/// ``EventBuffering`` sets its size, and which elements are dropped when it is full. ``droppedCount`` counts them, and
/// the first one is logged. A dropped event is not answered.
///
/// Several readers share the elements: each element goes to one of them.
public struct EventSequence<Element: Sendable>: AsyncSequence, Sendable {
  /// The sequence never throws.
  public typealias Failure = Never

  private let listening: Listening
  private let buffer: EventBuffer<Element>

  /// - Parameters:
  ///   - handlerQueue: Counts the events of an unbounded sequence.
  ///   - onFirstDrop: Runs when an element is dropped for the first time.
  ///   - register: Registers the closure, which gets the elements, each with its event if the server sent one.
  init(
    _ buffering: EventBuffering, _ handlerQueue: HandlerQueue, onFirstDrop: @escaping @Sendable () -> Void,
    _ register: (@escaping @Sendable (Element, SocketEvent?) -> Void) -> SocketSubscription
  ) {
    let buffer = EventBuffer<Element>(buffering)
    let feed = Feed(buffer, buffering == .unbounded ? handlerQueue : nil, onFirstDrop)
    self.buffer = buffer
    listening = Listening(register { feed.offer($0, $1) })
  }

  /// How many elements have been dropped since the sequence was made, because they were not taken in time.
  public var droppedCount: Int { buffer.dropped }

  /// Makes an iterator, which takes its elements from the buffer of the sequence.
  public func makeAsyncIterator() -> Iterator { Iterator(listening: listening, buffer: buffer) }

  /// Reads an ``EventSequence``.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate let listening: Listening
    fileprivate let buffer: EventBuffer<Element>

    /// The next element; nil when the sequence has ended or the task is cancelled.
    public mutating func next() async -> Element? { await next(isolation: nil) }

    /// The next element; nil when the sequence has ended or the task is cancelled.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> Element? {
      await buffer.next(isolation: actor)
    }
  }

  /// Held by the sequence and its iterators. With the last of them, the handler is removed.
  fileprivate final class Listening: Sendable {
    private let subscription: SocketSubscription

    init(_ subscription: SocketSubscription) { self.subscription = subscription }

    deinit { subscription.cancel() }
  }

  /// Held by the handler. When that is removed, no more elements come.
  private final class Feed: Sendable {
    private let buffer: EventBuffer<Element>
    /// nil if waiting events do not count.
    private let handlerQueue: HandlerQueue?
    private let onFirstDrop: @Sendable () -> Void

    init(
      _ buffer: EventBuffer<Element>, _ handlerQueue: HandlerQueue?, _ onFirstDrop: @escaping @Sendable () -> Void
    ) {
      self.buffer = buffer
      self.handlerQueue = handlerQueue
      self.onFirstDrop = onFirstDrop
    }

    func offer(_ element: Element, _ event: SocketEvent?) {
      var hold: InboundHold?
      if let handlerQueue, let event { hold = InboundHold(handlerQueue, event) }
      if buffer.offer(element, hold) == 1 { onFirstDrop() }
    }

    deinit { buffer.finish() }
  }
}
