extension JSONParser {
  /// Assembles packets from text messages and the attachments that follow them.
  public struct Decoder: PacketDecoder {
    private var assembler: JSONPacketAssembler

    init(_ parser: JSONParser) { assembler = JSONPacketAssembler(parser, readsArguments: true) }

    /// Takes one message in.
    ///
    /// - Returns: The packet that this message completes, or nil while attachments are outstanding.
    /// - Throws: When the protocol does not allow the message here. The decoder must then be reset.
    public mutating func decode(_ message: EngineMessage) throws(ParserError) -> SocketPacket? {
      try assembler.add(message)?.packet
    }

    /// Drops a partly received packet.
    public mutating func reset() { assembler.reset() }
  }
}
