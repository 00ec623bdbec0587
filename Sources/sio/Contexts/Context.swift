import ArgumentParser
import SocketIO

/// A server with its settings, saved under a name.
struct Context {
  let name: String
  let url: String
  let settings: ConnectionSettings

  static func isUsable(name: String) -> Bool {
    !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || "-_.".contains($0) }
  }

  // MARK: Reading

  /// - Parameter value: What `value(directory:)` has returned.
  init(name: String, _ value: SocketValue) throws(ScriptError) {
    let fields = try NamedValue(name: "it", value: value).object()
    self.name = name
    var settings = ConnectionSettings(context: name)
    var url: String?
    for (field, value) in fields {
      let value = NamedValue(name: field, value: value)
      switch field {
      case "url": url = try value.string()
      case "auth": settings.auth = try Self.source(value)
      case "transports":
        settings.transports = try value.list { name throws(ScriptError) in TransportName(rawValue: try name.string()) }
      case "parser":
        guard let parser = ParserName(rawValue: try value.string()) else { throw value.mismatch("json or msgpack") }
        settings.parser = parser
      case "path": settings.path = try value.string()
      case "query":
        for (name, value) in try value.object() {
          let text = try NamedValue(name: "query \(name)", value: value).string()
          settings.query.append(ConnectionSettings.Pair(name: name, value: text))
        }
      case "headers":
        settings.headers = try value.list { header throws(ScriptError) in TextSource(try header.string()) }
      case "ca": settings.ca = try value.string()
      case "cert": settings.cert = try value.string()
      case "key": settings.key = try value.string()
      case "insecure": settings.insecure = try value.bool()
      case "options": settings.further = try Self.source(value)
      default: throw ScriptError("there is no field \"\(field)\"")
      }
    }
    guard let url else { throw ScriptError("the field \"url\" is missing") }
    self.url = url
    self.settings = settings
  }

  /// An object, or a string that refers to one.
  private static func source(_ value: NamedValue) throws(ScriptError) -> TextSource {
    if value.value.objectValue != nil { return TextSource(literal: value.value.json) }
    guard let text = value.value.stringValue else { throw value.mismatch("an object, \"@FILE\" or \"env:NAME\"") }
    return TextSource(text, takesEnvironment: true)
  }

  // MARK: Writing

  init(name: String, url: String, settings: ConnectionSettings) {
    self.name = name
    self.url = url
    self.settings = settings
  }

  /// The form in the file of contexts.
  ///
  /// - Parameter directory: What completes the paths of files, since the context will be used elsewhere, too.
  func value(directory: String) throws(ValidationError) -> SocketValue {
    func full(_ path: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }
    func file(_ path: String) -> SocketValue { .string(full(path)) }
    func source(_ source: TextSource) throws(ValidationError) -> SocketValue {
      if let reference = source.reference(from: directory) { return .string(reference) }
      return .object(try source.object())
    }
    var fields: SocketObject = ["url": .string(url)]
    if let auth = settings.auth { fields["auth"] = try source(auth) }
    if let transports = settings.transports { fields["transports"] = .array(transports.map { .string($0.rawValue) }) }
    if let parser = settings.parser { fields["parser"] = .string(parser.rawValue) }
    if let path = settings.path { fields["path"] = .string(path) }
    if !settings.query.isEmpty {
      fields["query"] = .object(SocketObject(settings.query.map { ($0.name, .string($0.value)) }))
    }
    if !settings.headers.isEmpty {
      var headers: [SocketValue] = []
      for header in settings.headers {
        if let reference = header.reference(from: directory) {
          headers.append(.string(reference))
        } else {
          headers.append(.string(try header.text()))
        }
      }
      fields["headers"] = .array(headers)
    }
    if let ca = settings.ca { fields["ca"] = file(ca) }
    if let cert = settings.cert { fields["cert"] = file(cert) }
    if let key = settings.key { fields["key"] = file(key) }
    if settings.insecure { fields["insecure"] = true }
    if let further = settings.further {
      fields["options"] =
        further.isLiteral ? .object(ScriptOptions.withPaths(try further.object(), full)) : try source(further)
    }
    return .object(fields)
  }

  /// The first setting that would put a secret into the file, in the words of the command line.
  func secret() throws(ValidationError) -> String? {
    if Secrets.isSecret(url: url) { return "the URL" }
    if let auth = settings.auth, auth.isLiteral { return "--auth" }
    for header in settings.headers where header.isLiteral {
      let name = try ConnectionSettings.header(try header.text()).name
      if Secrets.isSecret(name: name) { return "--header \(name)" }
    }
    if let pair = settings.query.first(where: { Secrets.isSecret(name: $0.name) }) { return "--query \(pair.name)" }
    if let further = settings.further, further.isLiteral,
      let name = Secrets.secretMember(of: try further.object())
    {
      return "\"\(name)\" in --options"
    }
    return nil
  }
}
