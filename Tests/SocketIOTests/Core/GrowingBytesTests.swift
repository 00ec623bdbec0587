import Testing

@testable import SocketIO

@Suite("GrowingBytes")
struct ByteBufferTests {
  @Test("What was written stays when more memory is needed", arguments: [0, 1, 7, 500])
  func growth(blockSize: Int) {
    withUnsafeTemporaryAllocation(byteCount: blockSize, alignment: 1) { block in
      var buffer = GrowingBytes(block)
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
      #expect(buffer.array() == expected)
    }
  }

  @Test("Text is the same, whether or not it fits the block", arguments: [0, 3, 100])
  func text(blockSize: Int) {
    withUnsafeTemporaryAllocation(byteCount: blockSize, alignment: 1) { block in
      var buffer = GrowingBytes(block)
      for _ in 0..<3 { "€uro".withUTF8Bytes { buffer.append($0) } }
      #expect(buffer.text() == "€uro€uro€uro")
    }
  }
}
