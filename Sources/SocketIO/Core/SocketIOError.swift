#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

/// The error of every part of the library.
///
/// `code` is for programs, `message` for people. The other fields are set where they apply.
public struct SocketIOError: Error, Sendable {
  /// The kind of failure. New codes may come with new versions, so a `switch` over codes needs a default.
  public struct Code: Sendable, Hashable, RawRepresentable, CustomStringConvertible {
    /// The name of the code, for example "connect_failed".
    public var rawValue: String
    /// A code with this name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The name of the code.
    public var description: String { rawValue }
  }

  private struct Contents {
    var code: Code
    var message: String
    var httpStatus: Int?
    var closeCode: Int?
    var data: SocketValue?
    var underlying: (any Error)?
  }

  /// Keeps the error as small as one reference: every result and event has room for an error, and is passed on with
  /// each message.
  private indirect enum Box {
    case full(Contents)
  }

  private var box: Box

  private var contents: Contents {
    get {
      switch box {
      case .full(let contents): contents
      }
    }
    set { box = .full(newValue) }
  }

  /// The kind of failure, for programs.
  public var code: Code {
    get { contents.code }
    set { contents.code = newValue }
  }

  /// One sentence in English or, where the server refused the namespace, the server's own words unchanged. To show it
  /// to people, use ``description``, which is safe to print.
  public var message: String {
    get { contents.message }
    set { contents.message = newValue }
  }

  /// The status of the HTTP response that caused the error.
  public var httpStatus: Int? {
    get { contents.httpStatus }
    set { contents.httpStatus = newValue }
  }

  /// The code with which the WebSocket was closed (RFC 6455, section 7.4).
  public var closeCode: Int? {
    get { contents.closeCode }
    set { contents.closeCode = newValue }
  }

  /// The data that the server sent when it refused a namespace.
  public var data: SocketValue? {
    get { contents.data }
    set { contents.data = newValue }
  }

  /// The underlying error, if there is one.
  public var underlying: (any Error)? {
    get { contents.underlying }
    set { contents.underlying = newValue }
  }

  /// Creates an error.
  public init(
    _ code: Code, _ message: String, httpStatus: Int? = nil, closeCode: Int? = nil, data: SocketValue? = nil,
    underlying: (any Error)? = nil
  ) {
    box = .full(
      Contents(
        code: code, message: message, httpStatus: httpStatus, closeCode: closeCode, data: data, underlying: underlying))
  }
}

extension SocketIOError {
  /// The session ended before the namespace was joined.
  static func notJoined(_ reason: DisconnectReason, _ cause: SocketIOError?) -> SocketIOError {
    var error = cause ?? SocketIOError(.disconnected, reason.rawValue)
    let detail = error.message.hasPrefix(reason.rawValue) ? error.message : "\(reason): \(error.message)"
    error.message = "the connection ended before the namespace was joined: \(detail)"
    error.underlying = cause?.underlying ?? cause
    return error
  }

  /// The answer to CONNECT of a server of an older protocol.
  static let withoutSessionID = incompatible("without a session id")

  /// - Parameter how: How the server answered.
  static func incompatible(_ how: String) -> SocketIOError {
    SocketIOError(
      .incompatibleServer,
      "the server answered \(how), as servers of Socket.IO v2.x do; this client speaks to v3.x and v4.x")
  }
}

extension SocketIOError: LocalizedError, CustomStringConvertible {
  /// The message, safe to log and print: characters that could control a terminal or forge a line are written as in
  /// JSON.
  public var description: String { message.escapingControls }

  /// The same as ``description``, for `localizedDescription`.
  public var errorDescription: String? { description }
}

extension SocketIOError.Code {
  private init(_ rawValue: StaticString) { self.rawValue = rawValue.description }

  /// The URL cannot be used.
  public static let invalidURL = Self("invalid_url")
  /// An option has a value that cannot be used; the message names the option.
  public static let invalidOption = Self("invalid_option")
  /// The event name is reserved by the protocol.
  public static let reservedEvent = Self("reserved_event")
  /// An argument cannot be encoded; `underlying` has the coding path.
  public static let encoding = Self("encoding")
  /// The received data cannot be decoded as the requested type; `underlying` has the coding path.
  public static let decoding = Self("decoding")

  /// The time limit of a connection attempt or of an acknowledgement was reached.
  public static let timeout = Self("timeout")
  /// The connection ended before an answer came.
  public static let disconnected = Self("disconnected")
  /// A volatile event could not be sent at once.
  public static let dropped = Self("dropped")
  /// Too many events wait for a connection; see the option `offlineBuffer`.
  public static let bufferFull = Self("buffer_full")
  /// The waiting task was cancelled.
  public static let cancelled = Self("cancelled")
  /// The server refused the namespace: `message` and `data` are the server's.
  public static let refused = Self("refused")
  /// The closure that provides the credentials threw; see `underlying`.
  public static let authFailed = Self("auth_failed")
  /// The server speaks an older protocol, such as Socket.IO 2. No reconnection follows.
  public static let incompatibleServer = Self("incompatible_server")

  /// No transport of the `transports` option can be used.
  public static let noTransport = Self("no_transport")
  /// The host name could not be resolved.
  public static let unresolvedHost = Self("unresolved_host")
  /// No connection could be made to the server's address.
  public static let connectFailed = Self("connect_failed")
  /// The connection broke.
  public static let connectionLost = Self("connection_lost")
  /// The server answered with an HTTP status other than the one expected; see `httpStatus`.
  public static let httpStatus = Self("http_status")
  /// The server's answer is not valid Engine.IO, Socket.IO or HTTP.
  public static let protocolViolation = Self("protocol_violation")
  /// A message is larger than the limit.
  public static let tooLarge = Self("too_large")
  /// The proxy could not be used.
  public static let proxy = Self("proxy")
  /// The proxy refused the user or password.
  public static let proxyAuthentication = Self("proxy_authentication")
  /// The TLS handshake failed.
  public static let tls = Self("tls")
  /// The server's certificate is not signed by a trusted authority.
  public static let tlsUntrusted = Self("tls_untrusted")
  /// The server's certificate is expired or not yet valid.
  public static let tlsExpired = Self("tls_expired")
  /// The server's certificate is for another host.
  public static let tlsHostMismatch = Self("tls_host_mismatch")
  /// The server's public key matches no pin.
  public static let tlsPinMismatch = Self("tls_pin_mismatch")
  /// The server requires a client certificate, or refused the one it got.
  public static let tlsClientCertificate = Self("tls_client_certificate")
  /// Certificates, key, passphrase or ciphers of the options cannot be used; the message says which.
  public static let tlsOption = Self("tls_option")
  /// The system ran out of memory, threads or file descriptors.
  public static let system = Self("system")
}
