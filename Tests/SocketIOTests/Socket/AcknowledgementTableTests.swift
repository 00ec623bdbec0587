import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("The table of acknowledgements")
struct AcknowledgementTableTests {
  private let loop = VirtualLoop()
  private var table: AcknowledgementTable

  init() { table = AcknowledgementTable(clock: { [loop] in loop.nanoseconds }) }

  private func handler() -> AckHandler { .callback(AckCallback(event: "e") { _ in }) }

  @Test("Ids count up, and are never reused")
  mutating func ids() {
    let first = table.append(handler(), nil, hasTimer: false, isSent: true)
    #expect(first == 0 && table.nextID == 1)
    #expect(table.remove(first) != nil)
    #expect(table.append(nil, nil, hasTimer: true, isSent: true) == 1)
    #expect(table.remove(first) == nil && table.acknowledge(7) == nil && table.acknowledge(-1) == nil)
  }

  @Test("Only an answer counts as a round trip, measured from sending")
  mutating func roundTrips() {
    let answered = table.append(handler(), nil, hasTimer: true, isSent: true)
    let buffered = table.append(handler(), nil, hasTimer: false, isSent: false)
    let lost = table.append(handler(), nil, hasTimer: false, isSent: true)
    table.setBuffered(buffered, at: 0)
    #expect(table.sentCount == 2)
    loop.advance(by: 20)
    table.setSent(buffered)
    #expect(table.sentCount == 3)
    loop.advance(by: 10)
    #expect(table.acknowledge(answered)?.hasTimer == true)
    #expect(table.acknowledge(buffered)?.hasTimer == false)
    #expect(table.remove(lost) != nil)
    #expect(table.roundTrips.count == 2)
    #expect(table.roundTrips.shortest == .milliseconds(10) && table.roundTrips.longest == .milliseconds(30))
    #expect(table.sentCount == 0)
  }

  @Test("An event that was never sent has no round trip")
  mutating func unsent() {
    let id = table.append(handler(), nil, hasTimer: false, isSent: false)
    #expect(table.acknowledge(id) != nil)
    #expect(table.roundTrips.count == 0)
  }

  @Test("Buffered and sent events are distinguished")
  mutating func buffer() {
    let ids = (0..<4).map { _ in table.append(handler(), nil, hasTimer: false, isSent: false) }
    for id in ids[1...] { table.setBuffered(id, at: 10 + id) }
    #expect(table.idsOutsideBuffer == [0])
    #expect(table.takeBufferPosition(of: 2) == 12)
    #expect(table.takeBufferPosition(of: 2) == nil)
    table.setSent(3)
    #expect(table.idsOutsideBuffer == [0, 2, 3])
    table.forgetBuffer()
    #expect(table.idsOutsideBuffer == ids)
    #expect(table.takeBufferPosition(of: 1) == nil)
  }

  @Test("A caller's acknowledgements and the tries of the retry queue are distinguished")
  mutating func handlers() {
    let ids = [handler(), nil, handler()].map { table.append($0, nil, hasTimer: false, isSent: true) }
    #expect(table.idsWithHandler == [ids[0], ids[2]])
  }

  @Test("A token finds its acknowledgement as long as it is pending")
  mutating func tokens() {
    let (token, other) = (CancellationToken(), CancellationToken())
    #expect(table.id(of: token) == nil)
    _ = table.append(handler(), nil, hasTimer: false, isSent: true)
    let id = table.append(handler(), token, hasTimer: false, isSent: true)
    #expect(table.id(of: token) == id)
    other.position = id
    #expect(table.id(of: other) == nil)
    _ = table.remove(id)
    #expect(table.id(of: token) == nil)
  }
}
