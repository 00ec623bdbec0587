import Testing

@testable import SocketIO

/// The parser's decoder, which reads arguments at once, and the client's assembler, which checks them first. Both must
/// agree, also about errors.
struct BothDecoders {
  private var decoder: JSONParser.Decoder
  private var assembler: JSONPacketAssembler

  init(_ parser: JSONParser) {
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
    return try read.get()
  }

  mutating func reset() {
    decoder.reset()
    assembler.reset()
  }
}
