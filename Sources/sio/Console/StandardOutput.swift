import Foundation

/// Standard output, for programs that read it line by line.
enum StandardOutput {
  /// Writes the line at once and whole. Where it cannot be written nobody listens, and the program ends.
  static func write(_ line: String) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    } catch {
      StandardError.write("sio: standard output cannot be written: \(error.localizedDescription)")
      exit(EXIT_FAILURE)
    }
  }
}

/// Standard error, for people.
enum StandardError {
  static func write(_ line: String) {
    // There is no other place to report a failure to.
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
  }
}
