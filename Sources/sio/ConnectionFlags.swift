import ArgumentParser
import Logging
import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The flags of every command that connects.
struct ConnectionFlags: ParsableArguments {
  @OptionGroup var server: ServerFlags

  @Flag(
    name: .shortAndLong,
    help: "Log to standard error what the library does; connect also prints statistics at the end.")
  var verbose = false

  /// The environment variable for credentials, used if neither a flag nor a context sets them.
  static let authVariable = "SIO_AUTH"

  /// The short synopsis in the help of a command.
  static func usage(_ command: String, _ arguments: String = "") -> String {
    "sio \(command) <server>\(arguments.isEmpty ? "" : " ")\(arguments) [flags]"
  }

  func validate() throws {
    do {
      // Standard input is only read when the command runs.
      try options(readingStandardInput: false).validate()
    } catch let error as SocketIOError {
      throw ValidationError(error.message)
    }
  }

  /// The URL of the server, which a context may name.
  func url() throws -> String { try context()?.url ?? ServerAddress.url(server.address) }

  /// The options from the context and the flags, with `autoConnect` off, so that handlers can be registered first.
  ///
  /// - Throws: `ValidationError` for an unusable value.
  func options(readingStandardInput: Bool = true) throws -> SocketIOOptions {
    var options = SocketIOOptions()
    for settings in try layers() { try settings.apply(to: &options, readingStandardInput: readingStandardInput) }
    options.autoConnect = false
    if let text = ProcessInfo.processInfo.environment[Self.authVariable], !text.isEmpty, try !sets("auth") {
      options.auth = try ConnectionSettings.credentials(TextSource(literal: text), Self.authVariable)
    }
    if verbose { options.logger = .standardError }
    return options
  }

  /// Whether the context or a flag sets an option, which takes precedence over a command's own default.
  func sets(_ option: String) throws -> Bool { try layers().contains { try $0.sets(option) } }

  /// What applies, the latter over the former.
  private func layers() throws(ValidationError) -> [ConnectionSettings] {
    [try context()?.settings, server.settings].compactMap(\.self)
  }

  private func context() throws(ValidationError) -> Context? {
    guard let name = ServerAddress.contextName(server.address) else { return nil }
    return try ContextFile.usual().context(name)
  }
}

/// The server, and the flags that a context can hold.
struct ServerFlags: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      """
      The server, with the namespace as the path, such as localhost:3000/admin (http, unless https:// is in front); or \
      @NAME for a saved context.
      """, valueName: "server"),
    completion: ContextCommand.references)
  var address: String

  @Option(
    help: ArgumentHelp(
      """
      Credentials for the namespace: a JSON object, @FILE, env:NAME for an environment variable, or - for standard \
      input. Defaults to the environment variable \(ConnectionFlags.authVariable).
      """, valueName: "json"),
    transform: { TextSource($0, takesStandardInput: true, takesEnvironment: true) })
  var auth: TextSource?

  @Option(
    help: ArgumentHelp(
      "The transports to use, in order of preference. (default: polling,websocket)", valueName: "list"),
    completion: .list(["polling", "websocket", "polling,websocket", "websocket,polling"]),
    transform: Self.transports)
  var transports: [TransportName]?

  @Option(help: "The encoding of packets, which must match the server's. (default: json)")
  var parser: ParserName?

  @Option(help: "The path of requests on the server. (default: /socket.io/)")
  var path: String?

  @Option(
    help: ArgumentHelp("A query parameter of every request; can be repeated.", valueName: "name=value"),
    transform: ConnectionSettings.parameter)
  var query: [ConnectionSettings.Pair] = []

  @Option(
    name: [.customShort("H"), .long],
    help: ArgumentHelp(
      "A header of every request, or @FILE with one per line; can be repeated.", valueName: "name: value"),
    transform: { TextSource($0) })
  var header: [TextSource] = []

  @Option(
    help: ArgumentHelp(
      "Trust the certificate authorities in this PEM file instead of the system's.", valueName: "file"),
    completion: .file())
  var ca: String?

  @Option(
    help: ArgumentHelp("The PEM file of this client's certificate, with its chain.", valueName: "file"),
    completion: .file())
  var cert: String?

  @Option(
    help: ArgumentHelp("The PEM file of the certificate's private key.", valueName: "file"), completion: .file())
  var key: String?

  @Flag(name: [.customShort("k"), .long], help: "Do not check the server's certificate.")
  var insecure = false

  @Option(
    name: .customLong("options"),
    help: ArgumentHelp(
      "Any options of the client, in the form of sio script, or @FILE. Other flags take precedence.",
      valueName: "json"),
    transform: { TextSource($0) })
  var further: TextSource?

  var settings: ConnectionSettings {
    ConnectionSettings(
      auth: auth, transports: transports, parser: parser, path: path, query: query, headers: header, ca: ca, cert: cert,
      key: key, insecure: insecure, further: further)
  }

  private static func transports(_ text: String) -> [TransportName] {
    text.split(separator: ",", omittingEmptySubsequences: false).map { TransportName(rawValue: String($0)) }
  }
}

/// What stands for a server on the command line.
enum ServerAddress {
  /// The address itself, or with `http://` in front if it has no scheme, as `localhost:3000`.
  static func url(_ address: String) -> String { ServerURL.hasScheme(address) ? address : "http://\(address)" }

  /// The name of the context; nil for an address.
  static func contextName(_ address: String) -> String? {
    address.hasPrefix("@") ? String(address.dropFirst()) : nil
  }
}

extension Logger {
  /// Writes all log records of the library to standard error.
  static var standardError: Logger {
    var logger = Logger(label: "sio") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .trace
    return logger
  }
}
