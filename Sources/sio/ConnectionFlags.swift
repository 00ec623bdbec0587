import ArgumentParser
import Foundation
import Logging
import SocketIO

/// The flags that every command with a connection has.
struct ConnectionFlags: ParsableArguments {
  @Argument(help: "The server, and as its path the namespace: http://localhost:3000/admin")
  var url: String

  @Option(help: "Credentials for the namespace, a JSON object.", transform: Self.object)
  var auth: SocketObject?

  @Option(help: "The transports to use, best liked first. (default: polling,websocket)", transform: Self.transports)
  var transports: [TransportName]?

  @Option(help: "How packets are encoded; it must match the server's. (default: json)")
  var parser: ParserName?

  @Option(help: "The path of requests on the server. (default: /socket.io/)")
  var path: String?

  @Option(
    help: ArgumentHelp("A query parameter of every request; can be repeated.", valueName: "name=value"),
    transform: Self.parameter)
  var query: [Pair] = []

  @Option(
    help: ArgumentHelp("A header of every request; can be repeated.", valueName: "name: value"),
    transform: Self.header)
  var header: [Pair] = []

  @Option(
    help: ArgumentHelp("Trust the certificate authorities in this PEM file, not the system's.", valueName: "file"))
  var ca: String?

  @Flag(help: "Do not check the server's certificate.")
  var insecure = false

  @Option(
    name: .customLong("options"),
    help: ArgumentHelp(
      "Any options of the client, as sio script takes them; other flags win over them.", valueName: "json"),
    transform: Self.object)
  var further: SocketObject?

  @Flag(help: "Log to standard error what the library does; connect ends with what was counted.")
  var verbose = false

  struct Pair: Sendable, Equatable {
    var name: String
    var value: String
  }

  func validate() throws {
    do {
      try options().validate()
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// What the flags say, for a Socket that is connected when its handlers are set.
  func options() throws(ScriptError) -> SocketIOOptions {
    var options = SocketIOOptions()
    if let further { try ScriptOptions.apply(further, to: &options) }
    options.autoConnect = false
    if let auth { options.auth = .value(.object(auth)) }
    if let transports { options.transports = transports }
    if let parser { options.parser = parser.parser }
    if let path { options.path = path }
    for pair in query { options.query[pair.name] = .string(pair.value) }
    for pair in header { options.extraHeaders[pair.name] = pair.value }
    if let ca { options.ca = [.file(ca)] }
    if insecure { options.rejectUnauthorized = false }
    if verbose { options.logger = .standardError }
    return options
  }

  /// Whether `--options` says something of an option, which counts for more than what a command has for its own default.
  func sets(_ option: String) -> Bool { further?[option] != nil }

  // MARK: Reading values

  static func object(_ text: String) throws -> SocketObject {
    guard let object = try? SocketValue(json: text).objectValue else { throw ValidationError("it is no JSON object") }
    return object
  }

  static func transports(_ text: String) throws -> [TransportName] {
    text.split(separator: ",", omittingEmptySubsequences: false).map { TransportName(rawValue: String($0)) }
  }

  static func parameter(_ text: String) throws -> Pair {
    guard let separator = text.firstIndex(of: "="), separator > text.startIndex else {
      throw ValidationError("it is not NAME=VALUE")
    }
    return Pair(name: String(text[..<separator]), value: String(text[text.index(after: separator)...]))
  }

  static func header(_ text: String) throws -> Pair {
    guard let separator = text.firstIndex(of: ":"), separator > text.startIndex else {
      throw ValidationError("it is not NAME: VALUE")
    }
    return Pair(
      name: String(text[..<separator]),
      value: text[text.index(after: separator)...].trimmingCharacters(in: .whitespaces))
  }
}

extension Logger {
  /// Everything that the library logs, on standard error.
  static var standardError: Logger {
    var logger = Logger(label: "sio") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .trace
    return logger
  }
}
