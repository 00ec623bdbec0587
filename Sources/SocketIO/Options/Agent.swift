/// How connections leave this machine: through a proxy, from an address, kept or not. Both transports follow it.
public struct Agent: Sendable, Hashable {
  /// A proxy: `http://user:password@host:port` (user and password percent-encoded, and optional), or with `https`, `socks5` or `socks5h`
  /// (the proxy resolves names). WebSockets and TLS go through HTTP proxies by CONNECT; an `https` proxy carries polling only,
  /// and its certificate is verified under the Socket's options `ca`, `ciphers` and `rejectUnauthorized`.
  public var proxy: String?

  /// Use the proxy that the environment names where `proxy` is not set: `http_proxy`, `https_proxy`, `all_proxy`, except for the hosts in
  /// `no_proxy`.
  public var usesEnvironment: Bool

  /// Keep connections of polling between requests, for up to two seconds. Unless set, connections over TLS are kept, whose handshakes
  /// cost much, and others are not, as with the JavaScript client.
  ///
  /// Some servers end a connection right after an answer without saying so. A request that meets the end of a kept connection is sent
  /// again if the server cannot have read it. Else the loss is reported, and the client connects again.
  public var keepAlive: Bool?

  /// The address of this machine to connect from, in numbers; any unless set.
  public var localAddress: String?

  /// An agent that connects directly unless told otherwise.
  public init(proxy: String? = nil, usesEnvironment: Bool = false, keepAlive: Bool? = nil, localAddress: String? = nil)
  {
    self.proxy = proxy
    self.usesEnvironment = usesEnvironment
    self.keepAlive = keepAlive
    self.localAddress = localAddress
  }
}

/// When WebSocket messages are compressed, where the server agrees.
public struct PerMessageDeflate: Sendable, Hashable {
  /// Messages of fewer bytes are sent as they are.
  public var threshold: Int

  /// Compression of messages from so many bytes on.
  public init(threshold: Int = 1_024) { self.threshold = threshold }
}
