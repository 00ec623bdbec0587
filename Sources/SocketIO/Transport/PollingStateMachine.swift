/// HTTP long-polling as events and actions: at most one GET and one POST at a time, and a new GET when the last one has
/// been answered.
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
    /// The GET was answered with status 200: its packets, or the last part of them; whether the whole body could be
    /// decoded; and the milliseconds from the GET to its answer.
    case polled([EnginePacket], isWhole: Bool, took: UInt64 = .max)
    /// The reports of `.polled` have been handled.
    case proceed
    /// The time of `.wait` is over.
    case waited
    case pollFailed(SocketIOError)
    /// The POST was answered with status 200.
    case posted
    case postFailed(SocketIOError)
    case abort
  }

  enum Action {
    case poll
    /// Handle `.waited` after this many milliseconds.
    case wait(milliseconds: UInt64)
    case post([EnginePacket])
    /// Cancel the requests that are still under way.
    case cancelRequests
    case report(TransportEvent)
    /// Handle `.proceed`. The next step depends on what the reports before it caused.
    case proceed
  }

  private enum State {
    case idle
    /// The first GET, which brings the handshake, is under way.
    case opening
    case open
    /// No new request until `resume`; reported as paused once none is under way.
    case pausing(isReported: Bool)
    /// Closed while opening. The server keeps the session once it answers, so the handshake is needed to close it.
    case abandoned
    /// A close packet is posted as soon as possible, after the POST under way.
    case closing(isPosted: Bool)
    case closed
  }

  private enum Get {
    case none
    /// `isPinged`: its answer has brought a ping.
    case underWay(isPinged: Bool)
    /// To be sent when the wait is over.
    case waiting
  }

  private enum Post {
    case none
    /// `receipt`: the mark to report as read when the POST is answered.
    case underWay(receipt: UInt64?)
  }

  private var state = State.idle
  private var get = Get.none
  private var post = Post.none
  private var pace = PollPace()
  /// Milliseconds to wait before the next GET, set by `pace` after the last answer.
  private var pause: UInt64 = 0
  private var isReadingPaused = false

  private var isPolling: Bool { if case .underWay = get { true } else { false } }
  private var isPosting: Bool { if case .underWay = post { true } else { false } }

  mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .open:
      guard case .idle = state else { return [] }
      state = .opening
      get = .underWay(isPinged: false)
      return [.poll]
    case .send(let packets):
      guard isOpen else { return [] }
      post = .underWay(receipt: nil)
      return [.post(packets)]
    case .receiptRequested(let mark):
      guard isOpen else { return [] }
      guard isPosting else { return [.report(.readReceipt(mark))] }
      post = .underWay(receipt: mark)
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
      get = .none
      return pollAgain()
    case .proceed:
      // The GET counts as under way until here; otherwise a pause could end before its packets were handled.
      get = .none
      return pollAgain() + reportIfPaused() + postCloseIfPossible()
    case .posted: return posted()
    case .pollFailed(let error):
      get = .none
      return fail(error)
    case .postFailed(let error):
      post = .none
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
        let message = "server error: the answer to a poll is not an Engine.IO payload"
        return actions + fail(SocketIOError(.protocolViolation, message))
      }
      pause = pace.answered(after: took)
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
      // Several pings in one answer are worth one, and get one pong.
      case .ping:
        if case .underWay(isPinged: true) = get { continue }
        if isPolling { get = .underWay(isPinged: true) }
      // Only the handshake opens; the engine handles any other first packet.
      case .open:
        if case .opening = state {
          state = .open
          actions.append(.report(.opened))
        }
      case .pong, .message, .uncompressed, .encoded, .upgrade, .noop: break
      }
      actions.append(.report(.packet(packet)))
    }
    return actions
  }

  private mutating func posted() -> [Action] {
    guard case .underWay(let mark) = post else { return [] }
    post = .none
    let receipt: [Action] = mark.map { [.report(.readReceipt($0))] } ?? []
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
      guard case .none = get, !isReadingPaused else { return [] }
      guard pause == 0 else {
        get = .waiting
        defer { pause = 0 }
        return [.wait(milliseconds: pause)]
      }
      get = .underWay(isPinged: false)
      return [.poll]
    case .idle, .pausing, .abandoned, .closing, .closed: return []
    }
  }

  private mutating func reportIfPaused() -> [Action] {
    guard case .pausing(isReported: false) = state, !isPolling, !isPosting else { return [] }
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
    post = .underWay(receipt: nil)
    return [.post([.close])]
  }

  private mutating func fail(_ error: SocketIOError) -> [Action] {
    switch state {
    case .closed: []
    // Closing already: the error does not matter.
    case .abandoned, .closing: end(.closed(nil))
    case .idle, .opening, .open, .pausing: end(.failed(error))
    }
  }

  private mutating func end(_ event: TransportEvent) -> [Action] {
    state = .closed
    return [.cancelRequests, .report(event)]
  }
}
