import ArgumentParser
import SocketIO

/// Prints incoming events, and emits typed lines.
struct InteractiveSession {
  /// What is printed besides the events.
  struct Style {
    var values = ValueText(isPretty: false)
    /// The time in front of each line.
    var hasTimes = false
    /// How long acknowledgements took.
    var hasRoundTrips = false
  }

  private let socket: Socket
  private let feed: Feed
  private let ackTimeout: Duration
  private let style: Style
  private let output: any SessionOutput
  private var isInputOver = false
  private var wasConnected = false
  private var awaitedAcks = 0
  private var questions: [Int: Acknowledgement] = [:]
  private var questionCount = 0

  init(socket: Socket, feed: Feed, ackTimeout: Duration, style: Style, output: any SessionOutput) {
    self.socket = socket
    self.feed = feed
    self.ackTimeout = ackTimeout
    self.style = style
    self.output = output
  }

  /// - Returns: Whether there is anything left to wait for.
  mutating func goesOn(after event: ConsoleEvent) throws -> Bool {
    switch event {
    case .connected(let connection):
      wasConnected = true
      tell(state: connection.text(namespace: socket.namespace))
    case .upgraded(let transport): tell(state: "upgraded to \(transport)")
    case .disconnected(let disconnection):
      tell(state: "disconnected: \(disconnection.text)")
      if socket.isOver() { throw ExitCode.failure }
    case .failed(let error):
      if socket.isOver(after: error) { throw error }
      tell(failure: error.message)
    case .gaveUp:
      tell(failure: "gave up reconnecting")
      throw ExitCode.failure
    case .event(let event): show(event)
    case .answered(let event, let result, let roundTrip):
      awaitedAcks -= 1
      switch result {
      case .success(let answer):
        var text = StyledText("= ", .green)
        write(event, answer.args, to: &text)
        if style.hasRoundTrips { text.append("  \(roundTrip.forPeople)", .faint) }
        tell(text)
      case .failure(let error): tell(failure: "\(event): \(error.message)")
      }
    case .progress(let text): tell(state: text)
    case .typed(let line):
      if try carryOut(line) == .quit { return false }
    case .endOfInput: isInputOver = true
    case .interrupted: return false
    }
    return !(isInputOver && wasConnected && awaitedAcks == 0)
  }

  private func tell(_ text: StyledText) {
    output.write(style.hasTimes ? text.prefixed(with: "\(TimeOfDay.now()) ", .faint) : text)
  }

  private func tell(state: String) { tell(StyledText("* \(state)", .faint)) }

  private func tell(failure: String) { tell(StyledText("! \(failure)", .red)) }

  private func write(_ event: String, _ arguments: [SocketValue], to text: inout StyledText) {
    text.append(event, .bold)
    for argument in arguments {
      text.append(" ")
      style.values.write(argument, to: &text)
    }
  }

  private mutating func show(_ event: SocketEvent) {
    output.learn(event: event.name)
    var text = StyledText("< ", .cyan)
    write(event.name, event.args, to: &text)
    if let ack = event.ack {
      questionCount += 1
      questions[questionCount] = ack
      text.append("  #\(questionCount)", .yellow)
    }
    tell(text)
  }

  /// - Returns: The command of the session that was carried out.
  private mutating func carryOut(_ line: String) throws -> TypedLine.Command? {
    do {
      switch try TypedLine(line) {
      case nil: break
      case .command(let command)?:
        if command == .help { for line in TypedLine.help { output.write(StyledText(line)) } }
        return command
      case .emit(let event, let arguments, let wantsAnswer)?:
        output.learn(event: event)
        try emit(event, arguments, wantsAnswer: wantsAnswer)
      case .answer(let number, let arguments)?:
        guard let question = questions.removeValue(forKey: number) else {
          throw Words.Malformed(description: "nothing waits for the answer #\(number)")
        }
        question.send(arguments)
      }
    } catch {
      tell(failure: "\(error)")
    }
    return nil
  }

  private mutating func emit(_ event: String, _ arguments: [SocketValue], wantsAnswer: Bool) throws {
    guard wantsAnswer else { return try socket.emit(event, with: arguments) }
    let start = ContinuousClock.now
    try socket.timeout(ackTimeout).emit(event, with: arguments) { [feed] result in
      feed.tell(.answered(event: event, result, after: .now - start))
    }
    awaitedAcks += 1
  }
}
