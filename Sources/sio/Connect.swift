import ArgumentParser
import Dispatch
import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct Connect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Talk to a server: print what arrives, emit what is typed.",
    usage: ConnectionFlags.usage("connect"),
    discussion: """
      Type the name of an event and its arguments, as JSON or bare words; text in single quotes is always a string. \
      End the line with ? to ask for an acknowledgement. An event that the server wants acknowledged is shown with a \
      number: type the number and the answer.

        hello world {"n": 1}       emits hello with a string and an object
        add 1 2 ?                  emits add, and prints the acknowledgement
        say 'two words' "1" 1      strings, and a number
        upload {"$binary":"AQID"}  binary, in base64
        #3 yes                     answers the event shown with #3

      Output lines begin with < for an event, = for an acknowledgement, * for the state of the connection and ! for an \
      error. Lines typed before the connection is open are emitted as soon as it is. The end of the input (^D) waits \
      for pending acknowledgements, up to 20 seconds each; ^C and /quit do not. All disconnect with exit status 0. The \
      status is 1 if the server refuses or ends the connection to the namespace, or if reconnection fails.

      On a terminal the line can be edited as in a shell: arrow keys, ^A, ^E, ^W, ^K, ^U, ^Y. Earlier lines come back \
      with the arrow keys and ^R; they are kept in sio/history in $XDG_STATE_HOME, by default ~/.local/state, unless \
      they begin with a space or look secret, such as login {"password":"x"}. Tab completes names of events. /help \
      shows what can be typed. NO_COLOR turns colours off.

      EXAMPLES:
        sio connect localhost:3000
        sio connect https://example.com/admin --auth '{"token":"abcd"}'
        printf 'add 1 2 ?\\n' | sio connect localhost:3000
      """
  )

  private static let ackTimeout = Duration.seconds(20)

  @OptionGroup var connection: ConnectionFlags

  @OptionGroup var output: OutputFlags

  @Flag(help: "Print the time in front of each line.")
  var timestamps = false

  func validate() throws {
    guard connection.server.auth?.isStandardInput != true else {
      throw ValidationError(
        "connect reads typed lines from standard input: use --auth @FILE, or set \(ConnectionFlags.authVariable)")
    }
  }

  func run() async throws {
    let socket = try io(connection.url(), options: connection.options())
    let feed = Feed()
    socket.report(to: feed)
    let interruption = SignalHandler.interruption { feed.tell(.interrupted) }
    let console = isOnTerminal ? TerminalConsole(history: .usual(), hasColours: StandardOutput.hasColours) : nil
    let change = console.map { console in SignalHandler.terminalChange { console.adapt() } }
    // A slow server should not look like a stuck program.
    console?.write(StyledText("* connecting; type /help for help", .faint))
    console?.begin()
    defer { console?.end() }
    DispatchQueue(label: "sio.input").async {
      if let console { console.read(into: feed) } else { Self.read(LineReader.standardInput, into: feed) }
    }
    let uploads = console.map { _ in Self.reportUploads(of: socket, to: feed) }
    defer { uploads?.cancel() }
    socket.connect()
    let style = InteractiveSession.Style(
      values: ValueText(isPretty: output.pretty), hasTimes: timestamps, hasRoundTrips: StandardOutput.isTerminal)
    var session = InteractiveSession(
      socket: socket, feed: feed, ackTimeout: Self.ackTimeout, style: style, output: console ?? PlainOutput())
    for await happened in feed.events {
      defer { if case .event = happened { feed.makeRoom() } }
      guard try session.goesOn(after: happened) else { break }
    }
    feed.end()
    console?.end()
    withExtendedLifetime((interruption, change)) {}
    await closeAll([socket.io], within: .seconds(5))
    if connection.verbose { StandardError.write("\(await socket.io.statistics())") }
  }

  /// Whether a person can edit lines: both ends are a terminal whose cursor moves, and the log does not get in between.
  private var isOnTerminal: Bool {
    Terminal.isTerminal(Descriptor.standardInput) && StandardOutput.isTerminal
      && StyledText.canMoveCursor(ProcessInfo.processInfo.environment)
      && !(connection.verbose && Terminal.isTerminal(Descriptor.standardError))
  }

  /// Reports how much of large events was sent: each second that it has changed.
  private static func reportUploads(of socket: Socket, to feed: Feed) -> Task<Void, any Error> {
    let progress = UploadProgress(of: socket)
    return Task {
      var last: String?
      while true {
        try await Task.sleep(for: .seconds(1))
        let text = await progress.text()
        if let text, text != last { feed.tell(.progress(text)) }
        last = text
      }
    }
  }

  private static func read(_ reader: LineReader, into feed: Feed) {
    var reader = reader
    while let line = reader.next() { feed.tell(.typed(String(decoding: line, as: UTF8.self))) }
    feed.tell(.endOfInput)
  }
}
