import Testing

@testable import SocketIO

@Suite("Closing of long-polling")
struct PollingClosingTests {
  private let failure = SocketIOError(.httpStatus, "xhr poll error: 500")

  @Test("Closing before opening needs no request")
  func closingIdle() {
    var polling = PollingBench()
    polling.handle(.close)
    #expect(polling.take() == ["cancel", "closed"])
  }

  @Test("Closing posts a close packet and ends when it is answered")
  func closing() {
    var polling = PollingBench.opened()
    polling.handle(.close)
    polling.handle(.close)
    #expect(polling.take() == ["POST 1"])
    polling.handle(.polled([.noop], isWhole: true))
    #expect(polling.take() == [])
    polling.handle(.posted)
    #expect(polling.take() == ["cancel", "closed"])
  }

  @Test("Closing waits for the POST under way")
  func closingWhilePosting() {
    var polling = PollingBench.opened()
    polling.handle(.send([.text("a")]))
    polling.handle(.close)
    #expect(polling.take() == ["POST 4a"])
    polling.handle(.posted)
    #expect(polling.take() == ["POST 1"])
  }

  @Test("Closing while paused posts the close packet")
  func closingWhilePaused() {
    var polling = PollingBench.opened()
    polling.handle(.pause)
    polling.handle(.polled([.noop], isWhole: true))
    _ = polling.take()
    polling.handle(.close)
    #expect(polling.take() == ["POST 1"])
  }

  @Test("A failure while closing counts as closed", arguments: [true, false])
  func failingWhileClosing(isGet: Bool) {
    var polling = PollingBench.opened()
    polling.handle(.close)
    polling.handle(isGet ? .pollFailed(failure) : .postFailed(failure))
    #expect(polling.take() == ["POST 1", "cancel", "closed"])
  }

  @Test("The server's close packet ends the closing")
  func closedByBoth() {
    var polling = PollingBench.opened()
    polling.handle(.close)
    polling.handle(.polled([.text("a"), .close], isWhole: true))
    #expect(polling.take() == ["POST 1", "cancel", "closed"])
  }

  @Test("Closing while opening waits for the handshake, reports it and closes the session")
  func closingWhileOpening() {
    var polling = PollingBench()
    polling.handle(.open)
    polling.handle(.close)
    #expect(polling.take() == ["GET"])
    polling.handle(.polled([.open("{}"), .text("a")], isWhole: true))
    #expect(polling.take() == ["0{}", "POST 1"])
    polling.handle(.posted)
    #expect(polling.take() == ["cancel", "closed"])
  }

  @Test("Closing while opening ends without a request if no session was opened")
  func closingWithoutSession() {
    for answer: PollingStateMachine.Event in [
      .polled([.text("no handshake")], isWhole: true), .polled([], isWhole: false), .pollFailed(failure),
    ] {
      var polling = PollingBench()
      polling.handle(.open)
      polling.handle(.close)
      polling.handle(answer)
      #expect(polling.take() == ["GET", "cancel", "closed"])
    }
  }
}
