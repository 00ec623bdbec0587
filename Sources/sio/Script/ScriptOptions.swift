import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads the client's options from JSON, under the names of the options page.
enum ScriptOptions {
  private typealias Setter = @Sendable (NamedValue, inout SocketIOOptions) throws(ScriptError) -> Void

  /// Sets the options that the object names, and validates the result.
  ///
  /// - Throws: If a name is unknown, or a value has the wrong type or is unusable; then `options` stays unchanged.
  static func apply(_ object: SocketObject, to options: inout SocketIOOptions) throws(ScriptError) {
    var changed = options
    try set(object, in: &changed)
    do {
      try changed.validate()
    } catch {
      throw ScriptError(error.message)
    }
    options = changed
  }

  private static func set(_ object: SocketObject, in options: inout SocketIOOptions) throws(ScriptError) {
    for (name, value) in object {
      guard let setter = setters[name] else { throw ScriptError("there is no option \"\(name)\"") }
      try setter(NamedValue(name: "option \"\(name)\"", value: value), &options)
    }
  }

  /// All options except those that JSON cannot express: `delivery`, `eventLoop` and `logger`.
  static var names: [String] { Array(setters.keys) }

  /// Credentials; nil for `null`, which removes them.
  static func auth(_ value: NamedValue) throws(ScriptError) -> SocketAuth? {
    if value.value.isNull { return nil }
    let object = try value.object()
    if try value.decoded().containsBinary { throw ScriptError("\(value.name) cannot hold binary") }
    return .value(.object(object))
  }

  private static let setters: [String: Setter] = [
    "forceNew": set(\.forceNew, NamedValue.bool),
    "multiplex": set(\.multiplex, NamedValue.bool),
    "transports": set(\.transports, transports),
    "upgrade": set(\.upgrade, NamedValue.bool),
    "rememberUpgrade": set(\.rememberUpgrade, NamedValue.bool),
    "tryAllTransports": set(\.tryAllTransports, NamedValue.bool),
    "path": set(\.path, NamedValue.string),
    "addTrailingSlash": set(\.addTrailingSlash, NamedValue.bool),
    "query": set(\.query, NamedValue.object),
    "extraHeaders": set(\.extraHeaders, headers),
    "forceBase64": set(\.forceBase64, NamedValue.bool),
    "timestampRequests": set(\.timestampRequests, NamedValue.bool),
    "timestampParam": set(\.timestampParam, NamedValue.string),
    "ca": set(\.ca, authorities),
    "cert": set(\.cert, pem),
    "key": set(\.key, pem),
    "passphrase": set(\.passphrase, NamedValue.string),
    "pfx": set(\.pfx, pkcs12),
    "ciphers": set(\.ciphers, NamedValue.string),
    "rejectUnauthorized": set(\.rejectUnauthorized, NamedValue.bool),
    "reconnection": set(\.reconnection, NamedValue.bool),
    "reconnectionAttempts": set(\.reconnectionAttempts, attempts),
    "reconnectionDelay": set(\.reconnectionDelay, NamedValue.duration),
    "reconnectionDelayMax": set(\.reconnectionDelayMax, NamedValue.duration),
    "randomizationFactor": set(\.randomizationFactor, NamedValue.number),
    "timeout": set(\.timeout, timeout),
    "autoConnect": set(\.autoConnect, NamedValue.bool),
    "parser": set(\.parser, parser),
    "auth": set(\.auth, auth),
    "withCredentials": set(\.withCredentials, NamedValue.bool),
    "agent": set(\.agent, agent),
    "perMessageDeflate": set(\.perMessageDeflate, perMessageDeflate),
    "requestTimeout": set(\.requestTimeout, optionalDuration),
    "protocols": set(\.protocols, protocols),
    "transportOptions": set(\.transportOptions, transportOptions),
    "ackTimeout": set(\.ackTimeout, optionalDuration),
    "retries": set(\.retries, NamedValue.count),
    "pins": set(\.pins, strings),
    "maxMessageSize": set(\.maxMessageSize, NamedValue.count),
    "offlineBuffer": set(\.offlineBuffer, offlineBuffer),
    "highWaterMark": set(\.highWaterMark, NamedValue.count),
    "inboundBuffer": set(\.inboundBuffer, NamedValue.count),
  ]

  private static func set<Value>(
    _ option: any WritableKeyPath<SocketIOOptions, Value> & Sendable,
    _ read: @escaping @Sendable (NamedValue) -> () throws(ScriptError) -> Value
  ) -> Setter {
    { value, options throws(ScriptError) in options[keyPath: option] = try read(value)() }
  }

  private static func set<Value>(
    _ option: any WritableKeyPath<SocketIOOptions, Value> & Sendable,
    _ read: @escaping @Sendable (NamedValue) throws(ScriptError) -> Value
  ) -> Setter {
    { value, options throws(ScriptError) in options[keyPath: option] = try read(value) }
  }

  // MARK: Values of more than one shape

  private static func attempts(_ value: NamedValue) throws(ScriptError) -> AttemptLimit { .limited(try value.count()) }

  private static func transports(_ value: NamedValue) throws(ScriptError) -> [TransportName] {
    try value.list { element throws(ScriptError) in TransportName(rawValue: try element.string()) }
  }

  private static func timeout(_ value: NamedValue) throws(ScriptError) -> ConnectTimeout {
    if value.value.boolValue == false { return .never }
    guard value.value.doubleValue != nil else { throw value.mismatch("milliseconds, or false for no limit") }
    return .after(try value.duration())
  }

  /// In the JavaScript client `false` stands for the default agent.
  private static func agent(_ value: NamedValue) throws(ScriptError) -> ConnectionAgent {
    var agent = ConnectionAgent()
    if value.value.boolValue == false { return agent }
    for (name, content) in try value.object() {
      let field = NamedValue(name: "\(value.name): \"\(name)\"", value: content)
      switch name {
      case "proxy": agent.proxy = try field.string()
      case "usesEnvironment": agent.usesEnvironment = try field.bool()
      case "keepAlive": agent.keepAlive = try field.bool()
      case "localAddress": agent.localAddress = try field.string()
      default: throw ScriptError("\(value.name): there is no field \"\(name)\"")
      }
    }
    return agent
  }

  /// A Boolean, or an object with the threshold.
  private static func perMessageDeflate(_ value: NamedValue) throws(ScriptError) -> PerMessageDeflate? {
    if let isOn = value.value.boolValue { return isOn ? PerMessageDeflate() : nil }
    var deflate = PerMessageDeflate()
    for (name, content) in try value.object() {
      guard name == "threshold" else { throw ScriptError("\(value.name): there is no field \"\(name)\"") }
      deflate.threshold = try NamedValue(name: "\(value.name): \"\(name)\"", value: content).count()
    }
    return deflate
  }

  private static func offlineBuffer(_ value: NamedValue) throws(ScriptError) -> OfflineBuffer {
    var buffer = OfflineBuffer()
    for (name, content) in try value.object() {
      let field = NamedValue(name: "\(value.name): \"\(name)\"", value: content)
      switch name {
      case "maxEvents": buffer.maxEvents = try field.count()
      case "maxBytes": buffer.maxBytes = try field.count()
      case "overflow":
        switch try field.string() {
        case "refuse": buffer.overflow = .refuse
        case "dropOldest": buffer.overflow = .dropOldest
        case "dropNewest": buffer.overflow = .dropNewest
        default: throw field.mismatch("\"refuse\", \"dropOldest\" or \"dropNewest\"")
        }
      default: throw ScriptError("\(value.name): there is no field \"\(name)\"")
      }
    }
    return buffer
  }

  private static func protocols(_ value: NamedValue) throws(ScriptError) -> [String] {
    if let name = value.value.stringValue { return [name] }
    return try strings(value)
  }

  private static func strings(_ value: NamedValue) throws(ScriptError) -> [String] {
    try value.list { element throws(ScriptError) in try element.string() }
  }

  /// An object of options per transport. Read now to validate it, and applied when the transport is made.
  private static func transportOptions(
    _ value: NamedValue
  ) throws(ScriptError) -> [TransportName: @Sendable (inout SocketIOOptions) -> Void] {
    var changes: [TransportName: @Sendable (inout SocketIOOptions) -> Void] = [:]
    for (name, content) in try value.object() {
      guard let object = content.objectValue else { throw ScriptError("\(value.name): \"\(name)\" must be an object") }
      // Refused even if the value is the same for all transports, which the library would not notice.
      if let shared = object.keys.first(where: SocketIOOptions.sharedByTransports.contains) {
        throw ScriptError("\(value.name): \"\(name)\": no transport has \"\(shared)\" for itself")
      }
      var probe = SocketIOOptions()
      do throws(ScriptError) {
        try set(object, in: &probe)
      } catch {
        throw ScriptError("\(value.name): \"\(name)\": \(error.message)")
      }
      changes[TransportName(rawValue: name)] = { options in
        // Cannot fail, since it was tried above. The library validates the result.
        try? set(object, in: &options)
      }
    }
    return changes
  }

  private static func optionalDuration(_ value: NamedValue) throws(ScriptError) -> Duration? { try value.duration() }

  private static func parser(_ value: NamedValue) throws(ScriptError) -> any SocketParser {
    guard let name = ParserName(rawValue: try value.string()) else { throw value.mismatch("\"json\" or \"msgpack\"") }
    return name.parser
  }

  /// Numbers and Booleans are converted to text.
  private static func headers(_ value: NamedValue) throws(ScriptError) -> [String: String] {
    var headers: [String: String] = [:]
    for (name, content) in try value.object() {
      switch content {
      case .string(let text): headers[name] = text
      case .int, .uint, .double, .bool: headers[name] = content.description
      default: throw ScriptError("\(value.name): \"\(name)\" must be a string, a number or a Boolean")
      }
    }
    return headers
  }

  private static func pem(_ value: NamedValue) throws(ScriptError) -> Credential {
    if let text = value.value.stringValue { return .pem(text) }
    guard let file = try value.file() else { throw value.mismatch("PEM text or {\"$file\": \"path\"}") }
    return .bytes(file)
  }

  private static func authorities(_ value: NamedValue) throws(ScriptError) -> [Credential] {
    guard value.value.arrayValue != nil else { return [try pem(value)] }
    return try value.list(pem)
  }

  private static func pkcs12(_ value: NamedValue) throws(ScriptError) -> Credential {
    if let file = try value.file() { return .bytes(file) }
    guard let data = try value.decoded().dataValue else {
      throw value.mismatch("{\"$file\": \"path\"} or {\"$binary\": \"base64\"}")
    }
    return .bytes(data)
  }

  // MARK: Files

  /// The options with other paths of the files that they name, for one transport, too.
  static func withPaths(_ object: SocketObject, _ path: (String) -> String) -> SocketObject {
    var object = object
    for name in ["ca", "cert", "key", "pfx"] {
      if let value = object[name] { object[name] = withPaths(value, path) }
    }
    if var transports = object["transportOptions"]?.objectValue {
      for (name, options) in transports {
        if let options = options.objectValue { transports[name] = .object(withPaths(options, path)) }
      }
      object["transportOptions"] = .object(transports)
    }
    return object
  }

  private static func withPaths(_ value: SocketValue, _ path: (String) -> String) -> SocketValue {
    if let values = value.arrayValue { return .array(values.map { withPaths($0, path) }) }
    guard let object = value.objectValue, object.count == 1, let file = object["$file"]?.stringValue else {
      return value
    }
    return ["$file": .string(path(file))]
  }
}
