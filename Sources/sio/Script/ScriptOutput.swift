import SocketIO

/// Writes the lines of a script's output.
struct ScriptOutput {
  private let start: ContinuousClock.Instant
  private let write: (String) -> Void

  /// - Parameters:
  ///   - start: When the program started.
  ///   - write: Gets each line, without its end.
  init(start: ContinuousClock.Instant = .now, write: @escaping (String) -> Void = StandardOutput.write) {
    self.start = start
    self.write = write
  }

  /// - Parameter fields: Further fields; nil leaves a field out.
  func line(_ kind: String, _ socket: String, _ fields: KeyValuePairs<String, SocketValue?> = [:]) {
    let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    var line: SocketObject = ["on": .string(kind), "socket": .string(socket), "ms": .int(Int(milliseconds))]
    for (name, value) in fields { line[name] = value }
    write(SocketValue.object(line).json)
  }

  /// - Parameter number: The number of the input line that is not a command.
  func error(_ message: String, _ origin: ScriptCommand.Origin, line number: Int? = nil) {
    line(
      "error", origin.socket,
      ["message": .string(message), "tag": origin.tag, "line": number.map(SocketValue.int)])
  }
}
