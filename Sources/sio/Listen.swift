import ArgumentParser
import SocketIO

struct Listen: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what the server emits, as JSON lines.",
    usage: ConnectionFlags.usage("listen", "[<event>]"),
    discussion: """
      Prints {"event":NAME,"args":[…]} for every event, or for those of one name, until ^C. Connections, and their \
      losses, are reported on standard error; lost ones are made again. The exit status is 1 if the server refuses or \
      ends the connection to the namespace, or if reconnection fails.

      EXAMPLES:
        sio listen http://localhost:3000
        sio listen localhost:3000/admin news --count 1 | jq '.args[0]'
        sio listen @live --pretty
      """
  )

  @OptionGroup var connection: ConnectionFlags

  @Argument(help: "The name of the only event to print.")
  var event: String?

  @OptionGroup var output: OutputFlags

  @Option(help: ArgumentHelp("Exit after this many events.", valueName: "n"))
  var count: Int?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be at least 1") }
  }

  func run() async throws {
    let socket = try io(connection.url(), options: connection.options())
    let feed = Feed()
    socket.report(to: feed)
    let interruption = SignalHandler.interruption { feed.tell(.interrupted) }
    socket.connect()
    var left = count ?? .max
    loop: for await happened in feed.events {
      defer { if case .event = happened { feed.makeRoom() } }
      switch happened {
      case .event(let event) where self.event == nil || self.event == event.name:
        output.write(["event": .string(event.name), "args": .array(event.args)])
        left -= 1
        if left == 0 { break loop }
      case .connected(let connection):
        StandardError.write("sio: \(connection.text(namespace: socket.namespace))")
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
