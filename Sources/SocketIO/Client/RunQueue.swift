/// What one thread collects while another works through the run before. Guarded by its owner's lock; a run is worked through without it.
struct RunQueue<Element: Sendable>: Sendable {
  /// Memory of one run serves a later one, unless it is less than is worth keeping, or more than an idle Manager should hold.
  private static var kept: ClosedRange<Int> { 16...256 }

  private var waiting: [Element?] = []
  private var spare: [Element?] = []
  private var unfinished: Run<Element>?

  var isEmpty: Bool { waiting.isEmpty && unfinished == nil }
  var count: Int { waiting.count + (unfinished?.count ?? 0) }

  /// Takes the element out of the caller's variable: it is moved, not copied.
  mutating func append(_ element: inout Element?) { waiting.append(element.take()) }

  /// Takes out all that waits, or what is left of the run before.
  mutating func take() -> Run<Element> {
    if let run = unfinished.take() { return run }
    let run = Run(elements: waiting)
    waiting = spare
    spare = []
    return run
  }

  /// Takes back a run: what is left of it, to be taken the next time, or the memory of one that has been worked through.
  mutating func putBack(_ run: consuming Run<Element>) {
    if !run.isEmpty {
      unfinished = run
    } else {
      run.clear()
      reuse(run)
    }
  }

  /// Takes back the memory of a run that has been worked through.
  mutating func reuse(_ run: consuming Run<Element>) {
    if Self.kept.contains(run.elements.capacity) { spare = run.elements }
  }
}

/// Elements in their order, each of which is taken once.
struct Run<Element: Sendable>: Sendable {
  fileprivate var elements: [Element?]
  private var next = 0

  fileprivate init(elements: [Element?]) { self.elements = elements }

  var isEmpty: Bool { next == elements.count }
  var count: Int { elements.count - next }

  mutating func takeFirst() -> Element? {
    guard next < elements.count else { return nil }
    defer { next += 1 }
    return elements[next].take()
  }

  fileprivate mutating func clear() {
    elements.removeAll(keepingCapacity: true)
    next = 0
  }

  /// Elements are moved, not copied, so that none is counted up and down.
  mutating func takeAll(_ body: (Element) -> Void) {
    for index in elements.indices {
      if let element = elements[index].take() { body(element) }
    }
    elements.removeAll(keepingCapacity: true)
  }
}
