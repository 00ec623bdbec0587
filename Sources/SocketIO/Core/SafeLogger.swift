import Logging

/// The only way in which the library logs: no text of a server forges a line of the log, or steers the terminal that shows it.
struct SafeLogger: Sendable {
  private let logger: Logger

  /// - Parameters:
  ///   - logger: The user's.
  ///   - server: What every record calls the server.
  init(_ logger: Logger, server: String? = nil) {
    var logger = logger
    if let server, !(logger.handler is SwiftLogNoOpLogHandler) {
      logger[metadataKey: LogField.serverKey] = .string(server.escapingControls)
    }
    self.logger = logger
  }

  /// Neither text nor fields are made where nobody listens.
  func record(
    _ level: Logger.Level, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> [LogField] = []
  ) {
    logger.log(level: level, "\(message().escapingControls)", metadata: LogField.metadata(fields()))
  }
}
