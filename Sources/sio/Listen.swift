import ArgumentParser
import SocketIO

struct Listen: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what the server emits, as JSON lines.",
    discussion: """
      Prints {"event":NAME,"args":[…]} for every event, or for those of one name, until ^C. Losses of the connection are told on standard \
      error, and the connection is made again. The exit status is 1 when the server refuses or ends the connection to the \
      namespace, and when it is not made again.

      EXAMPLES:
        sio listen http://localhost:3000
        sio listen http://localhost:3000/admin news --count 1 | jq '.args[0]'
      """
  )

  @OptionGroup var connection: ConnectionFlags

  @Argument(help: "The name of the only event to print.")
  var event: String?

  @Option(help: ArgumentHelp("Exit after so many events.", valueName: "n"))
  var count: Int?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be at least 1") }
  }

  func run() async throws {
    let socket = try io(connection.url, options: connection.options())
    let feed = Feed()
    socket.report(to: feed)
    let interruption = Interruption { feed.tell(.interrupted) }
    socket.connect()
    var left = count ?? .max
    loop: for await happening in feed.happenings {
      defer { if case .event = happening { feed.makeRoom() } }
      switch happening {
      case .event(let event) where self.event == nil || self.event == event.name:
        StandardOutput.write(SocketValue.object(["event": .string(event.name), "args": .array(event.args)]).json)
        left -= 1
        if left == 0 { break loop }
      case .disconnected(let disconnection):
        StandardError.write("sio: disconnected: \(disconnection.text)")
        if socket.isOver() { throw ExitCode.failure }
      case .gaveUp:
        StandardError.write("sio: gave up reconnecting")
        throw ExitCode.failure
      case .failed(let error):
        if socket.isOver(after: error) { throw error }
        StandardError.write("sio: \(error.message)")
      case .interrupted: break loop
      default: continue
      }
    }
    feed.end()
    withExtendedLifetime(interruption) {}
    await closeAll([socket.io], within: .seconds(5))
  }
}
