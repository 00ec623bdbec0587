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
      connection to the namespace, and when it is not made again.

      EXAMPLES:
        sio connect http://localhost:3000
        sio connect https://example.com/admin --auth '{"token":"abcd"}'
        printf 'add 1 2 ?\\n' | sio connect http://localhost:3000
      """
  )

  private static let ackTimeout = Duration.seconds(20)

  @OptionGroup var connection: ConnectionFlags

  func validate() throws {
    guard connection.auth?.isStandardInput != true else {
      throw ValidationError(
        "standard input is what is typed: give --auth a file, as @FILE, or set \(ConnectionFlags.authVariable)")
    }
  }

  func run() async throws {
    let socket = try io(connection.url, options: connection.options())
    let feed = Feed()
    socket.report(to: feed)
    let interruption = Interruption { feed.tell(.interrupted) }
    Thread.detachNewThread { Self.read(LineReader.standardInput, into: feed) }
    socket.connect()
    var conversation = Conversation(socket: socket, feed: feed, ackTimeout: Self.ackTimeout)
    for await happening in feed.happenings {
      defer { if case .event = happening { feed.makeRoom() } }
      guard try conversation.goesOn(after: happening) else { break }
    }
    feed.end()
    withExtendedLifetime(interruption) {}
    await closeAll([socket.io], within: .seconds(5))
    if connection.verbose { StandardError.write("\(await socket.io.statistics())") }
  }

  private static func read(_ reader: LineReader, into feed: Feed) {
    var reader = reader
    while let line = reader.next() { feed.tell(.typed(String(decoding: line, as: UTF8.self))) }
    feed.tell(.endOfInput)
  }
}
