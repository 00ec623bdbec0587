/// The Sockets of a Manager, for its core. Except for visiting all of them, every operation takes constant time.
final class SocketTable {
  private var drivers = SmallDictionary<Int, SocketDriver>()
  private var activeOnes = PositionedQueue<SocketDriver>()
  private var activeByNamespace = SmallDictionary<String, SocketDriver>()
  private var unansweredByNamespace = SmallDictionary<String, SocketDriver>()

  /// Whether there is no entry of any kind.
  var isEmpty: Bool { drivers.isEmpty && activeByNamespace.isEmpty && unansweredByNamespace.isEmpty }

  /// The driver with the Socket's key; nil if it was removed.
  subscript(key: Int) -> SocketDriver? { drivers[key] }

  /// In no order.
  var all: [SocketDriver] { drivers.values }

  // MARK: All Sockets

  func insert(_ driver: SocketDriver) { drivers[driver.key] = driver }

  /// A Socket whose CONNECT is unanswered can still be found through `unanswered(in:)`.
  func remove(_ driver: SocketDriver) {
    drivers[driver.key] = nil
    setActive(driver, false)
  }

  // MARK: Active Sockets

  var hasActive: Bool { !activeOnes.isEmpty }

  /// In the order in which they became active.
  var active: [SocketDriver] { activeOnes.all.map(\.element) }

  func active(in namespace: String) -> SocketDriver? { activeByNamespace[namespace] }

  /// - Returns: Whether this is a change.
  @discardableResult
  func setActive(_ driver: SocketDriver, _ isActive: Bool) -> Bool {
    guard isActive != driver.isActive else { return false }
    let namespace = driver.namespace
    if let position = driver.activePosition.take() {
      activeOnes.remove(at: position)
      if activeByNamespace[namespace] === driver { activeByNamespace[namespace] = nil }
    } else {
      driver.activePosition = activeOnes.append(driver)
      activeByNamespace[namespace] = driver
    }
    return true
  }

  // MARK: Sockets whose CONNECT is unanswered

  /// The Socket of a namespace, which may have left since, or been freed.
  func unanswered(in namespace: String) -> SocketDriver? { unansweredByNamespace[namespace] }

  func setUnanswered(_ driver: SocketDriver, _ isUnanswered: Bool) {
    let namespace = driver.namespace
    if isUnanswered {
      unansweredByNamespace[namespace] = driver
    } else if unansweredByNamespace[namespace] === driver {
      unansweredByNamespace[namespace] = nil
    }
  }

  /// The connection has ended: no CONNECT on it will be answered any more.
  func forgetUnanswered() { unansweredByNamespace = SmallDictionary() }
}
