/// Elements in the order in which they came, any of which can be taken out at no more cost than the first.
struct SparseQueue<Element> {
  private var elements: [Int: Element] = [:]
  private var head = 0
  private var tail = 0

  var count: Int { elements.count }
  var isEmpty: Bool { elements.isEmpty }

  /// In order.
  var all: [Element] { elements.sorted { $0.key < $1.key }.map(\.value) }

  /// The position of the first element; without one, that of the next to come.
  var firstPosition: Int { head }

  var first: Element? {
    get { elements[head] }
    set { elements[head] = newValue }
  }

  /// - Returns: The position of the element, which no other element ever has.
  @discardableResult
  mutating func append(_ element: Element) -> Int {
    defer { tail += 1 }
    elements[tail] = element
    return tail
  }

  @discardableResult
  mutating func remove(at position: Int) -> Element? {
    let element = elements.removeValue(forKey: position)
    while head < tail, elements[head] == nil { head += 1 }
    return element
  }

  mutating func removeFirst() -> Element? { remove(at: head) }

  mutating func removeAll() -> [Element] {
    defer {
      elements = [:]
      head = tail
    }
    return all
  }

  func position(after position: Int) -> Int? {
    var next = position + 1
    while next < tail, elements[next] == nil { next += 1 }
    return next < tail ? next : nil
  }

  func firstPosition(where matches: (Element) -> Bool) -> Int? {
    elements.filter { matches($0.value) }.keys.min()
  }
}
