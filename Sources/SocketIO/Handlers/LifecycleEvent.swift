/// An event of a ``Socket`` or ``Manager`` itself, with the type that its handlers get.
public struct LifecycleEvent<Source, Payload: Sendable>: Sendable {
  let key: HandlerKey

  init(key: HandlerKey) { self.key = key }

  /// The event with a name of the JavaScript client.
  init(name: String) { key = .event(name) }
}

/// A Socket's connection to its namespace, as `connect` handlers get it.
public struct SocketConnection: Sendable, Hashable {
  /// The Socket's id on the server.
  public var id: String
  /// Whether the server recovered the previous session: the id is the same, and missed events are delivered.
  public var recovered: Bool
  /// The transport on which the namespace was joined. ``Manager/transport`` is the one in use now.
  public var transport: TransportName
}

/// Why a Socket lost its namespace, as `disconnect` handlers get it.
public struct Disconnection: Sendable {
  /// The reason, one of a few codes.
  public var reason: DisconnectReason
  /// Further details, such as an HTTP status or a close code.
  public var error: SocketIOError?
}

/// An error of a handler, or of an event that could not be sent after `emit` had returned, as `handlerError` handlers
/// get it.
public struct HandlerFailure: Sendable {
  /// The name of the event that was being handled or sent. The Socket's own events have their JavaScript names, such as
  /// "connect".
  public var event: String
  /// What the handler threw. A ``SocketIOError`` with `.decoding` if an argument does not match the handler's type, or
  /// with `.encoding` if an answer, or an event without an acknowledgement, cannot be encoded.
  public var error: any Error
}

/// The payload of a Socket's own event, for handlers registered by name.
protocol LifecyclePayload: Sendable {
  var eventArguments: [SocketValue] { get }
}

extension SocketConnection: LifecyclePayload {
  var eventArguments: [SocketValue] { [] }
}

extension Disconnection: LifecyclePayload {
  var eventArguments: [SocketValue] { [.string(reason.rawValue)] }
}

extension SocketIOError: LifecyclePayload {
  var eventArguments: [SocketValue] { [.string(message)] + (data.map { [$0] } ?? []) }
}

extension LifecycleEvent where Source == Socket, Payload == SocketConnection {
  /// The Socket joined its namespace, for the first time or again.
  public static var connect: Self { Self(name: "connect") }
}

extension LifecycleEvent where Source == Socket, Payload == Disconnection {
  /// The Socket lost its namespace. Comes only after a `connect`, though handlers that a `disconnect()` kept from getting
  /// that get this all the same.
  public static var disconnect: Self { Self(name: "disconnect") }
}

extension LifecycleEvent where Source == Socket, Payload == SocketIOError {
  /// The connection could not be made, or the server refused the namespace. In the latter case ``Socket/active`` is
  /// false and the client does not retry by itself.
  public static var connectError: Self { Self(name: "connect_error") }
}

extension LifecycleEvent where Source == Socket, Payload == HandlerFailure {
  /// A handler of the Socket threw, an argument did not match the type of a handler or sequence, or a parser other than
  /// the default one could not encode an event without an acknowledgement. The error is logged too. An error that a
  /// handler of this event throws is only logged.
  public static var handlerError: Self { Self(key: .failures) }
}

extension LifecycleEvent where Source == Manager, Payload == Void {
  /// The connection to the server is established; namespaces are joined next.
  public static var open: Self { Self(name: "open") }
  /// The server's heartbeat arrived.
  public static var ping: Self { Self(name: "ping") }
  /// The last of the `reconnectionAttempts` failed.
  public static var reconnectFailed: Self { Self(name: "reconnect_failed") }
}

extension LifecycleEvent where Source == Manager, Payload == SocketIOError {
  /// A connection attempt failed, or the connection broke.
  public static var error: Self { Self(name: "error") }
  /// A reconnection attempt failed.
  public static var reconnectError: Self { Self(name: "reconnect_error") }
}

extension LifecycleEvent where Source == Manager, Payload == SocketIOError {
  /// The connection was lost or could not be made, and the Manager does not try again by itself.
  static var gaveUp: Self { Self(key: .gaveUp) }
}

extension LifecycleEvent where Source == Manager, Payload == DisconnectReason {
  /// The connection was closed.
  public static var close: Self { Self(name: "close") }
}

extension LifecycleEvent where Source == Manager, Payload == Int {
  /// A reconnection attempt is about to begin. It waits for the handlers, so options that they set apply to it. They
  /// get its number, from 1.
  public static var reconnectAttempt: Self { Self(name: "reconnect_attempt") }
  /// The connection is established again. Handlers get the number of attempts that it took.
  public static var reconnect: Self { Self(name: "reconnect") }
}

extension LifecycleEvent where Source == Manager, Payload == TransportName {
  /// The connection changed to a better transport.
  public static var upgrade: Self { Self(name: "upgrade") }
}
