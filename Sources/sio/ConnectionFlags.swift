import ArgumentParser
import Foundation
import Logging
import SocketIO

/// The flags that every command with a connection has.
struct ConnectionFlags: ParsableArguments {
  @Argument(help: "The server, and as its path the namespace: http://localhost:3000/admin")
  var url: String

  @Option(
    help: ArgumentHelp(
      """
      Credentials for the namespace, a JSON object: itself, @FILE, or - for standard input. Without it the environment variable \
      \(Self.authVariable) counts.
      """, valueName: "json"),
    transform: { TextSource($0, takesStandardInput: true) })
  var auth: TextSource?

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
    help: ArgumentHelp(
      "A header of every request, or @FILE with one on each line; can be repeated.", valueName: "name: value"),
    transform: { TextSource($0) })
  var header: [TextSource] = []

  @Option(
    help: ArgumentHelp("Trust the certificate authorities in this PEM file, not the system's.", valueName: "file"))
  var ca: String?

  @Flag(help: "Do not check the server's certificate.")
  var insecure = false

  @Option(
    name: .customLong("options"),
    help: ArgumentHelp(
      "Any options of the client, as sio script takes them, or @FILE; other flags win over them.", valueName: "json"),
    transform: { TextSource($0) })
  var further: TextSource?

  @Flag(help: "Log to standard error what the library does; connect ends with what was counted.")
  var verbose = false

  struct Pair: Sendable, Equatable {
    var name: String
    var value: String
  }

  /// The variable of the environment that holds credentials where no flag does.
  static let authVariable = "SIO_AUTH"

  func validate() throws {
    do {
      // Standard input may be the command's: it is read when the command runs.
      try options(readingStandardInput: false).validate()
    } catch let error as SocketIOError {
      throw ValidationError(error.message)
    }
  }

  /// What the flags say, for a Socket that is connected when its handlers are set.
  ///
  /// - Throws: `ValidationError` for what cannot be used.
  func options(readingStandardInput: Bool = true) throws -> SocketIOOptions {
    var options = SocketIOOptions()
    let further = try furtherOptions()
    do {
      try ScriptOptions.apply(further, to: &options)
    } catch {
      throw ValidationError("--options: \(error.message)")
    }
    options.autoConnect = false
    if let auth {
      if readingStandardInput || !auth.isStandardInput { options.auth = try Self.credentials(auth, "--auth") }
    } else if further["auth"] == nil, let text = ProcessInfo.processInfo.environment[Self.authVariable], !text.isEmpty {
      options.auth = try Self.credentials(TextSource(literal: text), Self.authVariable)
    }
    if let transports { options.transports = transports }
    if let parser { options.parser = parser.parser }
    if let path { options.path = path }
    for pair in query { options.query[pair.name] = .string(pair.value) }
    for pair in try headers() { options.extraHeaders[pair.name] = pair.value }
    if let ca { options.ca = [.file(ca)] }
    if insecure { options.rejectUnauthorized = false }
    if verbose { options.logger = .standardError }
    return options
  }

  /// Whether `--options` says something of an option, which counts for more than what a command has for its own default.
  func sets(_ option: String) throws -> Bool { try furtherOptions()[option] != nil }

  private func furtherOptions() throws -> SocketObject {
    guard let further else { return [:] }
    return try Self.naming("--options") { () throws(ValidationError) in try further.object() }
  }

  // MARK: Reading values

  private static func credentials(_ source: TextSource, _ name: String) throws -> Auth {
    .value(.object(try naming(name) { () throws(ValidationError) in try source.object() }))
  }

  private func headers() throws -> [Pair] {
    try header.flatMap { source in
      try Self.naming("--header") { () throws(ValidationError) in try Self.headers(source) }
    }
  }

  /// Blank lines of a file are passed over.
  private static func headers(_ source: TextSource) throws(ValidationError) -> [Pair] {
    let text = try source.text()
    guard source.isFile else { return [try header(text)] }
    var headers: [Pair] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
    where line.contains(where: { !$0.isWhitespace }) {
      do {
        headers.append(try header(String(line)))
      } catch {
        throw ValidationError("line \(index + 1) of \(source.name): \(error.message)")
      }
    }
    return headers
  }

  /// - Throws: What `read` does, with the flag's name in front.
  private static func naming<Value>(
    _ name: String, _ read: () throws(ValidationError) -> Value
  ) throws(ValidationError) -> Value {
    do {
      return try read()
    } catch {
      throw ValidationError("\(name): \(error.message)")
    }
  }

  static func object(_ text: String) throws -> SocketObject { try TextSource(literal: text).object() }

  static func transports(_ text: String) throws -> [TransportName] {
    text.split(separator: ",", omittingEmptySubsequences: false).map { TransportName(rawValue: String($0)) }
  }

  static func parameter(_ text: String) throws -> Pair {
    guard let separator = text.firstIndex(of: "="), separator > text.startIndex else {
      throw ValidationError("it is not NAME=VALUE")
    }
    return Pair(name: String(text[..<separator]), value: String(text[text.index(after: separator)...]))
  }

  static func header(_ text: String) throws(ValidationError) -> Pair {
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
