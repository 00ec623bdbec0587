/// HTTP long-polling as events and actions: at most one GET and one POST at a time, and a GET again
/// when the last is answered.
struct PollingStateMachine {
  enum Event {
    case open
    case send([EnginePacket])
    case receiptRequested(UInt64)
    case pause
    case resume
    /// No GET until `resumeReading`.
    case pauseReading
    case resumeReading
    case close
    /// Packets at the beginning of the GET's answer; more follow.
    case received([EnginePacket])
    /// The GET was answered with status 200: its packets, or the last of them, whether the whole body could be decoded, and
    /// milliseconds from the GET to its answer.
    case polled([EnginePacket], isWhole: Bool, took: UInt64 = .max)
    /// What `.polled` reported has been dealt with.
    case proceed
    /// What `.wait` asked for is over.
    case waited
    case pollFailed(SocketIOError)
    /// The POST was answered with status 200.
    case posted
    case postFailed(SocketIOError)
    case abort
  }

  enum Action {
    case poll
    /// Answer with `.waited` after so many milliseconds.
    case wait(milliseconds: UInt64)
    case post([EnginePacket])
    /// No answer is awaited any more: cancel whatever is still under way.
    case cancelRequests
    case report(TransportEvent)
    /// Answer with `.proceed`: what comes next depends on what the reports before led to.
    case proceed
  }

  private enum State {
    case idle
    /// The first GET, which brings the handshake, is under way.
    case opening
    case open
    /// Nothing new is started until `resume`; reported as paused once `isIdle`.
    case pausing(isReported: Bool)
    /// Closed while opening. The server keeps a session from the moment it answers, so the handshake is awaited to close it.
    case abandoned
    /// A close packet goes out as soon as it can, after the POST under way.
    case closing(isPosted: Bool)
    case closed
  }

  private var state = State.idle
  private var isPolling = false
  private var isPosting = false
  private var pace = PollPace()
  /// Milliseconds to wait before the next GET, as the last answer asks for.
  private var pause: UInt64 = 0
  private var isWaiting = false
  /// Whether the answer has brought a ping.
  private var isPinged = false
  /// Asked for while a POST was under way, whose answer says that it was read.
  private var receipt: UInt64?
  private var isReadingPaused = false

  private var isIdle: Bool { !isPolling && !isPosting }

  mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .open:
      guard case .idle = state else { return [] }
      state = .opening
      isPolling = true
      return [.poll]
    case .send(let packets):
      guard isOpen else { return [] }
      isPosting = true
      return [.post(packets)]
    case .receiptRequested(let mark):
      guard isOpen else { return [] }
      guard isPosting else { return [.report(.readReceipt(mark))] }
      receipt = mark
      return []
    case .pause:
      guard case .open = state else { return [] }
      state = .pausing(isReported: false)
      return reportIfPaused()
    case .resume:
      guard case .pausing = state else { return [] }
      state = .open
      return pollAgain()
    case .pauseReading:
      isReadingPaused = true
      return []
    case .resumeReading:
      isReadingPaused = false
      return pollAgain()
    case .close:
      return close()
    case .received(let packets):
      return received(packets)
    case .polled(let packets, let isWhole, let took):
      return polled(packets, isWhole: isWhole, took: took)
    case .waited:
      isWaiting = false
      return pollAgain()
    case .proceed:
      // Up to here the GET counts as under way, or a pause could end before what it brought was dealt with.
      isPolling = false
      return pollAgain() + reportIfPaused() + postCloseIfPossible()
    case .posted:
      isPosting = false
      return posted()
    case .pollFailed(let error):
      isPolling = false
      return fail(error)
    case .postFailed(let error):
      isPosting = false
      return fail(error)
    case .abort:
      guard !isClosed else { return [] }
      state = .closed
      return [.cancelRequests]
    }
  }

  private mutating func polled(_ packets: [EnginePacket], isWhole: Bool, took: UInt64) -> [Action] {
    let actions = received(packets)
    switch state {
    case .idle, .closed: return actions
    case .opening, .open, .pausing:
      guard isWhole else {
        let message = "server error: the answer to a poll is no Engine.IO payload"
        return actions + fail(SocketIOError(.protocolViolation, message))
      }
      pause = pace.answered(after: took)
      isPinged = false
    case .abandoned, .closing: break
    }
    return actions + [.proceed]
  }

  private mutating func received(_ packets: [EnginePacket]) -> [Action] {
    switch state {
    case .idle, .closed: return []
    case .closing: return packets.contains(.close) ? end(.closed(nil)) : []
    case .abandoned:
      guard let handshake = packets.first, case .open = handshake else { return end(.closed(nil)) }
      state = .closing(isPosted: false)
      return [.report(.packet(handshake))]
    case .opening, .open, .pausing: break
    }
    var actions: [Action] = []
    for packet in packets {
      pace.received(packet)
      switch packet {
      case .close: return actions + end(.closed(SocketIOError(.connectionLost, "transport closed by the server")))
      // One answer stands for one moment: its pings mean what one of them means, and want one pong.
      case .ping where isPinged: continue
      case .ping: isPinged = true
      // Only the handshake opens; whatever else a server says first is for the engine to judge.
      case .open:
        if case .opening = state {
          state = .open
          actions.append(.report(.opened))
        }
      case .pong, .message, .uncompressed, .upgrade, .noop: break
      }
      actions.append(.report(.packet(packet)))
    }
    return actions
  }

  private mutating func posted() -> [Action] {
    let receipt: [Action] = receipt.take().map { [.report(.readReceipt($0))] } ?? []
    return switch state {
    case .open: receipt + [.report(.writable)]
    case .pausing: receipt + [.report(.writable)] + reportIfPaused()
    case .closing(isPosted: true): end(.closed(nil))
    case .closing(isPosted: false): postCloseIfPossible()
    case .idle, .opening, .abandoned, .closed: []
    }
  }

  private mutating func pollAgain() -> [Action] {
    switch state {
    case .opening, .open:
      guard !isPolling, !isWaiting, !isReadingPaused else { return [] }
      guard pause == 0 else {
        isWaiting = true
        defer { pause = 0 }
        return [.wait(milliseconds: pause)]
      }
      isPolling = true
      return [.poll]
    case .idle, .pausing, .abandoned, .closing, .closed: return []
    }
  }

  private mutating func reportIfPaused() -> [Action] {
    guard case .pausing(isReported: false) = state, isIdle else { return [] }
    state = .pausing(isReported: true)
    return [.report(.paused)]
  }

  private mutating func close() -> [Action] {
    switch state {
    case .idle: return end(.closed(nil))
    case .opening:
      state = .abandoned
      return []
    case .open, .pausing:
      state = .closing(isPosted: false)
      return isPosting ? [] : postClose()
    case .abandoned, .closing, .closed: return []
    }
  }

  private var isOpen: Bool {
    switch state {
    case .open, .pausing: true
    case .idle, .opening, .abandoned, .closing, .closed: false
    }
  }

  var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  private mutating func postCloseIfPossible() -> [Action] {
    guard case .closing(isPosted: false) = state, !isPosting else { return [] }
    return postClose()
  }

  private mutating func postClose() -> [Action] {
    state = .closing(isPosted: true)
    isPosting = true
    return [.post([.close])]
  }

  private mutating func fail(_ error: SocketIOError) -> [Action] {
    switch state {
    case .closed: []
    // Nobody waits for more than the end any more.
    case .abandoned, .closing: end(.closed(nil))
    case .idle, .opening, .open, .pausing: end(.failed(error))
    }
  }

  private mutating func end(_ event: TransportEvent) -> [Action] {
    state = .closed
    return [.cancelRequests, .report(event)]
  }
}
