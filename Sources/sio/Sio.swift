import ArgumentParser
import Foundation
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
        sio connect http://localhost:3000
        sio emit http://localhost:3000/admin hello '{"name":"alice"}'
        sio listen http://localhost:3000 news --count 1
        sio connect --help
      """,
    version: "sio \(LibraryVersion.number) (\(LibraryVersion.components))",
    subcommands: [Connect.self, Emit.self, Listen.self, Script.self, Bench.self]
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

  /// 0 after `--help` and `--version`, 2 for arguments that cannot be used, 1 for what failed: with one line that says what.
  private static func exit(withStatusOf error: any Error) -> Never {
    if exitCode(for: error) == .success {
      print(fullMessage(for: error))
      Foundation.exit(EXIT_SUCCESS)
    }
    let isInvalid = exitCode(for: error) == .validationFailure
    let arguments = isInvalid ? Array(CommandLine.arguments.dropFirst()) : []
    StandardError.write("sio: \(UsageError.text(message(for: error), arguments: arguments))")
    let isUsage = isInvalid || (error as? SocketIOError)?.isUsage == true
    Foundation.exit(isUsage ? 2 : EXIT_FAILURE)
  }
}

extension SocketIOError {
  /// Whether the arguments were at fault, not the server or the network.
  fileprivate var isUsage: Bool {
    [.invalidURL, .invalidOption, .tlsOption, .reservedEvent].contains(code)
  }
}
