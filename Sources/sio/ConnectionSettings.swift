import ArgumentParser
import SocketIO

/// How to connect, as flags or a context say it.
struct ConnectionSettings: Sendable {
  struct Pair: Sendable, Equatable {
    var name: String
    var value: String
  }

  var auth: TextSource?
  var transports: [TransportName]?
  var parser: ParserName?
  var path: String?
  var query: [Pair] = []
  var headers: [TextSource] = []
  var ca: String?
  var cert: String?
  var key: String?
  var insecure = false
  /// A JSON object of options, over which the others take precedence.
  var further: TextSource?
  /// The context that holds them; nil for flags. For error messages.
  var context: String?

  func apply(to options: inout SocketIOOptions, readingStandardInput: Bool = true) throws(ValidationError) {
    let further = try furtherOptions()
    do {
      try ScriptOptions.apply(further, to: &options)
    } catch {
      throw ValidationError("\(label("options")): \(error.message)")
    }
    if let auth, readingStandardInput || !auth.isStandardInput {
      options.auth = try Self.credentials(auth, label("auth"))
    }
    if let transports { options.transports = transports }
    if let parser { options.parser = parser.parser }
    if let path { options.path = path }
    for pair in query { options.query[pair.name] = .string(pair.value) }
    for pair in try headerPairs() {
      // Names of headers are the same in any case, and the latter value counts.
      for name in options.extraHeaders.keys where name.lowercased() == pair.name.lowercased() {
        options.extraHeaders[name] = nil
      }
      options.extraHeaders[pair.name] = pair.value
    }
    if let ca { options.ca = [.file(ca)] }
    if let cert { options.cert = .file(cert) }
    if let key { options.key = .file(key) }
    if insecure { options.rejectUnauthorized = false }
  }

  /// Whether they set an option of that name.
  func sets(_ option: String) throws(ValidationError) -> Bool {
    switch option {
    case "auth" where auth != nil, "transports" where transports != nil: true
    default: try furtherOptions()[option] != nil
    }
  }

  func furtherOptions() throws(ValidationError) -> SocketObject {
    guard let further else { return [:] }
    return try Self.naming(label("options")) { () throws(ValidationError) in try further.object() }
  }

  /// The name of a setting in error messages.
  func label(_ setting: String) -> String { context.map { "context \($0): \(setting)" } ?? "--\(setting)" }

  // MARK: Reading values

  static func credentials(_ source: TextSource, _ name: String) throws(ValidationError) -> SocketAuth {
    .value(.object(try naming(name) { () throws(ValidationError) in try source.object() }))
  }

  private func headerPairs() throws(ValidationError) -> [Pair] {
    var pairs: [Pair] = []
    for source in headers {
      pairs += try Self.naming(label("header")) { () throws(ValidationError) in try Self.headers(source) }
    }
    return pairs
  }

  /// Blank lines of a file are skipped.
  private static func headers(_ source: TextSource) throws(ValidationError) -> [Pair] {
    let text = try source.text()
    guard source.isFile else { return [try header(text)] }
    var headers: [Pair] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
    where line.contains(where: { !$0.isWhitespace }) {
      do {
        headers.append(try header(String(line)))
      } catch {
        throw ValidationError("line \(index + 1) of \(source.name): \(error.message)")
      }
    }
    return headers
  }

  /// - Throws: The error of `read`, prefixed with the setting's name.
  private static func naming<Value>(
    _ name: String, _ read: () throws(ValidationError) -> Value
  ) throws(ValidationError) -> Value {
    do {
      return try read()
    } catch {
      throw ValidationError("\(name): \(error.message)")
    }
  }

  static func parameter(_ text: String) throws(ValidationError) -> Pair {
    guard let separator = text.firstIndex(of: "="), separator > text.startIndex else {
      throw ValidationError("it is not NAME=VALUE")
    }
    return Pair(name: String(text[..<separator]), value: String(text[text.index(after: separator)...]))
  }

  static func header(_ text: String) throws(ValidationError) -> Pair {
    guard let separator = text.firstIndex(of: ":"), separator > text.startIndex else {
      throw ValidationError("it is not NAME: VALUE")
    }
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    let value = text[text.index(after: separator)...].drop(while: isBlank)
    let end = value.lastIndex { !isBlank($0) }
    return Pair(name: String(text[..<separator]), value: String(end.map { value[...$0] } ?? ""))
  }
}
