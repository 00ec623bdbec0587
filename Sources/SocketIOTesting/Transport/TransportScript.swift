package import SocketIO

/// A test's view of one transport, through which it acts as network and server.
package final class TransportScript: Sendable {
  package enum Command: Sendable, Equatable {
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

  package let name: TransportName
  /// The session's id, with which the transport was made.
  package let initialSid: String?
  private let loop: VirtualLoop
  private let onCommand: (@Sendable (Command) -> Void)?
  private let state: Locked<State>

  /// - Parameter onCommand: Gets the commands, which are then not recorded.
  package init(
    _ name: TransportName, sid: String?, loop: VirtualLoop, openFailure: SocketIOError? = nil,
    onCommand: (@Sendable (Command) -> Void)? = nil
  ) {
    self.name = name
    self.loop = loop
    self.onCommand = onCommand
    initialSid = sid
    var state = State()
    state.sid = sid
    // A POST is under way until it is answered; a WebSocket takes more at once.
    state.takesMore = name == .websocket
    state.openFailure = openFailure
    self.state = Locked(state)
  }

  package var sid: String? {
    get { state.withLock { $0.sid } }
    set { state.withLock { $0.sid = newValue } }
  }

  /// What `send` returns.
  package var takesMore: Bool {
    get { state.withLock { $0.takesMore } }
    set { state.withLock { $0.takesMore = newValue } }
  }

  /// Whether the server has read everything as soon as a receipt is requested. Otherwise ``readAll()`` confirms it.
  package var readsAtOnce: Bool {
    get { state.withLock { $0.readsAtOnce } }
    set { state.withLock { $0.readsAtOnce = newValue } }
  }

  /// The marks of the read receipts that were requested.
  package var receiptRequests: [UInt64] { state.withLock { $0.receiptRequests } }

  /// Confirms all requested receipts.
  package func readAll() {
    loop.run()
    if let mark = receiptRequests.last { report(.readReceipt(mark)) }
  }

  /// The transport's `queuedBytes`.
  package var queuedBytes: Int {
    get { state.withLock { $0.queuedBytes } }
    set { state.withLock { $0.queuedBytes = newValue } }
  }

  package var openFailure: SocketIOError? { state.withLock { $0.openFailure } }

  package var commands: [Command] { state.withLock { $0.commands } }

  package var isAborted: Bool { commands.contains(.abort) }

  /// The packets of each `send`.
  package var batches: [[EnginePacket]] {
    commands.compactMap { if case .send(let packets) = $0 { packets } else { nil } }
  }

  package var packets: [EnginePacket] { batches.flatMap { $0 } }

  /// The payloads of the messages among them: a binary one as its size, an uncompressed one with a mark.
  package var messages: [String] {
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

  /// Clears the sent packets.
  package func forget() { state.withLock { $0.commands = [] } }

  /// Has the transport report `event` inside the next call of `command`.
  package func answer(_ command: Command, with event: TransportEvent) {
    state.withLock { $0.answers.append((command, event)) }
  }

  /// Has the transport report, and runs the loop until nothing is left to do.
  package func report(_ events: TransportEvent...) {
    for event in events { post(event) }
    loop.run()
  }

  /// Has the transport report when the loop runs the next time.
  package func post(_ event: TransportEvent) {
    let trigger = state.withLock { state in
      state.pending.append(event)
      return state.trigger
    }
    trigger?.fire()
  }

  /// The server sends messages, each the text of one.
  package func receive(_ messages: String...) {
    for message in messages { report(.packet(.message(.text(message)))) }
  }

  /// The connection is made, and the server opens a session on it.
  package func open(_ handshake: String = handshake()) {
    report(.opened, .packet(.open(handshake)))
  }

  /// The text of a handshake.
  package static func handshake(
    sid: String = "engine-1", upgrades: [String] = [], pingInterval: Int = 25_000, pingTimeout: Int = 20_000,
    maxPayload: Int = 1_000_000
  ) -> String {
    let upgrades = upgrades.map { "\"\($0)\"" }.joined(separator: ",")
    return """
      {"sid":"\(sid)","upgrades":[\(upgrades)],"pingInterval":\(pingInterval),"pingTimeout":\(pingTimeout),"maxPayload":\(maxPayload)}
      """
  }

  // MARK: For the transport

  func bind(_ trigger: VirtualTimer.Trigger) { state.withLock { $0.trigger = trigger } }

  func record(_ command: Command) {
    if let onCommand { onCommand(command) } else { state.withLock { $0.commands.append(command) } }
  }

  /// - Returns: Whether the receipt comes at once.
  func recordReceiptRequest(_ mark: UInt64) -> Bool {
    state.withLock {
      $0.receiptRequests.append(mark)
      return $0.readsAtOnce
    }
  }

  func takePending() -> [TransportEvent] {
    state.withLock { state in
      defer { state.pending = [] }
      return state.pending
    }
  }

  func immediateAnswer(to command: Command) -> TransportEvent? {
    state.withLock { state in
      guard let index = state.answers.firstIndex(where: { $0.command == command }) else { return nil }
      return state.answers.remove(at: index).event
    }
  }
}
