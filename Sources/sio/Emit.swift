import ArgumentParser
import SocketIO

struct Emit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Emit one event and print the server's acknowledgement.",
    usage: ConnectionFlags.usage("emit", "<event> [<argument> ...]"),
    discussion: """
      Connects, emits and waits for the acknowledgement, whose arguments are printed as a JSON array on one line. On a \
      terminal it is in colours. Arguments are JSON or bare words: 1 is a number, '"1"' and one are strings, \
      '{"$binary":"AQID"}' is binary, '{"$file":"photo.jpg"}' a file. Put -- before arguments that begin with a dash. An \
      event of more than 1 MB is sent over WebSocket where possible, unless --transports says otherwise; on a terminal, \
      its progress is shown.

      The exit status is 1, with a line on standard error, if the server cannot be reached, refuses the connection or \
      does not answer in time.

      EXAMPLES:
        sio emit http://localhost:3000 add 1 2
        sio emit localhost:3000 hello '{"name":"alice"}' --no-ack
        sio emit https://example.com/admin restart --auth '{"token":"abcd"}'
        sio emit https://example.com ping --timeout 5000 --transports websocket
        sio emit localhost:3000 get-handshake --pretty
        sio emit localhost:3000 add -- -1 2
      """
  )

  @OptionGroup var connection: ConnectionFlags

  @Argument(help: "The name of the event.")
  var event: String

  @Argument(help: "The arguments of the event.", transform: Words.argument)
  var arguments: [SocketValue] = []

  @Flag(name: .customLong("no-ack"), help: "Do not ask for an acknowledgement: exit once the event is sent.")
  var noAck = false

  @OptionGroup var output: OutputFlags

  @Option(
    help: ArgumentHelp(
      "The limit for connecting and waiting together, in milliseconds. (default: 20000)", valueName: "ms"))
  var timeout: Int?

  func validate() throws {
    if let timeout, !(0...86_400_000).contains(timeout) {
      throw ValidationError("--timeout must be from 0 to 86400000 (a day)")
    }
  }

  private enum Outcome: Sendable {
    case connected
    case answered(Result<SocketAnswer, SocketIOError>)
    case failed(SocketIOError)
    /// The Manager will try again.
    case attemptFailed(SocketIOError)
    case gaveUp
  }

  func options() throws -> SocketIOOptions {
    var options = try connection.options()
    if try !connection.sets("reconnection") { options.reconnection = false }
    // An upgrade does not pay for one event.
    if try !connection.sets("upgrade") { options.upgrade = false }
    // A WebSocket shows how much of a large event has been sent; a POST counts as unsent until it is answered.
    if try isLarge && !connection.sets("transports") && !connection.sets("tryAllTransports") {
      options.transports = [.websocket, .polling]
      options.tryAllTransports = true
    }
    // The command's own limit covers the attempt.
    if try timeout != nil || !connection.sets("timeout") { options.timeout = .never }
    return options
  }

  private var isLarge: Bool { arguments.reduce(0) { $0 + $1.size } > UploadProgress.largeSize }

  func run() async throws {
    let options = try options()
    let socket = try io(connection.url(), options: options)
    let (outcomes, feed) = AsyncStream.makeStream(of: Outcome.self)
    socket.on(.connect) { feed.yield(.connected) }
    socket.on(.connectError) { [weak socket] error in
      // If the Socket is gone, nothing will be tried again.
      let isOver = socket?.isOver(after: error) ?? true
      feed.yield(isOver ? .failed(error) : .attemptFailed(error))
    }
    socket.io.on(.reconnectFailed) { feed.yield(.gaveUp) }
    let limit = timeout ?? 20_000
    let timer = Task {
      try await Task.sleep(for: .milliseconds(limit))
      feed.yield(.failed(SocketIOError(.timeout, "no answer within \(limit) ms")))
    }
    defer { timer.cancel() }
    let answered: @Sendable (Result<SocketAnswer, SocketIOError>) -> Void = { feed.yield(.answered($0)) }
    try socket.emit(event, with: arguments, ack: noAck ? nil : answered)
    socket.connect()
    let progress = UploadProgress(of: socket)
    let answer = try await ProgressLine.show({ await progress.text() }) {
      let answer = try await Self.answer(among: outcomes, noAck: noAck)
      await closeAll([socket.io], within: .seconds(5))
      return answer
    }
    if let answer { output.write(.array(answer)) }
  }

  /// - Returns: nil if no answer is wanted.
  private static func answer(among outcomes: AsyncStream<Outcome>, noAck: Bool) async throws -> [SocketValue]? {
    var last = SocketIOError(.connectFailed, "no connection was attempted")
    for await outcome in outcomes {
      switch outcome {
      // Buffered events are sent on connect.
      case .connected: if noAck { return nil }
      case .answered(let result): return try result.get().args
      case .failed(let error): throw error
      case .attemptFailed(let error): last = error
      case .gaveUp: throw last
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

extension SocketValue {
  /// About how many bytes it takes in a packet, without what encoding adds.
  fileprivate var size: Int {
    switch self {
    case .binary(let data): data.count
    case .string(let text): text.utf8.count
    case .array(let elements): elements.reduce(0) { $0 + $1.size }
    case .object(let object): object.reduce(0) { $0 + $1.key.utf8.count + $1.value.size }
    default: 1
    }
  }
}
