import Testing

@testable import SocketIO

@Suite("Long-polling")
struct PollingStateMachineTests {
  private let failure = SocketIOError(.httpStatus, "xhr poll error: 500")

  @Test("Opens with a GET, and reports the handshake before everything else in its answer")
  func opening() {
    var polling = PollingBench()
    polling.handle(.open)
    #expect(polling.take() == ["GET"])
    polling.handle(.polled([.open("{}"), .text("a"), .text("b")], isWhole: true))
    #expect(polling.take() == ["opened", "0{}", "4a", "4b", "GET"])
  }

  @Test("The answer to a POST is a receipt for what it carried; without one under way, everything is read")
  func readReceipts() {
    var polling = PollingBench.opened()
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

  @Test("The receipt comes before the pause, after which another transport continues")
  func receiptBeforePause() {
    var polling = PollingBench.opened()
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
    var polling = PollingBench()
    polling.handle(.open)
    polling.handle(.open)
    #expect(polling.trace == ["GET"])
  }

  @Test("A first packet that is not a handshake is reported without opening")
  func noHandshake() {
    var polling = PollingBench()
    polling.handle(.open)
    _ = polling.take()
    polling.handle(.polled([.noop], isWhole: true))
    #expect(polling.take() == ["6", "GET"])
  }

  @Test("While reading is paused there is no next GET")
  func readingPaused() {
    var polling = PollingBench.opened()
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

  @Test("Pausing and resuming reading during a GET changes nothing")
  func readingPausedShortly() {
    var polling = PollingBench.opened()
    polling.handle(.pauseReading)
    polling.handle(.resumeReading)
    #expect(polling.take() == [])
    polling.handle(.polled([.text("a")], isWhole: true))
    #expect(polling.take() == ["4a", "GET"])
  }

  @Test("While reading is paused it can be paused for an upgrade, and resumes if that fails")
  func pauseWithoutReading() {
    var polling = PollingBench.opened()
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
    var polling = PollingBench.opened()
    polling.handle(.pauseReading)
    polling.handle(.polled([.text("a")], isWhole: true))
    _ = polling.take()
    polling.handle(.close)
    polling.handle(.posted)
    #expect(polling.take() == ["POST 1", "cancel", "closed"])
  }

  @Test("Polls again after each answer, with never more than one GET and one POST under way")
  func oneOfEach() {
    var polling = PollingBench.opened()
    polling.handle(.send([.text("a"), .text("b")]))
    polling.handle(.polled([.text("c")], isWhole: true))
    #expect(polling.take() == ["POST 4a 4b", "4c", "GET"])
    polling.handle(.posted)
    #expect(polling.take() == ["writable"])
  }

  @Test("A pause waits for the GET under way, whose packets are reported first")
  func pausingWhilePolling() {
    var polling = PollingBench.opened()
    polling.handle(.pause)
    #expect(polling.take() == [])
    polling.handle(.polled([.text("late"), .noop], isWhole: true))
    #expect(polling.take() == ["4late", "6", "paused"])
  }

  @Test("A pause waits for the POST under way too, whichever of the two ends last")
  func pausingWhilePosting() {
    var polling = PollingBench.opened()
    polling.handle(.send([.text("a")]))
    polling.handle(.pause)
    polling.handle(.polled([.noop], isWhole: true))
    #expect(polling.take() == ["POST 4a", "6"])
    polling.handle(.posted)
    #expect(polling.take() == ["writable", "paused"])

    var other = PollingBench.opened()
    other.handle(.send([.text("a")]))
    other.handle(.pause)
    other.handle(.posted)
    #expect(other.take() == ["POST 4a", "writable"])
    other.handle(.polled([.noop], isWhole: true))
    #expect(other.take() == ["6", "paused"])
  }

  @Test("A pause is reported once, and resuming polls again")
  func resuming() {
    var polling = PollingBench.opened()
    polling.handle(.pause)
    polling.handle(.pause)
    polling.handle(.polled([.noop], isWhole: true))
    #expect(polling.take() == ["6", "paused"])
    polling.handle(.resume)
    #expect(polling.take() == ["GET"])
    polling.handle(.polled([.text("a")], isWhole: true))
    #expect(polling.take() == ["4a", "GET"])
  }

  @Test("Resuming before the GET is answered sends no second one")
  func resumingEarly() {
    var polling = PollingBench.opened()
    polling.handle(.pause)
    polling.handle(.resume)
    #expect(polling.take() == [])
    polling.handle(.polled([.noop], isWhole: true))
    #expect(polling.take() == ["6", "GET"])
  }

  @Test("A failed request ends it while pausing, too")
  func failingWhilePausing() {
    var polling = PollingBench.opened()
    polling.handle(.pause)
    polling.handle(.pollFailed(failure))
    #expect(polling.take() == ["cancel", "failed: xhr poll error: 500"])
  }

  @Test("An undecodable answer fails it after the packets before the fault", arguments: [false, true])
  func undecodable(isPausing: Bool) {
    var polling = PollingBench.opened()
    if isPausing { polling.handle(.pause) }
    polling.handle(.polled([.text("a")], isWhole: false))
    #expect(
      polling.take() == ["4a", "cancel", "failed: server error: the answer to a poll is not an Engine.IO payload"])
  }

  @Test("A close packet closes it after the packets before it, and later ones are dropped")
  func closePacket() {
    var polling = PollingBench.opened()
    polling.handle(.polled([.text("a"), .close, .text("b")], isWhole: true))
    #expect(polling.take() == ["4a", "cancel", "closed: transport closed by the server"])
  }

  @Test("A close packet counts even if the rest cannot be decoded")
  func closePacketBeforeGarbage() {
    var polling = PollingBench.opened()
    polling.handle(.polled([.close], isWhole: false))
    #expect(polling.take() == ["cancel", "closed: transport closed by the server"])
  }

  @Test("A failed GET or POST fails it, once", arguments: [true, false])
  func failing(isGet: Bool) {
    var polling = PollingBench.opened()
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

  @Test("An answer in portions is one answer")
  func portions() {
    var polling = PollingBench.opened()
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
    var polling = PollingBench.opened()
    polling.handle(.received([.text("a"), .close]))
    polling.handle(.polled([.text("b")], isWhole: false))
    #expect(polling.take() == ["4a", "cancel", "closed: transport closed by the server"])
  }

  // MARK: Reactions to reports

  @Test("Closing in response to a packet prevents the next GET")
  func closingInsideReport() {
    var polling = PollingBench.opened()
    polling.onReport = { machine, event in
      if case .packet(.text("bye")) = event { machine.handle(.close) } else { [] }
    }
    polling.handle(.polled([.text("bye"), .text("more")], isWhole: true))
    #expect(polling.take() == ["4bye", "POST 1", "4more"])
  }

  @Test("Aborting in response to a packet prevents every further request")
  func abortingInsideReport() {
    var polling = PollingBench.opened()
    polling.onReport = { machine, event in
      if case .packet = event { machine.handle(.abort) } else { [] }
    }
    polling.handle(.polled([.text("a")], isWhole: true))
    #expect(polling.take() == ["4a", "cancel"])
  }

  @Test("Sending in response to a packet works beside the next GET")
  func sendingInsideReport() {
    var polling = PollingBench.opened()
    polling.onReport = { machine, event in
      if case .packet(.ping) = event { machine.handle(.send([.pong("")])) } else { [] }
    }
    polling.handle(.polled([.ping("")], isWhole: true))
    #expect(polling.take() == ["2", "POST 3", "GET"])
  }

  @Test("A pause in response to a packet waits for the packets behind it")
  func pausingInsideReport() {
    var polling = PollingBench.opened()
    polling.onReport = { machine, event in
      if case .packet(.text("a")) = event { machine.handle(.pause) } else { [] }
    }
    polling.handle(.polled([.text("a"), .text("b")], isWhole: true))
    #expect(polling.take() == ["4a", "4b", "paused"])
  }
}
