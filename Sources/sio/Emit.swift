import ArgumentParser
import SocketIO

struct Emit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Emit one event and print the server's acknowledgement.",
    discussion: """
      Connects, emits and waits for the acknowledgement, whose arguments are printed as one line with a JSON array. \
      Arguments are JSON or bare words: 1 is a number, '"1"' and one are strings, '{"$binary":"AQID"}' is binary. \
      Put -- before arguments that begin with a dash.

      The exit status is 1, with a line on standard error, when the server cannot be reached, refuses the connection or does not \
      answer in time.

      EXAMPLES:
        sio emit http://localhost:3000 add 1 2
        sio emit http://localhost:3000 hello '{"name":"alice"}' --no-ack
        sio emit https://example.com/admin restart --auth '{"token":"abcd"}'
        sio emit https://example.com ping --timeout 5000 --transports websocket
        sio emit http://localhost:3000 add -- -1 2
      """
  )

  @OptionGroup var connection: ConnectionFlags

  @Argument(help: "The name of the event.")
  var event: String

  @Argument(help: "What to send along.", transform: Words.argument)
  var arguments: [SocketValue] = []

  @Flag(name: .customLong("no-ack"), help: "Do not ask for an acknowledgement: exit when the event is out.")
  var noAck = false

  @Option(help: ArgumentHelp("How long connecting and waiting may take, in milliseconds.", valueName: "ms"))
  var timeout = 20_000

  func validate() throws {
    guard (0...86_400_000).contains(timeout) else {
      throw ValidationError("--timeout must be from 0 to 86400000 (a day)")
    }
  }

  private enum Outcome: Sendable {
    case connected
    case answered(Result<[SocketValue], SocketIOError>)
    case failed(SocketIOError)
  }

  func run() async throws {
    var options = try connection.options()
    options.reconnection = false
    // For one event the way to a better transport does not pay.
    options.upgrade = false
    let socket = try io(connection.url, options: options)
    let (outcomes, feed) = AsyncStream.makeStream(of: Outcome.self)
    socket.on(.connect) { feed.yield(.connected) }
    socket.on(.connectError) { error in feed.yield(.failed(error)) }
    let timer = Task {
      try await Task.sleep(for: .milliseconds(timeout))
      feed.yield(.failed(SocketIOError(.timeout, "there was no answer within \(timeout) ms")))
    }
    defer { timer.cancel() }
    let answered: @Sendable (Result<[SocketValue], SocketIOError>) -> Void = { feed.yield(.answered($0)) }
    try Emitter(socket).emit(event, with: arguments, ack: noAck ? nil : answered)
    socket.connect()
    let answer = try await Self.answer(among: outcomes, noAck: noAck)
    await closeAll([socket.io], within: .seconds(5))
    if let answer { StandardOutput.write(SocketValue.array(answer).json) }
  }

  /// - Returns: nil where no answer is wanted.
  private static func answer(among outcomes: AsyncStream<Outcome>, noAck: Bool) async throws -> [SocketValue]? {
    for await outcome in outcomes {
      switch outcome {
      // What was emitted before is sent then.
      case .connected: if noAck { return nil }
      case .answered(let result): return try result.get()
      case .failed(let error): throw error
      }
    }
    throw CancellationError()
  }
}

extension Words {
  static func argument(_ text: String) throws -> SocketValue {
    do {
      return try value(text)
    } catch {
      throw ValidationError(error.description)
    }
  }
}
