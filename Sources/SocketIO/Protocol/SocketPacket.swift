/// One Socket.IO packet, independent of its encoding.
///
/// Whether an event or acknowledgement is sent as a binary packet depends on the encoding: the parser derives it from
/// the values.
public struct SocketPacket: Sendable, Hashable {
  /// The namespace, `/` for the main one. It begins with a slash.
  public var namespace: String
  /// The acknowledgement id, of an event that asks for an acknowledgement or of the acknowledgement.
  public var id: Int?
  /// The packet's type and payload.
  public var content: Content

  /// Makes a packet.
  public init(namespace: String = "/", id: Int? = nil, content: Content) {
    self.namespace = namespace
    self.id = id
    self.content = content
  }

  /// The kinds of packet with their payloads.
  public enum Content: Sendable, Hashable {
    /// From the client, a request to join the namespace, with the `auth` object if there is one. From the server, its
    /// acceptance, with an object that contains `sid`.
    case connect(SocketValue?)
    /// The sender leaves the namespace.
    case disconnect
    /// An event. A number received as the name appears here in digits.
    case event(name: String, arguments: [SocketValue])
    /// The answer to an event that had an id.
    case ack([SocketValue])
    /// The server refuses the namespace, with an object that contains `message`, or with a string.
    case connectError(SocketValue)
  }

  /// The longest event name and namespace, in UTF-8 bytes. Both are dictionary keys, and the time for hashing a string
  /// grows with the square of consecutive combining characters.
  static let longestName = 4096

  /// Whether the name is reserved for a Socket's own events.
  public static func isReservedEventName(_ name: String) -> Bool {
    // Comparing the lengths first is much faster.
    guard 7...14 ~= name.utf8.count else { return false }
    return switch name {
    case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener": true
    default: false
    }
  }
}
