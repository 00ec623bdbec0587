/// What a ``Socket`` or ``Manager`` tells its handlers, as an asynchronous sequence:
///
///     let news = socket.events("news")
///     try socket.emit("subscribe", "news")
///     for await event in news { print(event.args) }
///
/// It listens from the moment it is made, so that nothing is missed before the first read. It ends
/// * for a task that reads it, when the task is cancelled;
/// * for all, when it is taken off as handlers are, for example by ``Socket/off(_:)-(String)``, and when its Socket or Manager is gone.
///   Readers get what it still holds first.
///
/// It does not end when the connection is lost or the Socket disconnects.
///
/// It stops listening when it and all its iterators have been let go, as when a `for await` loop is left.
///
/// A sequence takes its turn among the handlers of its event, in the order of registration; its readers run beside the handlers that
/// follow. It holds up neither them nor the connection: elements that nobody has taken yet wait in a buffer. ``EventBuffering`` sets
/// its size, and which elements are dropped when it is full. ``droppedCount`` counts the dropped ones, and the first of them is logged. An
/// event that is dropped is not answered.
///
/// Several readers share the elements: each goes to one of them.
public struct EventSequence<Element: Sendable>: AsyncSequence, Sendable {
  /// Nothing is thrown.
  public typealias Failure = Never

  private let listening: Listening
  private let buffer: EventBuffer<Element>

  /// - Parameters:
  ///   - onFirstDrop: Runs when an element is dropped for the first time.
  ///   - register: Registers the closure, which gets the elements.
  init(
    _ buffering: EventBuffering, onFirstDrop: @escaping @Sendable () -> Void,
    _ register: (@escaping @Sendable (Element) -> Void) -> Subscription
  ) {
    let buffer = EventBuffer<Element>(buffering)
    let feed = Feed(buffer, onFirstDrop)
    self.buffer = buffer
    listening = Listening(register { feed.offer($0) })
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

  /// Held by the sequence and its iterators: with the last of them, the handler goes.
  fileprivate final class Listening: Sendable {
    private let subscription: Subscription

    init(_ subscription: Subscription) { self.subscription = subscription }

    deinit { subscription.cancel() }
  }

  /// Held by the handler: when that goes, nothing comes any more.
  private final class Feed: Sendable {
    private let buffer: EventBuffer<Element>
    private let onFirstDrop: @Sendable () -> Void

    init(_ buffer: EventBuffer<Element>, _ onFirstDrop: @escaping @Sendable () -> Void) {
      self.buffer = buffer
      self.onFirstDrop = onFirstDrop
    }

    func offer(_ element: Element) {
      if buffer.offer(element) == 1 { onFirstDrop() }
    }

    deinit { buffer.finish() }
  }
}
