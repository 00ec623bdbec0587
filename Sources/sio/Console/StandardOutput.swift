import Foundation
import SocketIO

/// Standard output, for programs that read it line by line.
enum StandardOutput {
  /// Writes the line at once and whole. Where it cannot be written the program has no purpose any more, and ends.
  static func write(_ line: String) {
    do {
      try Descriptor.write(line + "\n", to: STDOUT_FILENO)
    } catch {
      // A reader that has seen enough is no failure to tell of.
      if error.code != .EPIPE {
        StandardError.write("sio: cannot write the output: \(String(cString: strerror(error.code.rawValue)))")
      }
      exit(EXIT_FAILURE)
    }
  }
}

/// Standard error, for people.
enum StandardError {
  static func write(_ line: String) {
    // There is no other place to report a failure to.
    try? Descriptor.write(line.escapingControls + "\n", to: STDERR_FILENO)
  }
}

/// A file that is open, by its number.
enum Descriptor {
  /// Writes the text whole, in as many pieces as it takes.
  ///
  /// - Throws: Why the rest could not be written.
  static func write(_ text: String, to descriptor: Int32) throws(POSIXError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      switch errno {
      case EINTR: break
      case EAGAIN, EWOULDBLOCK: wait(for: descriptor, POLLOUT)
      case let number: throw POSIXError(POSIXErrorCode(rawValue: number) ?? .EIO)
      }
    }
  }

  /// All bytes of a file, which may be a pipe.
  static func read(path: String) throws(POSIXError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { close(descriptor) }
    return try read(descriptor)
  }

  /// All bytes up to the end.
  static func read(_ descriptor: Int32) throws(POSIXError) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Foundation.read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count > 0 {
        bytes += chunk[..<count]
      } else if errno == EAGAIN {
        wait(for: descriptor, POLLIN)
      } else if errno != EINTR {
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
      }
    }
  }

  /// Another program has made the file non-blocking for all who share it: a terminal, or a pipe.
  static func wait(for descriptor: Int32, _ events: some BinaryInteger) {
    var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    poll(&request, 1, -1)
  }
}
