import SocketIO

/// Recognizes by their names what should not be kept in a file unless the user asks for it: a program cannot tell a
/// password from a greeting.
enum Secrets {
  private static let marks = [
    "authent", "authoriz", "token", "secret", "passw", "passphrase", "pwd", "credential", "cookie", "session", "login",
    "signin", "apikey", "accesskey", "privatekey", "bearer",
  ]

  /// Whether what has this name is probably secret.
  static func isSecret(name: String) -> Bool {
    let name = name.lowercased().filter { $0.isLetter || $0.isNumber }
    return ["key", "pin", "sid"].contains(name) || name.hasSuffix("auth") || marks.contains(where: name.contains)
  }

  /// Whether a line that was typed probably holds a secret. Then it is not kept in the history file.
  static func isSecret(line: String) -> Bool {
    line.split { !$0.isLetter && !$0.isNumber && !"_-".contains($0) }.contains { isSecret(name: String($0)) }
  }

  /// The name of the first member, at any depth, that probably has a secret value. References to files are none.
  static func secretMember(of object: SocketObject) -> String? {
    for (name, value) in object {
      switch value {
      case .object(let inner) where inner.count == 1 && inner["$file"] != nil: continue
      case .object(let inner) where !isSecret(name: name):
        if let name = secretMember(of: inner) { return name }
      case .string(let text) where hasUser(url: text): return name
      case .null, .bool: continue
      default: if isSecret(name: name) { return name }
      }
    }
    return nil
  }

  /// Whether a URL has a name or password of a user, or a query parameter that is probably secret.
  static func isSecret(url: String) -> Bool {
    let query = url.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
    return hasUser(url: url)
      || query.split(separator: "&").contains { isSecret(name: String($0.split(separator: "=").first ?? "")) }
  }

  private static func hasUser(url: String) -> Bool {
    guard let scheme = url.firstRange(of: "://") else { return false }
    return url[scheme.upperBound...].prefix { !"/?#".contains($0) }.contains("@")
  }
}
