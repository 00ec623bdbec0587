/// Something that a ``Socket`` or a ``Manager`` reports of itself, with the type of what its handlers get.
public struct LifecycleEvent<Source, Payload: Sendable>: Sendable {
  let key: HandlerKey

  init(key: HandlerKey) { self.key = key }

  /// One that answers to a name of the JavaScript client.
  init(name: String) { key = .event(name) }
}

/// A Socket's connection to its namespace, as `connect` handlers get it.
public struct Connection: Sendable, Hashable {
  /// The Socket's id on the server.
  public var id: String
  /// Whether the server recovered the former session: the id is the same and missed events were delivered.
  public var recovered: Bool
  /// The transport in use when the namespace was joined; nil if it was lost at once.
  public var transport: TransportName?
}

/// Why a Socket lost its namespace, as `disconnect` handlers get it.
public struct Disconnection: Sendable {
  /// What happened, in one of a few words.
  public var reason: DisconnectReason
  /// What is known beyond the reason: an HTTP status, a close code.
  public var error: SocketIOError?
}

/// What a handler of a Socket threw, why it could not be called, or why an event could not be sent after `emit` had returned, as
/// `handlerError` handlers get it.
public struct HandlerFailure: Sendable {
  /// The name of the event that was being handled, or sent. The Socket's own events have their JavaScript name here, such as "connect".
  public var event: String
  /// What the handler threw; ``SocketIOError`` with `.decoding` where an argument was not what the handler takes, and with `.encoding`
  /// where its answer, or an event without an acknowledgement, cannot be encoded.
  public var error: any Error
}

/// What a Socket's own event carries for handlers that were registered by the event's name alone.
protocol LifecyclePayload: Sendable {
  var eventArguments: [SocketValue] { get }
}

extension Connection: LifecyclePayload {
  var eventArguments: [SocketValue] { [] }
}

extension Disconnection: LifecyclePayload {
  var eventArguments: [SocketValue] { [.string(reason.rawValue)] }
}

extension SocketIOError: LifecyclePayload {
  var eventArguments: [SocketValue] { [.string(message)] + (data.map { [$0] } ?? []) }
}

extension LifecycleEvent where Source == Socket, Payload == Connection {
  /// The Socket joined its namespace, for the first time or again.
  public static var connect: Self { Self(name: "connect") }
}

extension LifecycleEvent where Source == Socket, Payload == Disconnection {
  /// The Socket lost its namespace. Comes only after a `connect`.
  public static var disconnect: Self { Self(name: "disconnect") }
}

extension LifecycleEvent where Source == Socket, Payload == SocketIOError {
  /// The connection could not be made, or the server refused the namespace: then ``Socket/active`` is false and nothing is
  /// retried by itself.
  public static var connectError: Self { Self(name: "connect_error") }
}

extension LifecycleEvent where Source == Socket, Payload == HandlerFailure {
  /// A handler of the Socket threw, an argument was not what a typed handler or sequence takes, or the parser could not encode an event
  /// without an acknowledgement. It is logged too. An error that a handler of this event throws is only logged.
  public static var handlerError: Self { Self(key: .failures) }
}

extension LifecycleEvent where Source == Manager, Payload == Void {
  /// The connection to the server is established; namespaces are joined next.
  public static var open: Self { Self(name: "open") }
  /// The server's heartbeat arrived.
  public static var ping: Self { Self(name: "ping") }
  /// The last of `reconnectionAttempts` failed.
  public static var reconnectFailed: Self { Self(name: "reconnect_failed") }
}

extension LifecycleEvent where Source == Manager, Payload == SocketIOError {
  /// A connection attempt failed, or the connection broke.
  public static var error: Self { Self(name: "error") }
  /// A reconnection attempt failed.
  public static var reconnectError: Self { Self(name: "reconnect_error") }
}

extension LifecycleEvent where Source == Manager, Payload == SocketIOError {
  /// The connection was lost or could not be made, and nothing more is done about it unless somebody asks.
  static var gaveUp: Self { Self(key: .gaveUp) }
}

extension LifecycleEvent where Source == Manager, Payload == DisconnectReason {
  /// The connection was closed.
  public static var close: Self { Self(name: "close") }
}

extension LifecycleEvent where Source == Manager, Payload == Int {
  /// A reconnection attempt begins when the handlers have run: options that they set apply to it. They get its number, from 1.
  public static var reconnectAttempt: Self { Self(name: "reconnect_attempt") }
  /// The connection is established again. Handlers get the number of attempts that it took.
  public static var reconnect: Self { Self(name: "reconnect") }
}

extension LifecycleEvent where Source == Manager, Payload == TransportName {
  /// The connection changed to a better transport.
  public static var upgrade: Self { Self(name: "upgrade") }
}
