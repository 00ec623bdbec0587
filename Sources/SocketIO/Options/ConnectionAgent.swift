/// How connections leave this machine: proxy, local address, and whether connections are kept. It applies to both
/// transports.
public struct ConnectionAgent: Sendable, Hashable {
  /// A proxy: `http://user:password@host:port` (user and password percent-encoded, and optional), or with `https`,
  /// `socks5` or `socks5h` (the proxy resolves names). WebSockets and TLS go through HTTP proxies by CONNECT; an
  /// `https` proxy carries polling only, and its certificate is verified under the Socket's options `ca`, `ciphers` and
  /// `rejectUnauthorized`.
  public var proxy: String?

  /// Where `proxy` is not set, use the proxy of the environment variables `http_proxy`, `https_proxy` and `all_proxy`,
  /// except for the hosts in `no_proxy`.
  public var usesEnvironment: Bool

  /// Keep polling connections open between requests, for up to two seconds. By default connections over TLS are kept,
  /// since their handshakes are expensive, and others are not, as in the JavaScript client.
  ///
  /// Some servers close a connection right after an answer without announcing it. A request that hits a closed
  /// connection is sent again if the server cannot have read it. Otherwise the loss is reported, and the client
  /// reconnects.
  public var keepAlive: Bool?

  /// The numeric IP address of this machine to connect from; by default any.
  public var localAddress: String?

  /// An agent; by default it connects directly.
  public init(proxy: String? = nil, usesEnvironment: Bool = false, keepAlive: Bool? = nil, localAddress: String? = nil)
  {
    self.proxy = proxy
    self.usesEnvironment = usesEnvironment
    self.keepAlive = keepAlive
    self.localAddress = localAddress
  }
}
