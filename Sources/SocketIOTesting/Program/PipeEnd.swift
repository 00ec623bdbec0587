import SocketIO

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One end of a pipe to another process, which closes with this object.
package final class PipeEnd: Sendable {
  private let open: Locked<Int32?>

  private init(_ descriptor: Int32) { open = Locked(descriptor) }

  deinit { close() }

  /// Both ends of a new pipe, which other programs do not inherit.
  package static func pair() throws(TestServerError) -> (reading: PipeEnd, writing: PipeEnd) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw TestServerError("no pipe can be made: \(String(cString: strerror(errno)))")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (PipeEnd(ends[0]), PipeEnd(ends[1]))
  }

  /// -1 once it is closed.
  package var descriptor: Int32 { open.withLock { $0 } ?? -1 }

  package func close() {
    if let descriptor = open.withLock({ $0.take() }) { closeDescriptor(descriptor) }
  }

  /// Writes all of a text.
  ///
  /// - Throws: ``TestServerError`` if the other process does not read any more.
  package func write(_ text: String) throws(TestServerError) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { writeBytes(descriptor, $0) }
      guard count >= 0 || errno == EINTR else {
        throw TestServerError("the other process cannot be written to: \(String(cString: strerror(errno)))")
      }
      rest = rest.dropFirst(max(0, count))
    }
  }

  /// Reads a line, without its line break; nil at the end. Blocks the thread.
  package func readLine() -> String? {
    var line: [UInt8] = []
    while let byte = readByte(), byte != UInt8(ascii: "\n") { line.append(byte) }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }

  /// Reads everything up to the end. Blocks the thread.
  package func readToEnd() -> String {
    var bytes: [UInt8] = []
    while let byte = readByte() { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func readByte() -> UInt8? {
    var byte: UInt8 = 0
    while true {
      let count = readBytes(descriptor, &byte)
      if count == 1 { return byte }
      if count == 0 || errno != EINTR { return nil }
    }
  }
}

// The C library's functions, whose names mean members inside the class.

private func closeDescriptor(_ descriptor: Int32) { _ = close(descriptor) }

private func writeBytes(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  write(descriptor, bytes.baseAddress, bytes.count)
}

private func readBytes(_ descriptor: Int32, _ byte: inout UInt8) -> Int { read(descriptor, &byte, 1) }
