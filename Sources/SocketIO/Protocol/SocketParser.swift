/// Turns packets into Engine.IO messages and back: the `parser` option.
///
/// ``JSONParser`` is the default. For another encoding, write a type of your own, and use it in client and server:
///
/// ```swift
/// struct LineParser: SocketParser {
///   func encode(_ packet: SocketPacket) throws -> [EngineMessage] { … }
///   func makeDecoder() -> LineDecoder { LineDecoder() }
/// }
/// ```
///
/// One parser may serve several Managers at the same time, so it is Sendable and has no mutable state. ``encode(_:)``
/// is called on the event loop of the sending Manager. Decoders hold the state of reading, one for each Manager.
public protocol SocketParser: Sendable {
  /// The type that decodes.
  associatedtype Decoder: PacketDecoder

  /// Encodes one packet.
  ///
  /// The messages are sent in order, and no message of another packet comes between them. An empty array sends
  /// nothing.
  ///
  /// - Throws: When the packet cannot be encoded. The connection stays. The event's acknowledgement fails with the code
  ///   `.encoding`; without an acknowledgement, the handlers of ``LifecycleEvent/handlerError`` get the error. For a
  ///   CONNECT, those of `connectError` do.
  func encode(_ packet: SocketPacket) throws -> [EngineMessage]

  /// Makes a decoder in its initial state.
  func makeDecoder() -> Decoder
}

/// Assembles packets from the Engine.IO messages of one connection.
///
/// A decoder belongs to one Manager, which calls it only on its event loop's thread, for each message in order of
/// arrival. Decoding must not block, since it delays that loop.
public protocol PacketDecoder: Sendable {
  /// Takes one message.
  ///
  /// - Returns: The packet that this message completes, or nil when more messages must follow.
  /// - Throws: When the protocol does not allow the message here. The Manager then closes the connection with the
  ///   reason "parse error" and resets the decoder.
  mutating func decode(_ message: EngineMessage) throws -> SocketPacket?

  /// Returns to the initial state, and drops a partly received packet. Called whenever a connection begins or ends.
  mutating func reset()
}
