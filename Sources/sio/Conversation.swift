import ArgumentParser
import SocketIO

/// Prints what arrives, and emits what is typed.
struct Conversation {
  private let socket: Socket
  private let feed: Feed
  private let ackTimeout: Duration
  private var isInputOver = false
  private var wasConnected = false
  private var awaitedAcks = 0
  private var questions: [Int: Acknowledgement] = [:]
  private var questionCount = 0

  init(socket: Socket, feed: Feed, ackTimeout: Duration) {
    self.socket = socket
    self.feed = feed
    self.ackTimeout = ackTimeout
  }

  /// - Returns: Whether there is anything to wait for.
  mutating func goesOn(after happening: Happening) throws -> Bool {
    switch happening {
    case .connected(let connection):
      wasConnected = true
      let transport = connection.transport.map { " over \($0)" } ?? ""
      tell("* connected to \(socket.namespace) as \(connection.id)\(transport)")
    case .upgraded(let transport): tell("* upgraded to \(transport)")
    case .disconnected(let disconnection):
      tell("* disconnected: \(disconnection.text)")
      if socket.isOver() { throw ExitCode.failure }
    case .failed(let error):
      if socket.isOver(after: error) { throw error }
      tell("! \(error.message)")
    case .gaveUp:
      tell("! gave up reconnecting")
      throw ExitCode.failure
    case .event(let event): show(event)
    case .answered(let event, let result):
      awaitedAcks -= 1
      switch result {
      case .success(let arguments): tell("= \(event)\(TypedLine.text(arguments))")
      case .failure(let error): tell("! \(event): \(error.message)")
      }
    case .typed(let line): carryOut(line)
    case .endOfInput: isInputOver = true
    case .interrupted: return false
    }
    return !(isInputOver && wasConnected && awaitedAcks == 0)
  }

  private func tell(_ line: String) { StandardOutput.write(line.escapingControls) }

  private mutating func show(_ event: SocketEvent) {
    var number = ""
    if let ack = event.ack {
      questionCount += 1
      questions[questionCount] = ack
      number = "  #\(questionCount)"
    }
    tell("< \(event.name)\(TypedLine.text(event.args))\(number)")
  }

  private mutating func carryOut(_ line: String) {
    do {
      switch try TypedLine(line) {
      case nil: break
      case .emit(let event, let arguments, wantsAnswer: false)?:
        try socket.emit(event, with: arguments)
      case .emit(let event, let arguments, wantsAnswer: true)?:
        try socket.timeout(ackTimeout).emit(event, with: arguments) { [feed] result in
          feed.tell(.answered(event: event, result))
        }
        awaitedAcks += 1
      case .answer(let number, let arguments)?:
        guard let question = questions.removeValue(forKey: number) else {
          throw Words.Malformed(description: "nothing waits for the answer #\(number)")
        }
        question.send(arguments)
      }
    } catch {
      tell("! \(error)")
    }
  }
}
