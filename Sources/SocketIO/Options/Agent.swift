/// How connections leave this machine: through a proxy, from an address, kept or not. Both transports follow it.
public struct Agent: Sendable, Hashable {
  /// A proxy: `http://user:password@host:port` (user and password percent-encoded, and optional), or with `https`, `socks5` or `socks5h`
  /// (the proxy resolves names). WebSockets and TLS go through HTTP proxies by CONNECT; an `https` proxy carries polling only.
  public var proxy: String?

  /// Use the proxy that the environment names where `proxy` is not set: `http_proxy`, `https_proxy`, `all_proxy`, except for the hosts in
  /// `no_proxy`.
  public var usesEnvironment: Bool

  /// Keep connections of polling between requests. Without it, each request makes a connection of its own, as with
  /// the JavaScript client.
  ///
  /// A kept connection may die just when it is used again. A GET is then repeated, and events that the server had sent already as its
  /// answer are lost unnoticed; without `keepAlive`, the loss is reported, and the client
  /// connects again.
  public var keepAlive: Bool

  /// The address of this machine to connect from, in numbers; any unless set.
  public var localAddress: String?

  /// An agent that connects directly unless told otherwise.
  public init(proxy: String? = nil, usesEnvironment: Bool = false, keepAlive: Bool = false, localAddress: String? = nil)
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
