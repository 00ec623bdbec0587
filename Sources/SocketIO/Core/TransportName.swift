/// A way of carrying packets between client and server, named as in the `transports` option.
public struct TransportName: Sendable, Hashable, RawRepresentable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The name on the wire, as in the query parameter `transport`.
  public var rawValue: String

  /// Any name. Transports that this client does not have are refused when a Socket is made.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Any name, as ``init(rawValue:)``.
  public init(stringLiteral value: String) { self.rawValue = value }

  /// HTTP long-polling: successive requests, POST for writing and GET for reading.
  public static let polling: TransportName = "polling"

  /// One WebSocket.
  public static let websocket: TransportName = "websocket"

  /// The same as `rawValue`.
  public var description: String { rawValue }
}
