#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Reads and writes files by their descriptors.
enum Descriptor {
  static let standardInput = STDIN_FILENO
  static let standardOutput = STDOUT_FILENO
  static let standardError = STDERR_FILENO

  /// Writes the whole text, in as many pieces as necessary.
  ///
  /// - Throws: Why the rest could not be written.
  static func write(_ text: String, to descriptor: Int32) throws(POSIXError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { writeBytes(descriptor, $0) }
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

  /// Reads all bytes of a file, which may be a pipe.
  static func read(path: String) throws(POSIXError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw POSIXError.last }
    defer { close(descriptor) }
    return try read(descriptor)
  }

  /// Reads all bytes up to the end.
  static func read(_ descriptor: Int32) throws(POSIXError) -> [UInt8] {
    var bytes: [UInt8] = []
    while try read(descriptor, onto: &bytes) > 0 {}
    return bytes
  }

  /// Appends what can be read, and waits until there is something.
  ///
  /// - Returns: How many bytes that are; 0 at the end.
  static func read(_ descriptor: Int32, onto bytes: inout [UInt8]) throws(POSIXError) -> Int {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = chunk.withUnsafeMutableBytes { readBytes(descriptor, $0) }
      if count >= 0 {
        bytes += chunk[..<count]
        return count
      }
      switch errno {
      case EINTR: break
      case EAGAIN, EWOULDBLOCK: wait(for: descriptor, POLLIN)
      case let number: throw POSIXError(POSIXErrorCode(rawValue: number) ?? .EIO)
      }
    }
  }

  /// Waits for a file that another program has made non-blocking: a shared terminal or pipe.
  private static func wait(for descriptor: Int32, _ events: some BinaryInteger) {
    var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    poll(&request, 1, -1)
  }
}

extension POSIXError {
  /// Whether nobody reads what was to be written.
  var isBrokenPipe: Bool { code == .EPIPE }

  /// Whether there is no file of that name.
  var isMissingFile: Bool { code == .ENOENT }

  /// The error of the last call that failed.
  static var last: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }

  /// The system's words for it.
  var reason: String { String(cString: strerror(code.rawValue)) }
}

// The C library's functions, whose names mean members inside `Descriptor`.

private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}

private func readBytes(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer) -> Int {
  read(descriptor, bytes.baseAddress, bytes.count)
}
