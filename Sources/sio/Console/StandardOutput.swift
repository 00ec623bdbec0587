import Foundation

/// Standard output, for programs that read it line by line.
enum StandardOutput {
  /// Writes the line at once and whole. Where it cannot be written the program has no purpose any more, and ends.
  static func write(_ line: String) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        // A reader that has seen enough is no failure to tell of.
        if errno != EPIPE { StandardError.write("sio: cannot write the output: \(String(cString: strerror(errno)))") }
        exit(EXIT_FAILURE)
      }
    }
  }
}

/// Standard error, for people.
enum StandardError {
  static func write(_ line: String) {
    // There is no other place to report a failure to.
    try? FileHandle.standardError.write(contentsOf: Data((line.forTerminal + "\n").utf8))
  }
}
