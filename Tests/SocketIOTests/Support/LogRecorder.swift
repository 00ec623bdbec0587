import Logging

@testable import SocketIO

/// Keeps what the library logs: one line for each, "level message".
struct LogRecorder: LogHandler {
  private let log = Log()
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  var lines: [String] { log.entries }

  var logger: Logger { Logger(label: "test") { _ in self } }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { log.add("\(event.level) \(event.message)") }
}
