@testable import SocketIO

/// A transport that does nothing by itself: a test says through its ``TransportScript`` what happens to it.
final class ScriptedTransport: Transport {
  var onEvent: ((TransportEvent) -> Void)?

  var sid: String? {
    get { script.sid }
    set { script.sid = newValue }
  }

  private let script: TransportScript
  private var timer: VirtualTimer?

  init(_ script: TransportScript, loop: VirtualLoop) {
    self.script = script
    let timer = VirtualTimer(loop: loop) { [weak self] in self?.reportPending() }
    self.timer = timer
    script.bind(timer.trigger)
  }

  func open() throws(SocketIOError) {
    script.record(.open)
    if let error = script.openFailure { throw error }
  }

  func send(_ packets: [EnginePacket]) -> Bool {
    script.record(.send(packets))
    return script.takesMore
  }

  func requestReadReceipt(_ mark: UInt64) {
    if script.recordReceiptRequest(mark) { onEvent?(.readReceipt(mark)) }
  }

  var queuedBytes: Int { script.queuedBytes }

  func pause() { perform(.pause) }
  func resume() { perform(.resume) }
  func pauseReading() { perform(.pauseReading) }
  func resumeReading() { perform(.resumeReading) }
  func close() { perform(.close) }

  func abort() {
    script.record(.abort)
    onEvent = nil
  }

  private func perform(_ command: TransportScript.Command) {
    script.record(command)
    if let event = script.immediateAnswer(to: command) { onEvent?(event) }
  }

  private func reportPending() {
    for event in script.takePending() { onEvent?(event) }
  }
}

/// What a test sees of one transport, and by which it acts as network and server.
final class TransportScript: Sendable {
  enum Command: Sendable, Equatable {
    case open
    case send([EnginePacket])
    case pause
    case resume
    case pauseReading
    case resumeReading
    case close
    case abort
  }

  private struct State: Sendable {
    var sid: String?
    var commands: [Command] = []
    var pending: [TransportEvent] = []
    var takesMore = true
    var queuedBytes = 0
    var openFailure: SocketIOError?
    var readsAtOnce = true
    var receiptRequests: [UInt64] = []
    var answers: [(command: Command, event: TransportEvent)] = []
    var trigger: VirtualTimer.Trigger?
  }

  let name: TransportName
  /// The session's id, with which the transport was made.
  let initialSid: String?
  private let loop: VirtualLoop
  private let state: Locked<State>

  init(_ name: TransportName, sid: String?, loop: VirtualLoop, openFailure: SocketIOError? = nil) {
    self.name = name
    self.loop = loop
    initialSid = sid
    var state = State()
    state.sid = sid
    // A POST is under way until it is answered; a WebSocket takes frame after frame.
    state.takesMore = name == .websocket
    state.openFailure = openFailure
    self.state = Locked(state)
  }

  var sid: String? {
    get { state.withLock { $0.sid } }
    set { state.withLock { $0.sid = newValue } }
  }

  /// What `send` returns.
  var takesMore: Bool {
    get { state.withLock { $0.takesMore } }
    set { state.withLock { $0.takesMore = newValue } }
  }

  /// Whether the server has read what was sent as soon as it is asked for. Else ``readAll()`` says so.
  var readsAtOnce: Bool {
    get { state.withLock { $0.readsAtOnce } }
    set { state.withLock { $0.readsAtOnce = newValue } }
  }

  /// The marks of the read receipts that were requested.
  var receiptRequests: [UInt64] { state.withLock { $0.receiptRequests } }

  /// The server has read all that receipts were requested for.
  func readAll() {
    loop.run()
    if let mark = receiptRequests.last { report(.readReceipt(mark)) }
  }

  /// What the transport says that it has not handed over yet.
  var queuedBytes: Int {
    get { state.withLock { $0.queuedBytes } }
    set { state.withLock { $0.queuedBytes = newValue } }
  }

  var openFailure: SocketIOError? { state.withLock { $0.openFailure } }

  var commands: [Command] { state.withLock { $0.commands } }

  var isAborted: Bool { commands.contains(.abort) }

  /// The packets of each `send`.
  var batches: [[EnginePacket]] {
    commands.compactMap { if case .send(let packets) = $0 { packets } else { nil } }
  }

  var packets: [EnginePacket] { batches.flatMap { $0 } }

  /// The payloads of the messages among them; a binary one as its size, one that is not to be compressed with a mark.
  var messages: [String] {
    packets.compactMap {
      switch $0 {
      case .message(let message): Self.text(message)
      case .uncompressed(let message): "uncompressed \(Self.text(message))"
      default: nil
      }
    }
  }

  private static func text(_ message: EngineMessage) -> String {
    switch message {
    case .text(let text): text
    case .binary(let data): "<\(data.count) bytes>"
    }
  }

  /// Forgets what was sent up to now.
  func forget() { state.withLock { $0.commands = [] } }

  /// Has the transport report `event` inside the next call of `command`.
  func answer(_ command: Command, with event: TransportEvent) {
    state.withLock { $0.answers.append((command, event)) }
  }

  /// Has the transport report, and runs the loop until nothing is left to do.
  func report(_ events: TransportEvent...) {
    for event in events { post(event) }
    loop.run()
  }

  /// Has the transport report when the loop runs the next time.
  func post(_ event: TransportEvent) {
    let trigger = state.withLock { state in
      state.pending.append(event)
      return state.trigger
    }
    trigger?.fire()
  }

  /// The server sends messages, each the text of one.
  func receive(_ messages: String...) {
    for message in messages { report(.packet(.message(.text(message)))) }
  }

  /// The connection is made, and the server opens a session on it.
  func open(_ handshake: String = Fixture.handshake()) {
    report(.opened, .packet(.open(handshake)))
  }

  // MARK: For the transport

  fileprivate func bind(_ trigger: VirtualTimer.Trigger) { state.withLock { $0.trigger = trigger } }

  fileprivate func record(_ command: Command) { state.withLock { $0.commands.append(command) } }

  /// - Returns: Whether the receipt comes at once.
  fileprivate func recordReceiptRequest(_ mark: UInt64) -> Bool {
    state.withLock {
      $0.receiptRequests.append(mark)
      return $0.readsAtOnce
    }
  }

  fileprivate func takePending() -> [TransportEvent] {
    state.withLock { state in
      defer { state.pending = [] }
      return state.pending
    }
  }

  fileprivate func immediateAnswer(to command: Command) -> TransportEvent? {
    state.withLock { state in
      guard let index = state.answers.firstIndex(where: { $0.command == command }) else { return nil }
      return state.answers.remove(at: index).event
    }
  }
}
