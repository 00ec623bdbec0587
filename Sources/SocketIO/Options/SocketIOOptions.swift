public import Logging

/// The options of ``io(_:options:)`` and ``Manager``, with the names and defaults of the JavaScript client.
///
/// The first group decides which Manager is used. `auth`, `ackTimeout` and `retries` belong to one Socket, all others
/// to the Manager: they have no effect where an existing Manager is reused.
///
/// Unless a property says otherwise, ``io(_:options:)`` and ``Manager/init(_:options:)`` refuse an unusable value with
/// `.invalidOption`, and a change through ``Manager/opts`` takes effect with the next connection. A changed value is
/// not checked until then; ``validate()`` checks it at once.
public struct SocketIOOptions: Sendable {
  // MARK: Factory

  /// Make a new Manager with its own connection, even where one to the same server exists. Later changes have no
  /// effect.
  public var forceNew = false

  /// Use an existing Manager for another namespace of the same server. The opposite of `forceNew`. Later changes have
  /// no effect.
  public var multiplex = true

  // MARK: Engine

  /// The transports to use: the first connects, the others serve for upgrades. An empty list fails as `connectError`
  /// with `.noTransport`; names other than `polling` and `websocket` are refused.
  public var transports: [TransportName] = [.polling, .websocket]

  /// Upgrade from polling to WebSocket once connected, if the server offers it.
  public var upgrade = true

  /// Start with WebSocket if the previous connection to the server ended up on one. After a failed connection, the next
  /// one starts in the usual order.
  public var rememberUpgrade = false

  /// If a transport cannot be opened, try the next one within the same attempt.
  public var tryAllTransports = false

  /// The path of requests, not the namespace. It must match the server's. A `?`, `#`, space or control character in it
  /// is refused.
  public var path = "/socket.io/"

  /// End the path of requests with a slash.
  public var addTrailingSlash = true

  /// Additional query parameters of every request; values are strings, numbers or Booleans. Parameters in the URL take
  /// precedence. The names `EIO`, `transport`, `sid`, `j` and `b64` belong to the protocol and are refused. A change
  /// takes effect with the next connection.
  public var query: SocketObject = [:]

  /// Additional headers of every request and of the WebSocket handshake. A change takes effect with the next request.
  /// Invalid headers are refused, and so are `Content-Length` and `Transfer-Encoding` and, where `transports` has
  /// `websocket`, the handshake's own: `Connection`, `Upgrade` and `Sec-WebSocket-…`.
  public var extraHeaders: [String: String] = [:]

  /// Send binary data over WebSocket as base64 text, as polling always does.
  public var forceBase64 = false

  /// Add a unique parameter to each request, to defeat caches.
  public var timestampRequests = true

  /// The name of that parameter: not empty, and none of `EIO`, `transport`, `sid` and `b64`.
  public var timestampParam = "t"

  /// Keep the cookies that the server sets and send them back, over both transports and across reconnections. Sticky
  /// load balancers need this.
  public var withCredentials = false

  /// How connections leave this machine: proxy, local address, and whether connections are kept.
  public var agent = ConnectionAgent()

  /// Offer compression of WebSocket messages. Off (nil) by default, since it costs memory for each connection.
  public var perMessageDeflate: PerMessageDeflate?

  /// The time limit of each polling request, up to a year; nil (the default) or zero for none. It must exceed the
  /// server's ping interval, since a GET may wait that long.
  public var requestTimeout: Duration?

  /// The WebSocket subprotocols to offer.
  public var protocols: [String] = []

  /// Changes for one transport, applied to a copy of these options: `transportOptions[.polling] = {
  /// $0.extraHeaders["x"] = "1" }`. A change of an option that cannot differ between transports is refused: those of
  /// the Manager and the Socket, and which transports are used.
  public var transportOptions: [TransportName: @Sendable (inout SocketIOOptions) -> Void] = [:]

  /// The largest message or polling response accepted from the server, in bytes, 64 MiB by default. A larger one breaks
  /// the connection with `.tooLarge`. The value must be positive.
  public var maxMessageSize = 64 << 20

  // MARK: TLS

  /// The certificate authorities to trust instead of the system's. These and the other credentials are refused with
  /// `.tlsOption` if they cannot be used.
  public var ca: [Credential] {
    get { tlsOptions.ca }
    set { tlsOptions.ca = newValue }
  }

  /// The client certificate with its chain; needs `key`.
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

  /// Refuse servers whose certificate is not trusted or is for another host. On by default. Without it, anybody can
  /// pose as the server.
  public var rejectUnauthorized: Bool {
    get { tlsOptions.rejectUnauthorized }
    set { tlsOptions.rejectUnauthorized = newValue }
  }

  /// If not empty, accept only servers whose public key has one of these SHA-256 digests, in addition to all other
  /// checks. A digest is the base64 of 32 bytes, with or without the prefix "sha256/", taken over the DER form of
  /// SubjectPublicKeyInfo.
  public var pins: [String] {
    get { tlsOptions.pins }
    set { tlsOptions.pins = newValue }
  }

  /// nil for the defaults, which most Managers have: each Manager keeps its options.
  private var tls: SharedTLSOptions?

  /// All TLS options.
  var tlsOptions: TLSOptions {
    get { tls?.options ?? TLSOptions() }
    set { tls = newValue == TLSOptions() ? nil : SharedTLSOptions(newValue) }
  }

  /// Whether no TLS option is set.
  var hasDefaultTLS: Bool { tls == nil }

  // MARK: Manager

  /// Reconnect when a connection is lost or cannot be made. A change takes effect at once: `false` cancels a scheduled
  /// attempt.
  public var reconnection = true

  /// Attempts before giving up; the count restarts after each loss. A change takes effect with the next loss or
  /// failure. A negative number is refused.
  public var reconnectionAttempts = AttemptLimit.unlimited

  /// The delay before the first attempt, doubled for each further one: from zero to a year, 1 second by default. A
  /// change takes effect with the next delay.
  public var reconnectionDelay = Duration.seconds(1)

  /// The longest delay between two attempts: from zero to a year, 5 seconds by default. A change takes effect with the
  /// next delay.
  public var reconnectionDelayMax = Duration.seconds(5)

  /// How much delays are randomised: from 0 (not at all) to 1 (from nothing to twice the delay). A change takes effect
  /// with the next delay.
  public var randomizationFactor = 0.5

  /// The time limit of each connection attempt, until the server's handshake: from zero to a year, 20 seconds by
  /// default. A change takes effect with the next attempt.
  public var timeout = ConnectTimeout.after(.seconds(20))

  /// Connect as soon as the Socket is made. Later changes have no effect.
  public var autoConnect = true

  /// Encodes and decodes packets; it must match the server's. Built in are ``JSONParser`` and ``MessagePackParser``.
  /// Later changes have no effect.
  public var parser: any SocketParser = JSONParser()

  // MARK: Socket

  /// The credentials sent to the server when a Socket joins its namespace: an object. Change it through
  /// ``Socket/auth``.
  public var auth: SocketAuth?

  /// How long an emit waits for its acknowledgement unless it sets its own limit: from zero to a year; nil for no
  /// limit. A change applies to Sockets made after it.
  public var ackTimeout: Duration?

  /// How often an event is resent until the server acknowledges it: 0 sends it once. With retries, events are sent one
  /// at a time, each after the one before has completed, and wait while the Socket is not connected. A try fails when
  /// `ackTimeout` has passed or the connection is lost. The server may receive an event more than once. Volatile events
  /// are not retried. A change applies to Sockets made after it.
  public var retries = 0

  // MARK: Beyond the JavaScript client

  /// How many events of each Socket may wait for a connection, and what happens to further ones. A change applies to
  /// Sockets made after it.
  public var offlineBuffer = OfflineBuffer()

  /// The number of bytes that may be queued before `emitWhenWritable` waits: 1 MiB by default. Later changes have no
  /// effect.
  public var highWaterMark = 1 << 20

  /// How many bytes of events may wait for handlers, for all Sockets of the Manager together: 16 MiB by default, at
  /// least 1. Later changes have no effect.
  ///
  /// When more waits, the client stops reading the connection, which slows the server down, until half of it has been
  /// handled. An event counts as the bytes of its text and attachments, plus 256, plus roughly what its arrays and
  /// objects take in memory. Acknowledgements count as events do. A single message larger than the limit is still
  /// delivered, and so is what has already been read or requested when the limit is passed.
  ///
  /// While reading is paused, the client does not see the server's pings. It does not treat that as a loss, but the
  /// server ends the session when it gets no pong within its `pingTimeout` (20 seconds by default). Acknowledgements
  /// are not seen either, and may time out. If handlers take that long, let them hand their work to a task or a queue
  /// and return, or set a larger limit. ``ManagerStatistics/readingPauses`` shows whether it happens, and a warning is
  /// logged.
  public var inboundBuffer = 16 << 20

  /// Where handlers run. Later changes have no effect.
  public var delivery = HandlerDelivery.serial

  /// The loop that carries the connection; ``SocketEventLoop/shared`` by default. Later changes have no effect.
  public var eventLoop: SocketEventLoop?

  /// Where the library logs; silent by default. The guide lists levels and metadata keys. Later changes have no effect.
  public var logger = Logger(label: "socketio") { _ in SwiftLogNoOpLogHandler() }

  /// Carries the connection instead of the operating system's network, in tests.
  package var network: (any Network)?

  /// The defaults.
  public init() {}
}

/// Shared by copies of the options.
private final class SharedTLSOptions: Sendable {
  let options: TLSOptions
  init(_ options: TLSOptions) { self.options = options }
}

/// How often a Manager tries to reconnect.
public enum AttemptLimit: Sendable, Hashable, ExpressibleByIntegerLiteral {
  /// Until it succeeds.
  case unlimited
  /// At most this often; 0 for never.
  case limited(Int)

  /// `5` means `.limited(5)`.
  public init(integerLiteral value: Int) { self = .limited(value) }
}

/// How long a connection attempt may take.
public enum ConnectTimeout: Sendable, Hashable {
  /// As long as it takes.
  case never
  /// At most this long, until the server's handshake.
  case after(Duration)
}

/// Credentials for a namespace: fixed, or provided each time the namespace is joined.
public enum SocketAuth: Sendable, ExpressibleByDictionaryLiteral {
  /// An object.
  case value(SocketValue)
  /// Called for every connection. An error it throws is reported as `connect_error`, and the Socket is no longer
  /// active.
  case provider(@Sendable () async throws -> SocketValue)

  /// A fixed object.
  public init(dictionaryLiteral elements: (String, SocketValue)...) {
    self = .value(.object(SocketObject(elements)))
  }
}
