/// Turns packets into Engine.IO messages and back: the `parser` option.
///
/// ``JSONParser`` is the default. Another encoding is a type of your own, given to client and server alike:
///
/// ```swift
/// struct LineParser: Parser {
///   func encode(_ packet: Packet) throws -> [EngineMessage] { … }
///   func makeDecoder() -> LineDecoder { LineDecoder() }
/// }
/// ```
///
/// One parser may serve several Managers at the same time, which is why it is Sendable and has no mutable state:
/// ``encode(_:)`` is called on the event loop of the Manager that sends. The state of reading lives in decoders, one
/// for each Manager.
public protocol Parser: Sendable {
  /// The reading half of the parser.
  associatedtype Decoder: PacketDecoder

  /// Encodes one packet.
  ///
  /// The messages are sent in order, and no message of another packet comes between them. An empty array sends
  /// nothing.
  ///
  /// - Throws: When the packet has no encoding. The connection stays. The error, with the code `.encoding`, reaches whoever waits for the
  ///   event's acknowledgement, or else the handlers of ``LifecycleEvent/handlerError``; where it is a CONNECT, those of `connectError`.
  func encode(_ packet: Packet) throws -> [EngineMessage]

  /// Makes a decoder in its initial state.
  func makeDecoder() -> Decoder
}

/// Assembles packets from the Engine.IO messages of one connection.
///
/// A decoder belongs to one Manager, which calls it on its event loop's thread only, for each message in the order of
/// arrival. Decoding holds up that loop, so it must not block.
public protocol PacketDecoder: Sendable {
  /// Takes one message in.
  ///
  /// - Returns: The packet that this message completes, or nil when more messages must follow.
  /// - Throws: When the message is not what the protocol allows here. The Manager then closes the connection with the
  ///   reason "parse error" and resets the decoder.
  mutating func decode(_ message: EngineMessage) throws -> Packet?

  /// Returns to the initial state, forgetting a half-received packet. Called whenever a connection begins or ends.
  mutating func reset()
}
