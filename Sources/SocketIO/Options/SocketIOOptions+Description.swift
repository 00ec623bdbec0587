extension SocketIOOptions: CustomStringConvertible {
  /// The options that differ from the defaults. Of those that may hold a secret it has only the names, such as
  /// "SocketIOOptions(reconnectionDelay: 0.5 seconds, auth: …)".
  public var description: String {
    let shown = Self.changes(self, SocketIOOptions()) + Self.changes(tlsOptions, TLSOptions())
    return "SocketIOOptions(\(shown.joined(separator: ", ")))"
  }

  private static func changes<Options>(_ options: Options, _ defaults: Options) -> [String] {
    zip(Mirror(reflecting: options).children, Mirror(reflecting: defaults).children).compactMap { option, standard in
      guard let name = option.label, name != "tls", "\(option.value)" != "\(standard.value)" else { return nil }
      return "\(name): \((option.value as? any PlainOption).map { "\($0)" } ?? "…")"
    }
  }
}

/// The type of an option that holds no secret.
private protocol PlainOption {}

extension Bool: PlainOption {}
extension Int: PlainOption {}
extension Double: PlainOption {}
extension Duration: PlainOption {}
extension AttemptLimit: PlainOption {}
extension ConnectTimeout: PlainOption {}
extension OfflineBuffer: PlainOption {}
extension PerMessageDeflate: PlainOption {}
extension Array: PlainOption where Element == TransportName {}

extension SocketAuth: CustomStringConvertible, CustomReflectable {
  /// Whether it is fixed or provided, without the credentials.
  public var description: String {
    switch self {
    case .value: "a fixed object"
    case .provider: "provided by a closure"
    }
  }

  /// Shows nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Credential: CustomStringConvertible, CustomReflectable {
  /// The path of a file, or the number of bytes.
  public var description: String {
    switch source {
    case .file(let path): path.escapingControls
    case .bytes(let data): "\(data.count) bytes"
    }
  }

  /// Shows nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension ConnectionAgent: CustomStringConvertible, CustomReflectable {
  /// The proxy without user and password, the local address, and whether connections are kept.
  public var description: String {
    let parts = [
      proxy.map { "proxy \(ShownURL.text($0))" } ?? (usesEnvironment ? "proxy of the environment" : nil),
      localAddress.map { "from \($0)" }, keepAlive.map { $0 ? "keeps connections" : "keeps no connections" },
    ]
    let shown = parts.compactMap { $0 }.joined(separator: ", ")
    return shown.isEmpty ? "direct" : shown.escapingControls
  }

  /// Shows the proxy without user and password.
  public var customMirror: Mirror {
    let children: KeyValuePairs<String, Any> = [
      "proxy": proxy.map(ShownURL.text) as Any, "usesEnvironment": usesEnvironment, "keepAlive": keepAlive as Any,
      "localAddress": localAddress as Any,
    ]
    return Mirror(self, children: children, displayStyle: .struct)
  }
}
