#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The parser for servers that use socket.io-msgpack-parser, or python-socketio with `serializer="msgpack"`: each
/// packet is one binary message in MessagePack, which includes binary data.
///
/// ```swift
/// let socket = try io("https://example.com") { $0.parser = MessagePackParser() }
/// ```
///
/// ## Numbers
/// Integers of up to 64 bits stay exact, though JavaScript servers round those beyond 53 bits. A double is sent as a
/// float if that is the same number, but never as an integer: some servers distinguish `1.0` from `1`. Unlike JSON,
/// MessagePack has NaN and infinities.
///
/// ## What is received
/// Timestamps become strings as JavaScript writes dates into JSON, such as `2024-02-29T12:30:00.000Z`, and `undefined`
/// becomes null. An object's integer keys become their digits. Other keys, other extensions and text that is not UTF-8
/// are parse errors. A message takes memory in proportion to its size, which the option `maxMessageSize` limits.
public struct MessagePackParser: SocketParser, Hashable {
  /// How deep arrays and objects may be nested in a packet, sent or received, at most 1,024. By default 512.
  public var maxDepth: Int

  /// Makes a parser.
  public init(maxDepth: Int = 512) {
    self.maxDepth = maxDepth
  }

  /// Encodes a packet as one binary message.
  ///
  /// - Throws: When a receiver would refuse the packet: a reserved or too long event name, a payload of the wrong kind,
  ///   too deep nesting, or a text, an array or binary data of 4 GiB or more.
  public func encode(_ packet: SocketPacket) throws(ParserError) -> [EngineMessage] {
    try packet.content.validate()
    let namespace = try Self.checked(packet.namespace)
    let id = try packet.id.map(Self.checked)
    do {
      let data = try MessagePackWriter.data(maxDepth: packetDepth) { writer throws(MessagePackError) in
        try writer.enter(.map(count: 2 + (id == nil ? 0 : 1) + (packet.content.hasPayload ? 1 : 0)))
        writer.write(key: "type")
        try writer.write(.int(Int(PacketType(packet.content).rawValue)))
        writer.write(key: "nsp")
        try writer.write(namespace)
        if let id {
          writer.write(key: "id")
          try writer.write(.int(id))
        }
        if packet.content.hasPayload { writer.write(key: "data") }
        switch packet.content {
        case .connect(nil), .disconnect: break
        case .connect(let payload?), .connectError(let payload): try writer.write(payload)
        case .event(let name, let arguments): try writer.write(event: name, arguments)
        case .ack(let arguments): try writer.write(arguments)
        }
      }
      return [.binary(data)]
    } catch {
      throw ParserError(error)
    }
  }

  /// Makes a decoder in its initial state.
  public func makeDecoder() -> Decoder { Decoder(maxDepth: packetDepth) }

  /// The packet is an object around its payload.
  private var packetDepth: Int { min(maxDepth, DepthLimit.greatest) + 1 }

  private static func checked(_ namespace: String) throws(ParserError) -> String {
    guard namespace.utf8.count <= SocketPacket.longestName else {
      throw ParserError(.illegalNamespace, "illegal namespace: it is longer than \(SocketPacket.longestName) bytes")
    }
    guard namespace.utf8.first == ASCII.slash else {
      throw ParserError(.illegalNamespace, "illegal namespace \(namespace)")
    }
    return namespace
  }

  private static func checked(_ id: Int) throws(ParserError) -> Int {
    guard id >= 0 else { throw ParserError(.illegalID, "illegal ack id \(id)") }
    return id
  }
}

extension SocketPacket.Content {
  /// Receivers distinguish null from a missing member.
  fileprivate var hasPayload: Bool {
    switch self {
    case .connect(nil), .disconnect: false
    default: true
    }
  }
}

extension MessagePackParser {
  /// Decodes packets, each from one message.
  public struct Decoder: PacketDecoder {
    private let maxDepth: Int

    init(maxDepth: Int) { self.maxDepth = maxDepth }

    /// Takes one message in.
    ///
    /// - Returns: The packet, never nil.
    /// - Throws: When the message is not a MessagePack packet.
    public func decode(_ message: EngineMessage) throws(ParserError) -> SocketPacket? {
      guard case .binary(let data) = message else {
        throw ParserError(.unexpectedText, "got plaintext data, where every packet is binary")
      }
      var fields = Fields()
      let isObject: Bool
      do {
        isObject = try MessagePackReader.members(data, maxDepth: maxDepth) { fields.set($0, $1) }
      } catch {
        throw ParserError(error)
      }
      guard isObject else { throw ParserError(.invalidPayload, "invalid payload: the packet is not an object") }
      return try packet(fields)
    }

    /// Does nothing: each packet is one message.
    public func reset() {}

    /// The members of a packet that are used.
    private struct Fields {
      var type, namespace, id, data: SocketValue?

      mutating func set(_ key: UnsafeRawBufferPointer, _ value: SocketValue) {
        if Self.key(key, is: "type") {
          type = value
        } else if Self.key(key, is: "nsp") {
          namespace = value
        } else if Self.key(key, is: "id") {
          id = value
        } else if Self.key(key, is: "data") {
          data = value
        }
      }

      private static func key(_ key: UnsafeRawBufferPointer, is name: StaticString) -> Bool {
        key.count == name.utf8CodeUnitCount && key.indices.allSatisfy { key[$0] == name.utf8Start[$0] }
      }
    }

    private func packet(_ fields: Fields) throws(ParserError) -> SocketPacket {
      guard let number = fields.type?.intValue else {
        throw ParserError(.unknownPacketType, "the packet has no type")
      }
      guard let type = UInt8(exactly: number).flatMap(PacketType.init(rawValue:)), !type.isBinary else {
        throw ParserError(.unknownPacketType, "unknown packet type \(number)")
      }
      guard let namespace = fields.namespace?.stringValue else {
        throw ParserError(.illegalNamespace, "the packet has no namespace")
      }
      return SocketPacket(
        namespace: try MessagePackParser.checked(namespace), id: try id(fields.id),
        content: try SocketPacket.Content(type, payload: Self.present(fields.data)))
    }

    /// Servers write null for a missing value.
    private static func present(_ value: SocketValue?) -> SocketValue? {
      if case .null? = value { Optional.none } else { value }
    }

    private func id(_ value: SocketValue?) throws(ParserError) -> Int? {
      guard let value = Self.present(value) else { return nil }
      guard let id = value.intValue else {
        throw ParserError(.illegalID, "illegal ack id: it is not an integer, or too large")
      }
      return try MessagePackParser.checked(id)
    }
  }
}
