import Testing

@testable import SocketIO

@Suite("Byte buffer")
struct ByteBufferTests {
  @Test("What was written stays when more memory is needed", arguments: [0, 1, 7])
  func growth(capacity: Int) {
    var buffer = ByteBuffer(capacity: capacity)
    var expected: [UInt8] = []
    for count in 0..<100 {
      let piece = (0..<count).map { UInt8(truncatingIfNeeded: $0 * count) }
      piece.withUnsafeBytes { buffer.append($0) }
      buffer.append(UInt8(count))
      buffer.append("text")
      buffer.append(contentsOf: piece.prefix(3))
      expected += piece + [UInt8(count)] + "text".utf8 + piece.prefix(3)
      #expect(buffer.count == expected.count)
    }
    #expect(buffer.withBytes { Array($0) } == expected)
  }
}
