import ArgumentParser
import Foundation
import SocketIO

struct Connect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Talk to a server: print what arrives, emit what is typed.",
    discussion: """
      Type the name of an event and its arguments, in JSON or as bare words; single quotes make a string of anything. \
      End the line with ? to ask for an acknowledgement. An event that the server wants to be answered is shown with a number: \
      type the number and the answer.

        hello world {"n": 1}       emits hello with a string and an object
        add 1 2 ?                  emits add, and prints the acknowledgement
        say 'two words' "1" 1      strings, and a number
        upload {"$binary":"AQID"}  binary, in base64
        #3 yes                     answers the event that was shown with #3

      What is printed begins with < for an event, = for an acknowledgement, * for the state of the connection and ! for an error. \
      What is typed before the connection stands is emitted then. The end of the input (^D) waits for the acknowledgements that were asked \
      for, at most 20 seconds each; ^C does not. Both disconnect, and the exit status is 0. It is 1 when the server refuses or ends the \
      connection to the namespace.

      EXAMPLES:
        sio connect http://localhost:3000
        sio connect https://example.com/admin --auth '{"token":"abcd"}'
        printf 'add 1 2 ?\\n' | sio connect http://localhost:3000
      """
  )

  private static let ackTimeout = Duration.seconds(20)

  @OptionGroup var connection: ConnectionFlags

  func run() async throws {
    let socket = try io(connection.url, options: connection.options())
    let (happenings, feed) = AsyncStream.makeStream(of: Happening.self)
    socket.report(to: feed)
    let interruption = Interruption { feed.yield(.interrupted) }
    Thread.detachNewThread { Self.read(LineReader.standardInput, into: feed) }
    socket.connect()
    var conversation = Conversation(socket: socket, feed: feed, ackTimeout: Self.ackTimeout)
    for await happening in happenings {
      guard try conversation.goesOn(after: happening) else { break }
    }
    withExtendedLifetime(interruption) {}
    await closeAll([socket.io], within: .seconds(5))
  }

  private static func read(_ reader: LineReader, into feed: AsyncStream<Happening>.Continuation) {
    var reader = reader
    while let line = reader.next() { feed.yield(.typed(String(decoding: line, as: UTF8.self))) }
    feed.yield(.endOfInput)
  }
}

/// Prints what arrives, and emits what is typed.
struct Conversation {
  private let socket: Socket
  private let feed: AsyncStream<Happening>.Continuation
  private let ackTimeout: Duration
  private var isInputOver = false
  private var wasConnected = false
  private var awaitedAcks = 0
  private var questions: [Int: Acknowledgement] = [:]
  private var questionCount = 0

  init(socket: Socket, feed: AsyncStream<Happening>.Continuation, ackTimeout: Duration) {
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
      StandardOutput.write("* connected to \(socket.namespace) as \(connection.id)\(transport)")
    case .upgraded(let transport): StandardOutput.write("* upgraded to \(transport)")
    case .disconnected(let disconnection):
      StandardOutput.write("* disconnected: \(disconnection.text)")
      if !socket.active { throw ExitCode.failure }
    case .failed(let error):
      guard socket.active else { throw error }
      StandardOutput.write("! \(error.message)")
    case .event(let event): show(event)
    case .answered(let event, let result):
      awaitedAcks -= 1
      switch result {
      case .success(let arguments): StandardOutput.write("= \(event)\(TypedLine.text(arguments))")
      case .failure(let error): StandardOutput.write("! \(event): \(error.message)")
      }
    case .typed(let line): carryOut(line)
    case .endOfInput: isInputOver = true
    case .interrupted: return false
    }
    return !(isInputOver && wasConnected && awaitedAcks == 0)
  }

  private mutating func show(_ event: SocketEvent) {
    var number = ""
    if let ack = event.ack {
      questionCount += 1
      questions[questionCount] = ack
      number = "  #\(questionCount)"
    }
    StandardOutput.write("< \(event.name)\(TypedLine.text(event.args))\(number)")
  }

  private mutating func carryOut(_ line: String) {
    do {
      switch try TypedLine(line) {
      case nil: break
      case .emit(let event, let arguments, wantsAnswer: false)?:
        try Emitter(socket).emit(event, with: arguments)
      case .emit(let event, let arguments, wantsAnswer: true)?:
        try socket.timeout(ackTimeout).emit(event, with: arguments) { [feed] result in
          feed.yield(.answered(event: event, result))
        }
        awaitedAcks += 1
      case .answer(let number, let arguments)?:
        guard let question = questions.removeValue(forKey: number) else {
          throw Words.Malformed(description: "nothing waits for the answer #\(number)")
        }
        question.send(arguments)
      }
    } catch {
      StandardOutput.write("! \(error)")
    }
  }
}
