/// Makes engines with real transports for one server, from the Manager's options as they stand at that moment.
final class ServerConnector: Connector {
  let loop: EventLoop
  let server: ServerURL
  private let storedOptions: Locked<SocketIOOptions>
  private let cookies: CookieJar
  private let tls = Locked<[TLSOptions: TLSContext]>([:])

  /// The servers to which the last connection ended up on a WebSocket.
  private static let websocketServers = Locked<Set<String>>([])

  init(loop: EventLoop, server: ServerURL, options: SocketIOOptions) throws(SocketIOError) {
    try options.validateValues()
    self.loop = loop
    self.server = server
    storedOptions = Locked(options)
    cookies = try CookieJar()
    for transport in [TransportName.polling, .websocket] { _ = try endpoint(options, transport) }
  }

  var options: SocketIOOptions {
    get { storedOptions.withLock { $0 } }
    set { storedOptions.withLock { $0 = newValue } }
  }

  func reconnectionSettings() -> ReconnectionSettings {
    storedOptions.withLock { $0.reconnectionSettings }
  }

  func makeEngine() throws(SocketIOError) -> Engine {
    let options = self.options
    try options.validateValues()
    var configuration = EngineStateMachine.Configuration()
    configuration.transports = options.transports
    configuration.upgrade = options.upgrade
    configuration.tryAllTransports = options.tryAllTransports
    if options.rememberUpgrade, Self.websocketServers.withLock({ $0.contains(server.origin) }) {
      configuration.preferred = .websocket
    }
    return Engine(configuration, loop: loop) { [self] name, sid throws(SocketIOError) in
      let endpoint = try endpoint(options, name)
      return switch name {
      case .websocket: try WebSocketTransport(loop: loop, endpoint: endpoint, sid: sid)
      default: PollingTransport(loop: loop, endpoint: endpoint, sid: sid)
      }
    }
  }

  private func endpoint(_ options: SocketIOOptions, _ transport: TransportName) throws(SocketIOError) -> EngineEndpoint
  {
    let options = options.options(for: transport)
    try options.validateValues()
    var endpoint = EngineEndpoint(
      isSecure: server.isSecure, host: server.host, port: server.port, path: options.requestPath,
      query: Self.query(server, options), headers: { self.options.options(for: transport).extraHeaders },
      forceBase64: options.forceBase64, timestampRequests: options.timestampRequests,
      timestampParam: options.timestampParam, tls: try tlsContext(options.tlsOptions),
      requestTimeout: options.requestTimeout?.milliseconds ?? 0, protocols: options.protocols,
      maxMessageSize: options.maxMessageSize)
    endpoint.cookies = options.withCredentials ? cookies : nil
    endpoint.agent = options.agent
    endpoint.deflateThreshold = options.perMessageDeflate?.threshold
    if let proxy = options.agent.proxy {
      endpoint.proxy = try Proxy(proxy)
    } else if options.agent.usesEnvironment {
      endpoint.proxy = try Proxy.fromEnvironment(target: endpoint.url(transport, sid: nil))
    }
    return endpoint
  }

  func remember(websocketWorks: Bool) {
    Self.websocketServers.withLock {
      if websocketWorks { $0.insert(server.origin) } else { $0.remove(server.origin) }
    }
  }

  /// The option's parameters, and the URL's, which win.
  static func query(_ server: ServerURL, _ options: SocketIOOptions) -> [(name: String, value: String)] {
    let fromURL = server.query.map { (name: $0.name, value: $0.value) }
    let fromOption = options.query.compactMap { name, value in
      SocketIOOptions.text(value).map { (name: name, value: $0) }
    }
    return fromOption.filter { option in !fromURL.contains { $0.name == option.name } } + fromURL
  }

  /// One context for all engines, so that TLS sessions and trusted authorities are shared; nil for plain connections.
  private func tlsContext(_ options: TLSOptions) throws(SocketIOError) -> TLSContext? {
    guard server.isSecure, options != TLSOptions() else { return nil }
    if let context = tls.withLock({ $0[options] }) { return context }
    let context = try TLSContext(options)
    tls.withLock {
      // Transports may differ; what was set before is not kept.
      if $0.count > 4 { $0 = [:] }
      $0[options] = context
    }
    return context
  }
}
