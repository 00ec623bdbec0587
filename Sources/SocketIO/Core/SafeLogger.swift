import Logging

/// The only way in which the library logs. A server's text can neither forge a line of the log nor control the terminal
/// that shows it.
struct SafeLogger: Sendable {
  private let logger: Logger

  /// - Parameters:
  ///   - logger: The user's logger.
  ///   - server: The server's address, which every record carries.
  init(_ logger: Logger, server: String? = nil) {
    var logger = logger
    if let server, !(logger.handler is SwiftLogNoOpLogHandler) {
      logger[metadataKey: LogField.serverKey] = .string(server.escapingControls)
    }
    self.logger = logger
  }

  /// Text and fields are only evaluated if the level is logged.
  func record(
    _ level: Logger.Level, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> [LogField] = []
  ) {
    logger.log(level: level, "\(message().escapingControls)", metadata: LogField.metadata(fields()))
  }
}
