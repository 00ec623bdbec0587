import Logging

@testable import SocketIO

/// Collects log records, one line each: "level message".
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

/// Writes each record as a line: level, message, metadata by key.
struct RecordLineHandler: LogHandler {
  let log: Log
  var logLevel = Logger.Level.trace
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    let fields = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    log.add(([event.level.rawValue, "\(event.message)"] + fields).joined(separator: " | "))
  }
}
