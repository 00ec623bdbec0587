import Foundation

/// Reads a file line by line, as soon as a line is there.
struct LineReader {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// Up to here the buffer has been handed out.
  private var start = 0
  private var isAtEnd = false

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  static let standardInput = LineReader(STDIN_FILENO)

  /// The next line without its end, which may be missing from the last one; nil at the end of the file. Blocks.
  mutating func next() -> [UInt8]? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return Array(buffer[start..<end])
      }
      if isAtEnd {
        defer { start = buffer.count }
        return start < buffer.count ? Array(buffer[start...]) : nil
      }
      buffer.removeFirst(start)
      start = 0
      searched = buffer.count
      fill()
    }
  }

  private mutating func fill() {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = read(descriptor, &chunk, chunk.count)
    if count > 0 {
      buffer += chunk[..<count]
    } else if count < 0, errno == EAGAIN {
      Descriptor.wait(for: descriptor, POLLIN)
    } else if count == 0 || errno != EINTR {
      isAtEnd = true
    }
  }
}
