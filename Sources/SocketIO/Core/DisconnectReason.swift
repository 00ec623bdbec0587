/// Why a Socket or a Manager lost its connection, in the words of the JavaScript client.
public struct DisconnectReason: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
  /// The reason in the JavaScript client's words, for example "transport close".
  public var rawValue: String
  /// A reason with this text.
  public init(rawValue: String) { self.rawValue = rawValue }
  /// The same as `rawValue`.
  public var description: String { rawValue }

  private init(_ rawValue: StaticString) { self.rawValue = rawValue.description }

  /// The server disconnected the Socket. No reconnection follows.
  public static let ioServerDisconnect = Self("io server disconnect")
  /// ``Socket/disconnect()`` was called. No reconnection follows.
  public static let ioClientDisconnect = Self("io client disconnect")
  /// The server's ping did not arrive in time.
  public static let pingTimeout = Self("ping timeout")
  /// The server or the network closed the connection.
  public static let transportClose = Self("transport close")
  /// The connection broke, or the server sent something that is not Engine.IO.
  public static let transportError = Self("transport error")
  /// The server sent something that is not a Socket.IO packet.
  public static let parseError = Self("parse error")
  /// The engine was closed on this side.
  public static let forcedClose = Self("forced close")
}
