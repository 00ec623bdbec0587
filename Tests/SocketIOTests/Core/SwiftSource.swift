import Foundation

/// What matters of a source file for the layers: what it imports, declares and names.
struct SwiftSource {
  /// The path inside the folder of the sources.
  var path: String
  var lines: Int
  /// Types that are visible to other files.
  var declared: Set<String> = []
  /// Names of types and modules that are declared elsewhere.
  var named: Set<String> = []
  /// Members that it adds to types by extensions, visible to other files, each with the type.
  var added: [String: String] = [:]
  /// Names of members that it uses.
  var used: Set<String> = []

  /// The first folder of the path, which is the layer's name.
  var folder: String { String(path.prefix { $0 != "/" }) }

  /// All files below a folder.
  static func all(in root: URL) throws -> [SwiftSource] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
    return try paths.sorted().map { path in
      SwiftSource(path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
    }
  }

  init(path: String, text: String) {
    self.path = path
    lines = text.utf8.count { $0 == UInt8(ascii: "\n") }
    var local: Set<String> = []
    var depth = 0
    var previous: Substring = ""
    var extended: String?
    for line in Self.code(of: text).split(separator: "\n") {
      var isPrivate = false
      for token in Self.tokens(of: line) {
        switch token {
        case "{": depth += 1
        case "}": depth -= 1
        case "private", "fileprivate": isPrivate = true
        case _ where depth == 0 && previous == "extension":
          extended = isPrivate ? nil : String(token)
          named.insert(String(token))
        case _ where depth == 1 && (previous == "func" || previous == "var"):
          if let extended, !isPrivate { added[String(token)] = extended }
        case _ where previous == "." && token.first?.isLowercase == true: used.insert(String(token))
        case _ where Self.declaring.contains(previous) && token != "func" && token != "var":
          extended = depth == 0 ? nil : extended
          if depth == 0, !isPrivate { declared.insert(String(token)) } else { local.insert(String(token)) }
        // The member of a type follows a dot.
        case _ where token.first?.isUppercase == true && previous != ".": named.insert(String(token))
        default: break
        }
        previous = token
      }
    }
    named.subtract(declared.union(local))
  }

  private static let declaring: Set<Substring> = ["struct", "class", "enum", "actor", "protocol", "typealias"]

  /// Splits a text into words and the characters between them.
  private static func tokens(of line: Substring) -> [Substring] {
    var tokens: [Substring] = []
    var rest = line
    while let first = rest.first {
      let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      let token = word.isEmpty ? rest.prefix(1) : word
      if !first.isWhitespace { tokens.append(token) }
      rest = rest.dropFirst(token.count)
    }
    return tokens
  }

  /// The text without comments and without the words of strings; interpolations stay.
  static func code(of text: String) -> String {
    var code = ""
    var rest = Substring(text)
    while !rest.isEmpty {
      let plain = rest.prefix { $0 != "/" && $0 != "\"" }
      code += plain
      rest = rest.dropFirst(plain.count)
      if rest.hasPrefix("//") {
        rest = rest.drop { $0 != "\n" }
      } else if rest.hasPrefix("\"") {
        code += interpolations(in: &rest)
      } else {
        rest = rest.dropFirst()
      }
    }
    return code
  }

  private static func interpolations(in rest: inout Substring) -> String {
    let quote = rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
    rest = rest.dropFirst(quote.count)
    var code = ""
    while !rest.isEmpty, !rest.hasPrefix(quote) {
      if rest.hasPrefix("\\(") {
        rest = rest.dropFirst(2)
        code += " " + interpolation(in: &rest) + " "
      } else {
        rest = rest.dropFirst(rest.hasPrefix("\\") ? 2 : 1)
      }
    }
    rest = rest.dropFirst(quote.count)
    return code
  }

  private static func interpolation(in rest: inout Substring) -> String {
    var code = ""
    var depth = 1
    while let first = rest.first {
      if first == "\"" {
        code += interpolations(in: &rest)
        continue
      }
      rest = rest.dropFirst()
      depth += first == "(" ? 1 : first == ")" ? -1 : 0
      if depth == 0 { break }
      code.append(first)
    }
    return code
  }
}
