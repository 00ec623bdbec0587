/// The Sockets of a Manager as its core finds them. Nothing here costs more where there are more of them, but to go through all.
struct SocketTable {
  private var drivers: [Int: SocketDriver] = [:]
  private var activeOnes = SparseQueue<SocketDriver>()
  private var activeByNamespace: [String: SocketDriver] = [:]
  private var unansweredByNamespace: [String: SocketDriver] = [:]

  /// Nothing is kept of any Socket.
  var isEmpty: Bool { drivers.isEmpty && activeByNamespace.isEmpty && unansweredByNamespace.isEmpty }

  /// By the Socket's key; nil when it was let go.
  subscript(key: Int) -> SocketDriver? { drivers[key] }

  /// In no order.
  var all: some Collection<SocketDriver> { drivers.values }

  // MARK: Making and letting go

  mutating func insert(_ driver: SocketDriver) { drivers[driver.key] = driver }

  /// A Socket whose CONNECT is unanswered is still found by that.
  mutating func remove(_ driver: SocketDriver) {
    drivers[driver.key] = nil
    setActive(driver, false)
  }

  // MARK: Active Sockets

  var hasActive: Bool { !activeOnes.isEmpty }

  /// In the order in which they became active.
  var active: [SocketDriver] { activeOnes.all.map(\.element) }

  func active(in namespace: String) -> SocketDriver? { activeByNamespace[namespace] }

  /// - Returns: Whether that is new.
  @discardableResult
  mutating func setActive(_ driver: SocketDriver, _ isActive: Bool) -> Bool {
    guard isActive != driver.isActive else { return false }
    let namespace = driver.machine.namespace
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

  /// The one of a namespace, which may have left since, or been let go.
  func unanswered(in namespace: String) -> SocketDriver? { unansweredByNamespace[namespace] }

  mutating func setUnanswered(_ driver: SocketDriver, _ isUnanswered: Bool) {
    let namespace = driver.machine.namespace
    if isUnanswered {
      unansweredByNamespace[namespace] = driver
    } else if unansweredByNamespace[namespace] === driver {
      unansweredByNamespace[namespace] = nil
      // An empty dictionary keeps the memory that it had.
      if unansweredByNamespace.isEmpty { unansweredByNamespace = [:] }
    }
  }

  /// The connection has ended: nothing on it will be answered any more.
  mutating func forgetUnanswered() { unansweredByNamespace = [:] }
}
