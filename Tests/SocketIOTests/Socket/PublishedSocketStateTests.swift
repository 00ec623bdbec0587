import Testing

@testable import SocketIO

@Suite("The state that a Socket shows")
struct PublishedSocketStateTests {
  private let publishedState = PublishedSocketState()
  private let joined = SocketState(id: "s", isActive: true)

  @Test("Is what the loop published")
  func published() {
    #expect(publishedState.value == SocketState())
    publishedState.publish(joined)
    #expect(publishedState.value == joined)
  }

  @Test("Shows a call of connect() before the loop has carried it out")
  func connecting() {
    publishedState.willConnect()
    #expect(publishedState.value == SocketState(isActive: true))
    publishedState.publish(SocketState(isActive: true))
    publishedState.didCarryOut()
    #expect(publishedState.value == SocketState(isActive: true))
  }

  @Test("Shows a call of disconnect(), and nothing that the loop published in the meantime")
  func disconnecting() {
    publishedState.publish(joined)
    publishedState.willDisconnect()
    #expect(publishedState.value == SocketState())
    publishedState.publish(SocketState(id: "t", isActive: true))
    #expect(publishedState.value == SocketState())
    publishedState.publish(SocketState())
    publishedState.didCarryOut()
    #expect(publishedState.value == SocketState())
  }

  @Test("Shows the last of several calls until all are carried out")
  func several() {
    publishedState.publish(joined)
    publishedState.willDisconnect()
    publishedState.willConnect()
    #expect(publishedState.value == SocketState(isActive: true))
    publishedState.publish(SocketState())
    publishedState.didCarryOut()
    #expect(publishedState.value == SocketState(isActive: true))
    publishedState.publish(SocketState(isActive: true))
    publishedState.didCarryOut()
    publishedState.publish(joined)
    #expect(publishedState.value == joined)
  }

  @Test("Counts as active once, while it shows itself as active")
  func count() {
    let active = ActiveCount()
    let states = [PublishedSocketState(active), PublishedSocketState(active)]
    for publishedState in states { publishedState.willConnect() }
    states[0].willConnect()
    states[0].willDisconnect()
    states[0].willDisconnect()
    #expect(!active.isZero)
    states[1].willDisconnect()
    #expect(active.isZero)
    states[1].publish(joined)
    states[1].didCarryOut()
    #expect(active.isZero)
    states[1].didCarryOut()
    #expect(!active.isZero)
    states[1].publish(SocketState())
    #expect(active.isZero)
  }

  @Test("Events from before a disconnect() are not delivered after it")
  func epochs() {
    #expect(publishedState.isCurrent(0))
    publishedState.willDisconnect()
    #expect(!publishedState.isCurrent(0))
    #expect(publishedState.isCurrent(1))
    #expect(!publishedState.shouldDeliverConnect(0))
    #expect(publishedState.shouldDeliverConnect(1))
  }

  @Test("A disconnect is delivered once for each delivered connect")
  func pairs() {
    #expect(!publishedState.shouldDeliverDisconnect())
    #expect(publishedState.shouldDeliverConnect(0))
    #expect(publishedState.shouldDeliverDisconnect())
    #expect(!publishedState.shouldDeliverDisconnect())
    publishedState.willDisconnect()
    #expect(!publishedState.shouldDeliverConnect(0))
    #expect(!publishedState.shouldDeliverDisconnect())
  }
}
