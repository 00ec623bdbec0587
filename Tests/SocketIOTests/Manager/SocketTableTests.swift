import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("The table of Sockets")
struct SocketTableTests {
  private let bench = ClientBench { $0.autoConnect = false }
  private var table = SocketTable()

  private mutating func driver(_ namespace: String) -> SocketDriver {
    let driver = SocketDriver(bench.manager.socket(namespace), receiveLimit: 0, clock: { 0 })
    table.insert(driver)
    return driver
  }

  @Test("A Socket is found by its key until it is removed")
  mutating func keys() {
    let (a, b) = (driver("/a"), driver("/b"))
    #expect(table[a.key] === a && table[b.key] === b)
    #expect(table.all.count == 2)
    table.setActive(b, true)
    table.remove(a)
    #expect(table[a.key] == nil && table[b.key] === b)
    #expect(table.active(in: "/b") === b && table.active(in: "/a") == nil)
    table.remove(b)
    #expect(table.isEmpty)
  }

  @Test("Active Sockets keep the order in which they became active")
  mutating func order() {
    let drivers = ["/a", "/b", "/c", "/d"].map { driver($0) }
    let areNew = drivers.reversed().map { table.setActive($0, true) } + [table.setActive(drivers[0], true)]
    #expect(areNew == [true, true, true, true, false])
    let haveLeft = [table.setActive(drivers[2], false), table.setActive(drivers[2], false)]
    #expect(haveLeft == [true, false])
    #expect(table.active(in: "/c") == nil && table.active(in: "/b") === drivers[1])
    table.setActive(drivers[2], true)
    #expect(table.active.map(\.namespace) == ["/d", "/b", "/a", "/c"])
    for driver in drivers { table.setActive(driver, false) }
    #expect(!table.hasActive && table.active.isEmpty)
  }

  @Test("A Socket with an unanswered CONNECT is found, even if it was removed and another one has its namespace")
  mutating func unanswered() {
    let gone = driver("/a")
    table.setUnanswered(gone, true)
    table.remove(gone)
    let next = driver("/a")
    table.setActive(next, true)
    table.setUnanswered(next, false)
    #expect(table.unanswered(in: "/a") === gone && table.active(in: "/a") === next)
    table.setUnanswered(gone, false)
    #expect(table.unanswered(in: "/a") == nil)
    table.setUnanswered(next, true)
    table.forgetUnanswered()
    #expect(table.unanswered(in: "/a") == nil && table.active(in: "/a") === next)
    table.remove(next)
    #expect(table.isEmpty && !next.isActive)
  }
}
