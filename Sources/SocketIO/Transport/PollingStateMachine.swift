/// HTTP long-polling as events and actions: at most one GET and one POST at a time, a GET again as soon as the last is answered.
struct PollingStateMachine {
  enum Event {
    case open
    case send([EnginePacket])
    case pause
    case resume
    /// No GET until `resumeReading`.
    case pauseReading
    case resumeReading
    case close
    /// The GET was answered with status 200: its packets, and whether the whole body could be decoded.
    case polled([EnginePacket], isWhole: Bool)
    /// What `.polled` reported has been dealt with.
    case proceed
    case pollFailed(SocketIOError)
    /// The POST was answered with status 200.
    case posted
    case postFailed(SocketIOError)
    case abort
  }

  enum Action {
    case poll
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
    case .polled(let packets, let isWhole):
      return polled(packets, isWhole: isWhole)
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

  private mutating func polled(_ packets: [EnginePacket], isWhole: Bool) -> [Action] {
    switch state {
    case .idle, .closed: return []
    case .closing: return packets.contains(.close) ? end(.closed(nil)) : [.proceed]
    case .abandoned:
      guard let handshake = packets.first, case .open = handshake else { return end(.closed(nil)) }
      state = .closing(isPosted: false)
      return [.report(.packet(handshake)), .proceed]
    case .opening, .open, .pausing: break
    }
    var actions: [Action] = []
    for packet in packets {
      if packet == .close {
        return actions + end(.closed(SocketIOError(.connectionLost, "transport closed by the server")))
      }
      // Only the handshake opens; whatever else a server says first is for the engine to judge.
      if case .opening = state, case .open = packet {
        state = .open
        actions.append(.report(.opened))
      }
      actions.append(.report(.packet(packet)))
    }
    guard isWhole else {
      let message = "server error: the answer to a poll is no Engine.IO payload"
      return actions + fail(SocketIOError(.protocolViolation, message))
    }
    return actions + [.proceed]
  }

  private mutating func posted() -> [Action] {
    switch state {
    case .open: [.report(.writable)]
    case .pausing: [.report(.writable)] + reportIfPaused()
    case .closing(isPosted: true): end(.closed(nil))
    case .closing(isPosted: false): postCloseIfPossible()
    case .idle, .opening, .abandoned, .closed: []
    }
  }

  private mutating func pollAgain() -> [Action] {
    switch state {
    case .opening, .open:
      guard !isPolling, !isReadingPaused else { return [] }
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

  private var isClosed: Bool {
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
