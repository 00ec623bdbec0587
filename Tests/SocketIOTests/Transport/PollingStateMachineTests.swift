import Testing

@testable import SocketIO

/// Performs the actions of the machine on a network that only takes notes.
private struct Polling {
  private(set) var machine = PollingStateMachine()
  /// Requests and reports in their order.
  private(set) var trace: [String] = []
  /// Called for each report, in the place of the engine.
  var onReport: (inout PollingStateMachine, TransportEvent) -> [PollingStateMachine.Action] = { _, _ in [] }

  mutating func handle(_ event: PollingStateMachine.Event) { perform(machine.handle(event)) }

  private mutating func perform(_ actions: [PollingStateMachine.Action]) {
    for action in actions {
      switch action {
      case .poll: trace.append("GET")
      case .wait(let milliseconds): trace.append("wait \(milliseconds)")
      case .post(let packets): trace.append("POST \(packets.wire)")
      case .cancelRequests: trace.append("cancel")
      case .report(let event):
        trace.append(event.wire)
        let reaction = onReport(&machine, event)
        perform(reaction)
      case .proceed: perform(machine.handle(.proceed))
      }
    }
  }

  mutating func take() -> [String] {
    defer { trace = [] }
    return trace
  }

  static func opened() -> Polling {
    var polling = Polling()
    polling.handle(.open)
    polling.handle(.polled([.open("{}")], isWhole: true))
    _ = polling.take()
    return polling
  }
}

@Suite("Long-polling")
struct PollingStateMachineTests {
  private let failure = SocketIOError(.httpStatus, "xhr poll error: 500")

  @Test("Opens with a GET, and tells of the handshake before everything else in its answer")
  func opening() {
    var polling = Polling()
    polling.handle(.open)
    #expect(polling.take() == ["GET"])
    polling.handle(.polled([.open("{}"), .text("a"), .text("b")], isWhole: true))
    #expect(polling.take() == ["opened", "0{}", "4a", "4b", "GET"])
  }

  @Test("The answer to a POST is a receipt for what it carried; without one under way, everything is read")
  func readReceipts() {
    var polling = Polling.opened()
    polling.handle(.receiptRequested(1))
    #expect(polling.take() == ["read 1"])
    polling.handle(.send([.text("a")]))
    polling.handle(.receiptRequested(2))
    polling.handle(.receiptRequested(3))
    #expect(polling.take() == ["POST 4a"])
    polling.handle(.posted)
    #expect(polling.take() == ["read 3", "writable"])
    polling.handle(.send([.text("b")]))
    polling.handle(.posted)
    #expect(polling.take() == ["POST 4b", "writable"])
  }

  @Test("The receipt comes before the pause, which lets another transport go on")
  func receiptBeforePause() {
    var polling = Polling.opened()
    polling.handle(.send([.text("a")]))
    polling.handle(.receiptRequested(1))
    polling.handle(.pause)
    polling.handle(.polled([], isWhole: true))
    #expect(polling.take() == ["POST 4a"])
    polling.handle(.posted)
    #expect(polling.take() == ["read 1", "writable", "paused"])
  }

  @Test("Opens once")
  func openingTwice() {
    var polling = Polling()
    polling.handle(.open)
    polling.handle(.open)
    #expect(polling.trace == ["GET"])
  }

  @Test("A first packet that is no handshake is reported without opening")
  func noHandshake() {
    var polling = Polling()
    polling.handle(.open)
    _ = polling.take()
    polling.handle(.polled([.noop], isWhole: true))
    #expect(polling.take() == ["6", "GET"])
  }

  @Test("While reading is paused there is no next GET")
  func readingPaused() {
    var polling = Polling.opened()
    polling.handle(.pauseReading)
    polling.handle(.polled([.text("a")], isWhole: true))
    #expect(polling.take() == ["4a"])
    polling.handle(.send([.text("b")]))
    polling.handle(.posted)
    #expect(polling.take() == ["POST 4b", "writable"])
    polling.handle(.resumeReading)
    polling.handle(.resumeReading)
    #expect(polling.take() == ["GET"])
  }

  @Test("Reading that is paused and goes on during a GET changes nothing")
  func readingPausedShortly() {
    var polling = Polling.opened()
    polling.handle(.pauseReading)
    polling.handle(.resumeReading)
    #expect(polling.take() == [])
    polling.handle(.polled([.text("a")], isWhole: true))
    #expect(polling.take() == ["4a", "GET"])
  }

  @Test("While reading is paused it can be left for a better transport, and goes on where that fails")
  func pauseWithoutReading() {
    var polling = Polling.opened()
    polling.handle(.pauseReading)
    polling.handle(.polled([.text("a")], isWhole: true))
    _ = polling.take()
    polling.handle(.pause)
    #expect(polling.take() == ["paused"])
    polling.handle(.resumeReading)
    #expect(polling.take() == [])
    polling.handle(.resume)
    #expect(polling.take() == ["GET"])
  }

  @Test("While reading is paused it can be closed")
  func closeWithoutReading() {
    var polling = Polling.opened()
    polling.handle(.pauseReading)
    polling.handle(.polled([.text("a")], isWhole: true))
    _ = polling.take()
    polling.handle(.close)
    polling.handle(.posted)
    #expect(polling.take() == ["POST 1", "cancel", "closed"])
  }

  @Test("Polls again after each answer, with never more than one GET and one POST under way")
  func oneOfEach() {
    var polling = Polling.opened()
    polling.handle(.send([.text("a"), .text("b")]))
    polling.handle(.polled([.text("c")], isWhole: true))
    #expect(polling.take() == ["POST 4a 4b", "4c", "GET"])
    polling.handle(.posted)
    #expect(polling.take() == ["writable"])
  }

  @Test("A pause waits for the GET under way, and what it brings is reported first")
  func pausingWhilePolling() {
    var polling = Polling.opened()
    polling.handle(.pause)
    #expect(polling.take() == [])
    polling.handle(.polled([.text("late"), .noop], isWhole: true))
    #expect(polling.take() == ["4late", "6", "paused"])
  }

  @Test("A pause waits for the POST under way too, whichever of the two ends last")
  func pausingWhilePosting() {
    var polling = Polling.opened()
    polling.handle(.send([.text("a")]))
    polling.handle(.pause)
    polling.handle(.polled([.noop], isWhole: true))
    #expect(polling.take() == ["POST 4a", "6"])
    polling.handle(.posted)
    #expect(polling.take() == ["writable", "paused"])

    var other = Polling.opened()
    other.handle(.send([.text("a")]))
    other.handle(.pause)
    other.handle(.posted)
    #expect(other.take() == ["POST 4a", "writable"])
    other.handle(.polled([.noop], isWhole: true))
    #expect(other.take() == ["6", "paused"])
  }

  @Test("A pause is reported once, and resuming polls again")
  func resuming() {
    var polling = Polling.opened()
    polling.handle(.pause)
    polling.handle(.pause)
    polling.handle(.polled([.noop], isWhole: true))
    #expect(polling.take() == ["6", "paused"])
    polling.handle(.resume)
    #expect(polling.take() == ["GET"])
    polling.handle(.polled([.text("a")], isWhole: true))
    #expect(polling.take() == ["4a", "GET"])
  }

  @Test("Resuming before the GET is answered leaves it the only one")
  func resumingEarly() {
    var polling = Polling.opened()
    polling.handle(.pause)
    polling.handle(.resume)
    #expect(polling.take() == [])
    polling.handle(.polled([.noop], isWhole: true))
    #expect(polling.take() == ["6", "GET"])
  }

  @Test("A failed request ends it while pausing as well")
  func failingWhilePausing() {
    var polling = Polling.opened()
    polling.handle(.pause)
    polling.handle(.pollFailed(failure))
    #expect(polling.take() == ["cancel", "failed: xhr poll error: 500"])
  }

  @Test("An answer that cannot be decoded fails it after the packets before the fault", arguments: [false, true])
  func undecodable(isPausing: Bool) {
    var polling = Polling.opened()
    if isPausing { polling.handle(.pause) }
    polling.handle(.polled([.text("a")], isWhole: false))
    #expect(
      polling.take() == ["4a", "cancel", "failed: server error: the answer to a poll is no Engine.IO payload"])
  }

  @Test("A close packet closes it after the packets before it, and those behind it are dropped")
  func closePacket() {
    var polling = Polling.opened()
    polling.handle(.polled([.text("a"), .close, .text("b")], isWhole: true))
    #expect(polling.take() == ["4a", "cancel", "closed: transport closed by the server"])
  }

  @Test("A close packet counts even if what follows it cannot be decoded")
  func closePacketBeforeGarbage() {
    var polling = Polling.opened()
    polling.handle(.polled([.close], isWhole: false))
    #expect(polling.take() == ["cancel", "closed: transport closed by the server"])
  }

  @Test("A failed GET or POST fails it, once", arguments: [true, false])
  func failing(isGet: Bool) {
    var polling = Polling.opened()
    polling.handle(.send([.text("a")]))
    _ = polling.take()
    polling.handle(isGet ? .pollFailed(failure) : .postFailed(failure))
    #expect(polling.take() == ["cancel", "failed: xhr poll error: 500"])
    polling.handle(isGet ? .postFailed(failure) : .pollFailed(failure))
    polling.handle(.polled([.text("late")], isWhole: true))
    polling.handle(.posted)
    polling.handle(.send([.text("late")]))
    #expect(polling.take() == [])
  }

  @Test("An answer that comes in portions is one answer")
  func portions() {
    var polling = Polling.opened()
    polling.handle(.received([.text("a"), .ping("")]))
    polling.handle(.received([.ping(""), .noop]))
    #expect(polling.take() == ["4a", "2", "6"])
    polling.handle(.polled([.ping(""), .text("b")], isWhole: true))
    #expect(polling.take() == ["4b", "GET"])
    polling.handle(.polled([.ping(""), .ping("")], isWhole: true))
    #expect(polling.take() == ["2", "GET"])
  }

  @Test("A close packet in a portion is the end, whatever follows")
  func closeInAPortion() {
    var polling = Polling.opened()
    polling.handle(.received([.text("a"), .close]))
    polling.handle(.polled([.text("b")], isWhole: false))
    #expect(polling.take() == ["4a", "cancel", "closed: transport closed by the server"])
  }

  // MARK: How soon it asks again

  private static let idleAnswers: [[EnginePacket]] = [[.noop], [.ping("")], [.pong(""), .upgrade], [.noop, .noop]]

  @Test(
    "An answer at once without a message is followed by a pause, when three have come before", arguments: idleAnswers)
  func answersAtOnce(_ packets: [EnginePacket]) {
    var polling = Polling.opened()
    func requests(took: UInt64) -> [String] {
      polling.handle(.polled(packets, isWhole: true, took: took))
      return polling.take().filter { $0 == "GET" || $0.hasPrefix("wait") }
    }
    for _ in 0..<3 { #expect(requests(took: 0) == ["GET"]) }
    for took: UInt64 in [0, 30, 99] {
      #expect(requests(took: took) == ["wait \(100 - took)"])
      polling.handle(.waited)
      #expect(polling.take() == ["GET"])
    }
    #expect(requests(took: 100) == ["GET"])
    #expect(requests(took: 0) == ["GET"])
  }

  @Test("A message keeps polling fast, however soon it comes")
  func messagesAtOnce() {
    var polling = Polling.opened()
    for _ in 0..<100 {
      polling.handle(.polled([.noop, .text("a"), .noop], isWhole: true, took: 0))
      #expect(polling.take() == ["6", "4a", "6", "GET"])
      for _ in 0..<3 {
        polling.handle(.polled([.noop], isWhole: true, took: 0))
        #expect(polling.take() == ["6", "GET"])
      }
    }
  }

  /// What waits before its next GET.
  private func waiting() -> Polling {
    var polling = Polling.opened()
    for _ in 0...3 { polling.handle(.polled([.noop], isWhole: true, took: 0)) }
    #expect(polling.take().last == "wait 100")
    return polling
  }

  @Test("While it waits it can be paused and resumed, and asks once the wait is over")
  func pausingWhileWaiting() {
    var polling = waiting()
    polling.handle(.pause)
    polling.handle(.resume)
    #expect(polling.take() == ["paused"])
    polling.handle(.waited)
    #expect(polling.take() == ["GET"])
    polling = waiting()
    polling.handle(.pause)
    polling.handle(.waited)
    #expect(polling.take() == ["paused"])
    polling.handle(.resume)
    #expect(polling.take() == ["GET"])
  }

  @Test("While it waits it can send, close and be aborted")
  func endingWhileWaiting() {
    var polling = waiting()
    polling.handle(.send([.text("a")]))
    polling.handle(.posted)
    polling.handle(.close)
    polling.handle(.waited)
    #expect(polling.take() == ["POST 4a", "writable", "POST 1"])
    polling.handle(.posted)
    #expect(polling.take() == ["cancel", "closed"])
    polling = waiting()
    polling.handle(.abort)
    polling.handle(.waited)
    #expect(polling.take() == ["cancel"])
  }

  // MARK: Closing

  @Test("Closing before opening needs no request")
  func closingIdle() {
    var polling = Polling()
    polling.handle(.close)
    #expect(polling.take() == ["cancel", "closed"])
  }

  @Test("Closing posts a close packet and ends when it is answered")
  func closing() {
    var polling = Polling.opened()
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
    var polling = Polling.opened()
    polling.handle(.send([.text("a")]))
    polling.handle(.close)
    #expect(polling.take() == ["POST 4a"])
    polling.handle(.posted)
    #expect(polling.take() == ["POST 1"])
  }

  @Test("Closing while paused posts the close packet")
  func closingWhilePaused() {
    var polling = Polling.opened()
    polling.handle(.pause)
    polling.handle(.polled([.noop], isWhole: true))
    _ = polling.take()
    polling.handle(.close)
    #expect(polling.take() == ["POST 1"])
  }

  @Test("A failure while closing is an end like any other", arguments: [true, false])
  func failingWhileClosing(isGet: Bool) {
    var polling = Polling.opened()
    polling.handle(.close)
    polling.handle(isGet ? .pollFailed(failure) : .postFailed(failure))
    #expect(polling.take() == ["POST 1", "cancel", "closed"])
  }

  @Test("The server's close packet ends the closing")
  func closedByBoth() {
    var polling = Polling.opened()
    polling.handle(.close)
    polling.handle(.polled([.text("a"), .close], isWhole: true))
    #expect(polling.take() == ["POST 1", "cancel", "closed"])
  }

  @Test("Closing while opening awaits the handshake, tells of it and closes the session")
  func closingWhileOpening() {
    var polling = Polling()
    polling.handle(.open)
    polling.handle(.close)
    #expect(polling.take() == ["GET"])
    polling.handle(.polled([.open("{}"), .text("a")], isWhole: true))
    #expect(polling.take() == ["0{}", "POST 1"])
    polling.handle(.posted)
    #expect(polling.take() == ["cancel", "closed"])
  }

  @Test("Closing while opening ends without a request where no session was opened")
  func closingWithoutSession() {
    for answer: PollingStateMachine.Event in [
      .polled([.text("no handshake")], isWhole: true), .polled([], isWhole: false), .pollFailed(failure),
    ] {
      var polling = Polling()
      polling.handle(.open)
      polling.handle(.close)
      polling.handle(answer)
      #expect(polling.take() == ["GET", "cancel", "closed"])
    }
  }

  // MARK: Reactions to reports

  @Test("Closing in reaction to a packet keeps the next GET from starting")
  func closingInsideReport() {
    var polling = Polling.opened()
    polling.onReport = { machine, event in
      if case .packet(.text("bye")) = event { machine.handle(.close) } else { [] }
    }
    polling.handle(.polled([.text("bye"), .text("more")], isWhole: true))
    #expect(polling.take() == ["4bye", "POST 1", "4more"])
  }

  @Test("Aborting in reaction to a packet keeps every further request from starting")
  func abortingInsideReport() {
    var polling = Polling.opened()
    polling.onReport = { machine, event in
      if case .packet = event { machine.handle(.abort) } else { [] }
    }
    polling.handle(.polled([.text("a")], isWhole: true))
    #expect(polling.take() == ["4a", "cancel"])
  }

  @Test("Sending in reaction to a packet goes out beside the next GET")
  func sendingInsideReport() {
    var polling = Polling.opened()
    polling.onReport = { machine, event in
      if case .packet(.ping) = event { machine.handle(.send([.pong("")])) } else { [] }
    }
    polling.handle(.polled([.ping("")], isWhole: true))
    #expect(polling.take() == ["2", "POST 3", "GET"])
  }

  @Test("A pause in reaction to a packet waits for the packets behind it")
  func pausingInsideReport() {
    var polling = Polling.opened()
    polling.onReport = { machine, event in
      if case .packet(.text("a")) = event { machine.handle(.pause) } else { [] }
    }
    polling.handle(.polled([.text("a"), .text("b")], isWhole: true))
    #expect(polling.take() == ["4a", "4b", "paused"])
  }
}
