/// Makes engines with real transports for one server, from the Manager's options at that moment.
final class ServerConnector: Connector {
  let loop: SocketEventLoop
  let server: ServerURL
  private let settings: Locked<Settings>
  /// Made by the first connection that keeps cookies.
  private let cookies = Locked<CookieJar?>(nil)
  private let tls = Locked<[TLSOptions: TLSContext]>([:])

  /// The servers whose last connection ended up on a WebSocket.
  private static let websocketServers = Locked<Set<String>>([])

  /// One version of the options, with values derived from them. The Manager and its engines share it, since a copy
  /// retains every option.
  private final class Settings: Sendable {
    let options: SocketIOOptions
    let reconnection: ReconnectionSettings
    /// Why the options are unusable.
    let problem: SocketIOError?

    /// - Parameter areValid: The options have been checked.
    init(_ options: SocketIOOptions, areValid: Bool = false) {
      self.options = options
      var reconnection = options.reconnectionSettings
      do throws(SocketIOError) {
        if !areValid { try options.validateValues() }
        problem = nil
      } catch {
        problem = error
        // Every attempt fails now; an unusable delay must not make them follow without a pause.
        let usual = ReconnectionSettings()
        (reconnection.delay, reconnection.delayMax) = (usual.delay, usual.delayMax)
        reconnection.randomizationFactor = usual.randomizationFactor
      }
      self.reconnection = reconnection
    }

    /// The options of one transport; nil if it has none of its own.
    func ownOptions(of transport: TransportName) -> SocketIOOptions? {
      options.transportOptions[transport] == nil ? nil : options.options(for: transport)
    }
  }

  /// - Parameter areValid: The options have been checked.
  init(
    loop: SocketEventLoop, server: ServerURL, options: SocketIOOptions, areValid: Bool = false
  ) throws(SocketIOError) {
    let settings = Settings(options, areValid: areValid)
    if let problem = settings.problem { throw problem }
    self.loop = loop
    self.server = server
    self.settings = Locked(settings)
    // Checks certificates, keys and proxies now. If the transports have the same options, one check is enough.
    if !options.transportOptions.isEmpty {
      for transport in [TransportName.polling, .websocket] { _ = try endpoint(settings, transport) }
    } else if server.isSecure || options.agent.proxy != nil || options.agent.usesEnvironment {
      _ = try endpoint(settings, .websocket)
    }
  }

  var options: SocketIOOptions {
    get { settings.withLock { $0 }.options }
    set {
      let new = Settings(newValue)
      settings.withLock { $0 = new }
    }
  }

  var socketDefaults: SocketDefaults { SocketDefaults(settings.withLock { $0 }.options) }

  func reconnectionSettings() -> ReconnectionSettings { settings.withLock { $0.reconnection } }

  func makeEngine() throws(SocketIOError) -> Engine {
    let settings = settings.withLock { $0 }
    if let problem = settings.problem { throw problem }
    var configuration = EngineStateMachine.Configuration(settings.options)
    if settings.options.rememberUpgrade, Self.websocketServers.withLock({ $0.contains(server.origin) }) {
      configuration.preferred = .websocket
    }
    return Engine(configuration, loop: loop) { [self] name, sid throws(SocketIOError) in
      let endpoint = try endpoint(settings, name)
      return switch name {
      case .websocket: try WebSocketTransport(loop: loop, endpoint: endpoint, sid: sid)
      default: PollingTransport(loop: loop, endpoint: endpoint, sid: sid)
      }
    }
  }

  private func endpoint(_ settings: Settings, _ transport: TransportName) throws(SocketIOError) -> EngineEndpoint {
    if let problem = settings.problem { throw problem }
    guard let own = settings.ownOptions(of: transport) else { return try endpoint(settings.options, transport) }
    // The closure may set different values each time.
    try own.validateOwnValues()
    return try endpoint(own, transport)
  }

  private func endpoint(
    _ options: borrowing SocketIOOptions, _ transport: TransportName
  ) throws(SocketIOError) -> EngineEndpoint {
    var endpoint = EngineEndpoint(
      isSecure: server.isSecure, host: server.host, port: server.port, path: options.requestPath,
      query: Self.query(server, options.query), headers: { self.headers(for: transport) },
      forceBase64: options.forceBase64, timestampRequests: options.timestampRequests,
      timestampParam: options.timestampParam, tls: server.isSecure ? try tlsContext(options.tlsOptions) : nil,
      requestTimeout: options.requestTimeout?.milliseconds ?? 0, protocols: options.protocols,
      maxMessageSize: options.maxMessageSize)
    endpoint.cookies = options.withCredentials ? try cookieJar() : nil
    endpoint.agent = options.agent
    endpoint.deflateThreshold = options.perMessageDeflate?.threshold
    if let proxy = options.agent.proxy {
      endpoint.proxy = try Proxy(proxy)
    } else if options.agent.usesEnvironment {
      endpoint.proxy = try Proxy.fromEnvironment(target: endpoint.url(transport, sid: nil))
    }
    if let proxy = endpoint.proxy, let tls = try tlsContext(options.tlsOptions.forProxy) { try proxy.setTLS(tls) }
    return endpoint
  }

  private func cookieJar() throws(SocketIOError) -> CookieJar {
    try cookies.withLock { (cookies) throws(SocketIOError) in
      if let cookies { return cookies }
      let jar = try CookieJar()
      cookies = jar
      return jar
    }
  }

  private func headers(for transport: TransportName) -> [String: String] {
    let settings = settings.withLock { $0 }
    return settings.ownOptions(of: transport)?.extraHeaders ?? settings.options.extraHeaders
  }

  func remember(websocketWorks: Bool) {
    Self.websocketServers.withLock {
      if websocketWorks { $0.insert(server.origin) } else { $0.remove(server.origin) }
    }
  }

  /// The parameters of the option and the URL. The URL's take precedence.
  static func query(_ server: ServerURL, _ option: SocketObject) -> [(name: String, value: String)] {
    let fromURL = server.query.map { (name: $0.name, value: $0.value) }
    let fromOption = option.compactMap { name, value in
      SocketIOOptions.text(value).map { (name: name, value: $0) }
    }
    return fromOption.filter { option in !fromURL.contains { $0.name == option.name } } + fromURL
  }

  /// One context for all engines, so that TLS sessions and trusted authorities are shared; nil for the default
  /// settings.
  private func tlsContext(_ options: TLSOptions) throws(SocketIOError) -> TLSContext? {
    guard options != TLSOptions() else { return nil }
    if let context = tls.withLock({ $0[options] }) { return context }
    let context = try TLSContext(options)
    tls.withLock {
      // Transports may have different settings; older settings are dropped.
      if $0.count > 4 { $0 = [:] }
      $0[options] = context
    }
    return context
  }
}
