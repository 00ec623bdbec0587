import ArgumentParser
import Dispatch
import SocketIO

struct Script: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Drive the client with JSON lines, from any language.",
    discussion: """
      Reads one command per line from standard input, and writes what happens to standard output, one JSON object per \
      line. A URL makes the socket "main" at once.

      Every command takes "socket", by default "main", and "tag", which comes back in the lines that the command causes.

      COMMANDS:
        {"do":"io","socket":"s2","url":"http://…/admin","options":{…}}
        {"do":"location","url":"http://…"}
        {"do":"connect"}  {"do":"disconnect"}  {"do":"open"}  {"do":"close"}
        {"do":"state"}
        {"do":"emit","event":"hello","args":[…],"ack":true,"timeout":500,
              "volatile":true}
        {"do":"reply","call":7,"args":[…]}
        {"do":"opts","set":{"query":{…}}}
        {"do":"auth","value":{…}}
        {"do":"when","on":"connect","then":[COMMAND,…],"times":1}
              on: connect, disconnect, connect_error, event:NAME, manager:NAME
        {"do":"sleep","ms":100}
        {"do":"quit"}

      Options have the names of the JavaScript client, durations are milliseconds, binary is {"$binary":"<base64>"}, \
      and certificates are PEM text or {"$file":"path"}. Beyond that client there are pins (a list of strings), \
      maxMessageSize, highWaterMark and inboundBuffer (bytes), offlineBuffer, such as \
      {"maxEvents":1000,"maxBytes":65536,"overflow":"dropOldest"} (or "refuse", "dropNewest"), and in agent, besides \
      proxy, keepAlive and localAddress, usesEnvironment. A command that cannot be carried out is answered by an \
      "error" line. At the end of the input, or with "quit", every socket is disconnected, and the exit status is 0.

      EXAMPLES:
        echo '{"do":"sleep","ms":1000}' | sio script http://localhost:3000
        sio script http://localhost:3000/admin --options '{"auth":{"token":"abcd"}}'
      """
  )

  @Argument(help: "The URL of the socket \"main\".")
  var url: String?

  @Option(help: "Its options, a JSON object.", transform: { try TextSource(literal: $0).object() })
  var options: SocketObject?

  @Flag(help: "Log to standard error what the library does.")
  var verbose = false

  func validate() throws {
    if options != nil, url == nil { throw ValidationError("--options needs a URL") }
  }

  func run() async throws {
    let session = await ScriptSession(output: ScriptOutput(), logger: verbose ? .standardError : nil)
    if let url {
      let main = ScriptCommand(url: url, options: options ?? [:])
      await session.run(main, call: nil)
    }
    DispatchQueue(label: "sio.input").async { Self.read(LineReader.standardInput, into: session) }
    await session.ended()
  }

  /// Blocks its own thread between lines, but never the session.
  private static func read(_ reader: LineReader, into session: ScriptSession) {
    var reader = reader
    var number = 0
    while let line = reader.next() {
      number += 1
      let pause = DispatchQueue.main.sync { [number] in
        MainActor.assumeIsolated { session.run(line: line, number: number) }
      }
      switch pause {
      case .none: break
      case .sleep(let duration): _ = DispatchSemaphore(value: 0).wait(timeout: .now() + duration / .seconds(1))
      case .settling(let manager, let command):
        let settled = DispatchSemaphore(value: 0)
        Task {
          _ = await manager.statistics()
          settled.signal()
        }
        settled.wait()
        DispatchQueue.main.sync { MainActor.assumeIsolated { session.run(command, call: nil) } }
      }
    }
    DispatchQueue.main.sync { MainActor.assumeIsolated { session.quit() } }
  }
}
