import ArgumentParser
import SocketIO

/// The command-line tool.
@main
struct Sio: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sio",
    abstract: "A Socket.IO client for the command line.",
    discussion: """
      Connects to servers of Socket.IO 3 and 4. The path of the URL is the namespace.

      EXAMPLES:
        sio connect localhost:3000
        sio emit http://localhost:3000/admin hello '{"name":"alice"}'
        sio listen localhost:3000 news --count 1
        sio context add live https://example.com --auth @token.json
        sio connect --help
      """,
    version: "sio \(LibraryVersion.number) (\(LibraryVersion.components))",
    subcommands: [Connect.self, Emit.self, Listen.self, ContextCommand.self, Script.self, Bench.self]
  )

  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      exit(withStatusOf: error)
    }
  }

  /// Exits with 0 after `--help` and `--version`, 2 for unusable arguments and 1 for other failures, both with a
  /// one-line message.
  private static func exit(withStatusOf error: any Error) -> Never {
    if exitCode(for: error) == .success {
      print(fullMessage(for: error))
      exit(withError: ExitCode.success)
    }
    // What has happened was printed where it happened.
    if let status = error as? ExitCode { exit(withError: status) }
    let isInvalid = exitCode(for: error) == .validationFailure
    let arguments = isInvalid ? Array(CommandLine.arguments.dropFirst()) : []
    StandardError.write("sio: \(text(error, arguments: arguments))")
    let isUsage = isInvalid || (error as? SocketIOError)?.isUsage == true
    exit(withError: isUsage ? ExitCode(2) : ExitCode.failure)
  }

  private static func text(_ error: any Error, arguments: [String]) -> String {
    let commands = configuration.subcommands.map { $0._commandName }
    if let text = UsageError.withoutCommand(arguments, commands: commands) { return text }
    let message = message(for: error)
    return UsageError.text(message, arguments: arguments)
      + UsageError.hint(message, arguments: arguments, commands: commands)
  }
}

extension SocketIOError {
  /// Whether the arguments caused the error, not the server or the network.
  fileprivate var isUsage: Bool {
    [.invalidURL, .invalidOption, .tlsOption, .reservedEvent].contains(code)
  }
}
