import Foundation
import SocketIO

/// The options of the client from their JSON form, with the names of the options page.
enum ScriptOptions {
  private typealias Setter = @Sendable (NamedValue, inout SocketIOOptions) throws(ScriptError) -> Void

  /// Sets the options that the object names, and checks the whole.
  ///
  /// - Throws: When a name is unknown, or a value is of the wrong type or cannot be used; `options` is left as it was then.
  static func apply(_ object: SocketObject, to options: inout SocketIOOptions) throws(ScriptError) {
    var changed = options
    for (name, value) in object {
      guard let setter = setters[name] else {
        throw ScriptError(
          unsupported.contains(name)
            ? "option \"\(name)\" is not supported by this version" : "there is no option \"\(name)\"")
      }
      try setter(NamedValue(name: "option \"\(name)\"", value: value), &changed)
    }
    do {
      try changed.validate()
    } catch {
      throw ScriptError(error.message)
    }
    options = changed
  }

  /// Credentials, or nil for `null`, which takes them away.
  static func auth(_ value: NamedValue) throws(ScriptError) -> Auth? {
    if value.value.isNull { return nil }
    let object = try value.object()
    if try value.decoded().containsBinary { throw ScriptError("\(value.name) cannot hold binary") }
    return .value(.object(object))
  }

  /// Options of the JavaScript client that this one does not have.
  private static let unsupported: Set = [
    "withCredentials", "agent", "retries", "ackTimeout", "transportOptions", "perMessageDeflate", "requestTimeout",
    "protocols",
  ]

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
  ]

  private static func set<Value>(
    _ option: WritableKeyPath<SocketIOOptions, Value> & Sendable,
    _ read: @escaping @Sendable (NamedValue) -> () throws(ScriptError) -> Value
  ) -> Setter {
    { value, options throws(ScriptError) in options[keyPath: option] = try read(value)() }
  }

  private static func set<Value>(
    _ option: WritableKeyPath<SocketIOOptions, Value> & Sendable,
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

  private static func parser(_ value: NamedValue) throws(ScriptError) -> any Parser {
    guard let name = ParserName(rawValue: try value.string()) else { throw value.mismatch("\"json\" or \"msgpack\"") }
    return name.parser
  }

  /// Numbers and Booleans stand for their text.
  private static func headers(_ value: NamedValue) throws(ScriptError) -> [String: String] {
    var headers: [String: String] = [:]
    for (name, content) in try value.object() {
      switch content {
      case .string(let text): headers[name] = text
      case .int, .uint, .double, .bool: headers[name] = content.json
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
}
