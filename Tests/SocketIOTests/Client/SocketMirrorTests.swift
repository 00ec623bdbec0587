import Testing

@testable import SocketIO

@Suite("The state that a Socket shows")
struct SocketMirrorTests {
  private let mirror = SocketMirror()
  private let joined = SocketState(id: "s", isActive: true)

  @Test("Is what the loop published")
  func published() {
    #expect(mirror.state == SocketState())
    mirror.publish(joined)
    #expect(mirror.state == joined)
  }

  @Test("Shows a call of connect() before the loop has carried it out")
  func connecting() {
    mirror.willConnect()
    #expect(mirror.state == SocketState(isActive: true))
    mirror.publish(SocketState(isActive: true))
    mirror.didCarryOut()
    #expect(mirror.state == SocketState(isActive: true))
  }

  @Test("Shows a call of disconnect(), and nothing that the loop published in the meantime")
  func disconnecting() {
    mirror.publish(joined)
    mirror.willDisconnect()
    #expect(mirror.state == SocketState())
    mirror.publish(SocketState(id: "t", isActive: true))
    #expect(mirror.state == SocketState())
    mirror.publish(SocketState())
    mirror.didCarryOut()
    #expect(mirror.state == SocketState())
  }

  @Test("Shows the last of several calls until all are carried out")
  func several() {
    mirror.publish(joined)
    mirror.willDisconnect()
    mirror.willConnect()
    #expect(mirror.state == SocketState(isActive: true))
    mirror.publish(SocketState())
    mirror.didCarryOut()
    #expect(mirror.state == SocketState(isActive: true))
    mirror.publish(SocketState(isActive: true))
    mirror.didCarryOut()
    mirror.publish(joined)
    #expect(mirror.state == joined)
  }

  @Test("Counts as active while it shows itself so, and once")
  func count() {
    let active = ActiveCount()
    let mirrors = [SocketMirror(active), SocketMirror(active)]
    for mirror in mirrors { mirror.willConnect() }
    mirrors[0].willConnect()
    mirrors[0].willDisconnect()
    mirrors[0].willDisconnect()
    #expect(!active.isZero)
    mirrors[1].willDisconnect()
    #expect(active.isZero)
    mirrors[1].publish(joined)
    mirrors[1].didCarryOut()
    #expect(active.isZero)
    mirrors[1].didCarryOut()
    #expect(!active.isZero)
    mirrors[1].publish(SocketState())
    #expect(active.isZero)
  }

  @Test("What happened before a disconnect() is not delivered after it")
  func epochs() {
    #expect(mirror.isCurrent(0))
    mirror.willDisconnect()
    #expect(!mirror.isCurrent(0))
    #expect(mirror.isCurrent(1))
    #expect(!mirror.shouldDeliverConnect(0))
    #expect(mirror.shouldDeliverConnect(1))
  }

  @Test("A disconnect is delivered once for each connect that was")
  func pairs() {
    #expect(!mirror.shouldDeliverDisconnect())
    #expect(mirror.shouldDeliverConnect(0))
    #expect(mirror.shouldDeliverDisconnect())
    #expect(!mirror.shouldDeliverDisconnect())
    mirror.willDisconnect()
    #expect(!mirror.shouldDeliverConnect(0))
    #expect(!mirror.shouldDeliverDisconnect())
  }
}
