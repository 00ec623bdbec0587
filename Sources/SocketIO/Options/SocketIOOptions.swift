import Logging

/// The options of ``io(_:options:)`` and ``Manager``, with the names and defaults of the JavaScript client.
///
/// The first group decides which Manager is used, `auth`, `ackTimeout` and `retries` belong to one Socket, and all others to the Manager: where
/// an existing Manager is used again, they have no effect.
///
/// What cannot be used is refused by ``io(_:options:)`` and ``Manager/init(_:options:)``, with `.invalidOption` unless a property says otherwise.
/// A change by ``Manager/opts`` counts from the next connection on, unless a property says otherwise. It is not checked before it is used:
/// ``validate()`` does.
public struct SocketIOOptions: Sendable {
  // MARK: Factory

  /// Make a new Manager, and with it a connection of its own, even where one to the same server exists. Later changes have no effect.
  public var forceNew = false

  /// Use an existing Manager for another namespace of the same server. The opposite of `forceNew`. Later changes have no effect.
  public var multiplex = true

  // MARK: Engine

  /// The transports to use, best liked first: the first is used for connecting, the others for upgrades. None at all fails as `connectError`
  /// with `.noTransport`; names other than `polling` and `websocket` are refused.
  public var transports: [TransportName] = [.polling, .websocket]

  /// Change from polling to WebSocket once connected, where the server offers it.
  public var upgrade = true

  /// Start with WebSocket if the previous connection to the server ended up on one. A connection that failed since makes
  /// the next one start in the usual order.
  public var rememberUpgrade = false

  /// Where one transport cannot be opened, try the next within the same attempt.
  public var tryAllTransports = false

  /// The path of requests. It is not the namespace, and must match the server's. Refused with a `?`, `#`, space or control character in it.
  public var path = "/socket.io/"

  /// End the path of requests in a slash.
  public var addTrailingSlash = true

  /// Further query parameters of every request; values are strings, numbers or Booleans. Those of the URL win over them. The
  /// names `EIO`, `transport`, `sid`, `j` and `b64` belong to the protocol and are refused. A change takes effect with the
  /// next connection.
  public var query: SocketObject = [:]

  /// Further headers of every request and of the WebSocket's handshake. A change takes effect with the next request. What cannot stand in a
  /// header is refused and, where `transports` has `websocket`, so are the handshake's own: `Connection`, `Upgrade` and `Sec-WebSocket-…`.
  public var extraHeaders: [String: String] = [:]

  /// Send binary over WebSocket as base64 text, as it always is over polling.
  public var forceBase64 = false

  /// Add a parameter to every request that no other request has, against caches.
  public var timestampRequests = true

  /// The name of that parameter: not empty, and none of `EIO`, `transport`, `sid` and `b64`.
  public var timestampParam = "t"

  /// Keep the cookies that the server sets and send them back, over both transports and across reconnections: sticky load
  /// balancers ask for it.
  public var withCredentials = false

  /// How connections leave this machine: proxy, local address, kept connections.
  public var agent = Agent()

  /// Offer compression of WebSocket messages; nil, the default, does not, since it costs memory for each connection.
  public var perMessageDeflate: PerMessageDeflate?

  /// The limit for each request of polling, up to a year; nil, the default, and zero for none. It must be longer than the server's ping
  /// interval, for which a GET may wait.
  public var requestTimeout: Duration?

  /// The WebSocket subprotocols to offer.
  public var protocols: [String] = []

  /// Changes for one transport alone, made to a copy of these options: `transportOptions[.polling] = { $0.extraHeaders["x"] = "1" }`.
  /// Refused where they change what no transport has for itself: the options of the Manager and the Socket, and which transports are used.
  public var transportOptions: [TransportName: @Sendable (inout SocketIOOptions) -> Void] = [:]

  /// The largest message, or answer to a poll, that is accepted from the server, in bytes, 64 MiB unless set; a larger one breaks the connection
  /// with `.tooLarge`. Zero and less is refused.
  public var maxMessageSize = 64 << 20

  // MARK: TLS

  /// The certificate authorities to trust instead of the system's. This and the other credentials are refused
  /// with `.tlsOption` where they cannot be used.
  public var ca: [Credential] {
    get { tlsOptions.ca }
    set { tlsOptions.ca = newValue }
  }

  /// The client certificate, with its chain; needs `key`.
  public var cert: Credential? {
    get { tlsOptions.cert }
    set { tlsOptions.cert = newValue }
  }

  /// The private key of `cert`.
  public var key: Credential? {
    get { tlsOptions.key }
    set { tlsOptions.key = newValue }
  }

  /// The passphrase of `key` or `pfx`.
  public var passphrase: String? {
    get { tlsOptions.passphrase }
    set { tlsOptions.passphrase = newValue }
  }

  /// A PKCS#12 file with client certificate and key.
  public var pfx: Credential? {
    get { tlsOptions.pfx }
    set { tlsOptions.pfx = newValue }
  }

  /// The ciphers to offer, as OpenSSL names them, separated by colons.
  public var ciphers: String? {
    get { tlsOptions.ciphers }
    set { tlsOptions.ciphers = newValue }
  }

  /// Refuse servers whose certificate is not trusted or is for another host. On unless
  /// set. Without it, anybody can pose as the server.
  public var rejectUnauthorized: Bool {
    get { tlsOptions.rejectUnauthorized }
    set { tlsOptions.rejectUnauthorized = newValue }
  }

  /// Accept only servers whose public key has one of these SHA-256 digests, besides all other checks; none for no such limit. A
  /// digest is the base64 of 32 bytes, with or without "sha256/" in front, taken over the DER form of SubjectPublicKeyInfo.
  public var pins: [String] {
    get { tlsOptions.pins }
    set { tlsOptions.pins = newValue }
  }

  /// Most options have none of these, and are kept for each Manager.
  private var tls: SharedTLSOptions?

  /// All of these.
  var tlsOptions: TLSOptions {
    get { tls?.options ?? TLSOptions() }
    set { tls = newValue == TLSOptions() ? nil : SharedTLSOptions(newValue) }
  }

  /// Whether none of these is set.
  var hasDefaultTLS: Bool { tls == nil }

  // MARK: Manager

  /// Reconnect when a connection is lost or cannot be made. A change takes effect at once: `false` ends the waiting for the next attempt.
  public var reconnection = true

  /// Attempts before giving up, counted anew after each loss. A change takes effect with the next loss or failure; less than zero is refused.
  public var reconnectionAttempts = AttemptLimit.unlimited

  /// The delay before the first attempt, doubled with each further one: from zero to a year, 1 second unless set. A change takes effect with
  /// the next delay.
  public var reconnectionDelay = Duration.seconds(1)

  /// The longest delay between two attempts, from zero to a year, 5 seconds unless set. A change takes effect with the next delay.
  public var reconnectionDelayMax = Duration.seconds(5)

  /// How far delays are spread at random, from 0 (not at all) to 1 (from nothing to twice the delay). A change takes effect with the next delay.
  public var randomizationFactor = 0.5

  /// The limit for each connection attempt, until the server's handshake: from zero to a year, 20 seconds unless set. A change takes effect with
  /// the next attempt.
  public var timeout = ConnectTimeout.after(.seconds(20))

  /// Connect as soon as the Socket is made. Later changes have no effect.
  public var autoConnect = true

  /// Encodes and decodes packets; it must match the server's. In the box are ``JSONParser`` and ``MessagePackParser``. Later changes have no
  /// effect.
  public var parser: any Parser = JSONParser()

  // MARK: Socket

  /// What is sent to the server when the namespace is joined: an object. Change it by ``Socket/auth``.
  public var auth: Auth?

  /// How long each emit waits for its acknowledgement, where it does not say itself, from zero to a year; nil for no limit. A change counts
  /// for Sockets that are made after it.
  public var ackTimeout: Duration?

  /// How often an event is sent again until the server acknowledges it: 0 sends it once. With retries, events go out one at a
  /// time, each when the one before is done with, and wait while the Socket is not connected; a try fails when `ackTimeout` is over or
  /// the connection is lost. The server may get an event more than once. Volatile events are left out. A change counts for Sockets that
  /// are made after it.
  public var retries = 0

  // MARK: Beyond the JavaScript client

  /// How many events of each Socket may wait for a connection, and what becomes of those that are too many. A change counts for Sockets
  /// that are made after it.
  public var offlineBuffer = OfflineBuffer()

  /// The number of bytes that may be queued before ``Socket/emitWhenWritable(_:_:)-(_,EncodableSendable...)`` waits: 1 MiB unless set. Later
  /// changes have no effect.
  public var highWaterMark = 1 << 20

  /// How many bytes of events may wait for handlers, all Sockets of the Manager together: 16 MiB unless set, at least 1. Later changes have no
  /// effect.
  ///
  /// When more waits, the connection is not read until half of it has been handled, and the server is held up. An event counts as many
  /// bytes as its text and its attachments had, 256 more, and about what its arrays and objects take in memory. Answers to
  /// acknowledgements count as events do. A message that is larger by itself is delivered, and what has been read or asked for when the
  /// limit is passed, too.
  ///
  /// A connection that is not read does not see the server's pings. The client does not take that for a loss, but the server ends the session when it gets no
  /// pong for its `pingTimeout` (20 seconds unless it says otherwise). Nor are acknowledgements seen, whose time goes on. Where handlers take
  /// that long, have them hand their work to a task or a queue and return, or set a larger limit. ``Statistics/readingPauses`` tells
  /// whether it happens, and a warning is logged.
  public var inboundBuffer = 16 << 20

  /// Where handlers run. Later changes have no effect.
  public var delivery = HandlerDelivery.serial

  /// The loop that carries the connection; ``EventLoop/shared`` unless set. Later changes have no effect.
  public var eventLoop: EventLoop?

  /// Where the library logs; quiet unless set. The guide lists levels and metadata keys. Later
  /// changes have no effect.
  public var logger = Logger(label: "socketio") { _ in SwiftLogNoOpLogHandler() }

  /// The defaults.
  public init() {}
}

/// What copies of options have in common.
private final class SharedTLSOptions: Sendable {
  let options: TLSOptions
  init(_ options: TLSOptions) { self.options = options }
}

/// How often a Manager tries to reconnect.
public enum AttemptLimit: Sendable, Hashable, ExpressibleByIntegerLiteral {
  /// Until it succeeds.
  case unlimited
  /// So often; with 0 never.
  case limited(Int)

  /// `5` means `.limited(5)`.
  public init(integerLiteral value: Int) { self = .limited(value) }
}

/// How long a connection attempt may take.
public enum ConnectTimeout: Sendable, Hashable {
  /// As long as it takes.
  case never
  /// So long, up to the server's handshake.
  case after(Duration)
}

/// Credentials for a namespace: fixed, or asked for each time the namespace is joined.
public enum Auth: Sendable, ExpressibleByDictionaryLiteral {
  /// An object.
  case value(SocketValue)
  /// Evaluated for every connection. An error it throws is reported by `connect_error`, and the Socket is not active any more.
  case provider(@Sendable () async throws -> SocketValue)

  /// An object, fixed.
  public init(dictionaryLiteral elements: (String, SocketValue)...) {
    self = .value(.object(SocketObject(elements)))
  }
}
