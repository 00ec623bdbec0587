/// Reads a file line by line, without waiting for more than one line.
struct LineReader {
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// The end of what was returned from the buffer.
  private var start = 0
  private var isAtEnd = false

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  static let standardInput = LineReader(Descriptor.standardInput)

  /// The next line without its line break, which the last one may lack; nil at the end of the file. Blocks.
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
    // What cannot be read any more has ended.
    let count = try? Descriptor.read(descriptor, onto: &buffer)
    isAtEnd = count ?? 0 == 0
  }
}
