import Testing

@testable import SocketIO

/// The parser's decoder, which reads arguments at once, and the client's assembler, which checks them first. Both must
/// agree, also about errors. And the thread of the handlers must find in a checked text what the loop has found.
struct BothDecoders {
  private let parser: JSONParser
  private var decoder: JSONParser.Decoder
  private var assembler: JSONPacketAssembler

  init(_ parser: JSONParser) {
    self.parser = parser
    decoder = parser.makeDecoder()
    assembler = JSONPacketAssembler(parser)
  }

  mutating func decode(_ message: EngineMessage) throws(ParserError) -> SocketPacket? {
    let read = Result { () throws(ParserError) in try decoder.decode(message) }
    let checked = Result { () throws(ParserError) in try assembler.add(message)?.packet }
    switch (read, checked) {
    case (.success(let read), .success(let checked)): #expect(read == checked)
    case (.failure(let read), .failure(let checked)): #expect("\(read)" == "\(checked)")
    default: Issue.record("one refuses \(message): \(read), \(checked)")
    }
    if case .text(let text) = message { readAgain(text) }
    return try read.get()
  }

  private func readAgain(_ text: String) {
    var assembler = JSONPacketAssembler(parser)
    text.withUTF8Bytes { bytes in
      guard case .text(let head)? = try? assembler.read(bytes) else { return }
      let again = PacketHead(checked: bytes)
      #expect(again == head, "\(text)")
    }
  }

  mutating func reset() {
    decoder.reset()
    assembler.reset()
  }
}
