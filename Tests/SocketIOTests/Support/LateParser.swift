@testable import SocketIO

/// Encodes as the default parser does, but on the loop, like every custom parser.
struct LateParser: SocketParser {
  func encode(_ packet: SocketPacket) throws -> [EngineMessage] { try JSONParser().encode(packet) }
  func makeDecoder() -> JSONParser.Decoder { JSONParser().makeDecoder() }
}
