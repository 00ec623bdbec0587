/// One Socket.IO packet, free of any encoding.
///
/// Whether an event or an acknowledgement travels as a binary packet is a matter of its encoding: a parser derives it
/// from the values inside.
public struct Packet: Sendable, Hashable {
  /// The namespace, `/` for the main one. It begins with a slash.
  public var namespace: String
  /// The acknowledgement id: of an event that asks for an acknowledgement, or of the acknowledgement itself.
  public var id: Int?
  /// What the packet says.
  public var content: Content

  /// Makes a packet.
  public init(namespace: String = "/", id: Int? = nil, content: Content) {
    self.namespace = namespace
    self.id = id
    self.content = content
  }

  /// The kinds of packet with their payloads.
  public enum Content: Sendable, Hashable {
    /// From the client a request to join the namespace, with the `auth` object if there is one. From the server the
    /// consent, with an object that holds `sid`.
    case connect(SocketValue?)
    /// The sender leaves the namespace.
    case disconnect
    /// An event: its name, a string or a number, followed by its arguments.
    case event([SocketValue])
    /// The answer to an event that had an id.
    case ack([SocketValue])
    /// The server refuses a connection to the namespace, with an object that holds `message`, or with a string.
    case connectError(SocketValue)
  }

  /// The longest event name and namespace, in UTF-8 bytes. Both are looked up in dictionaries, and hashing a string takes time that grows
  /// with the square of the combining characters in a row.
  static let longestName = 4096

  /// Whether the name belongs to the life cycle of a Socket, so that no application event may bear it.
  public static func isReservedEventName(_ name: String) -> Bool {
    switch name {
    case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener": true
    default: false
    }
  }
}
