/// URLs as errors show them, which end up in logs: without user, password, query and fragment, any of which may be a secret.
enum ShownURL {
  private static let maxLength = 200

  /// The URL, which may be malformed: what could be a secret in another reading of it is left out as well.
  static func text(_ url: String) -> String {
    let start = authorityStart(of: url)
    let scheme = url[..<start]
    let rest = url[start...]
    let head = rest.prefix { !"?#".contains($0) }
    // The "?" may stand in a password.
    if rest[head.endIndex...].contains("@") { return shortened(scheme + "…") }
    let place = head[(head.lastIndex(of: "@").map(head.index(after:)) ?? head.startIndex)...]
    let user = place.startIndex == head.startIndex ? "" : "…@"
    let authority = place.prefix { $0 != "/" }
    // An "&" in place of the "?" makes a path of the query.
    if let sign = authority.firstIndex(of: "=") {
      let name = host(authority[...sign])
      return shortened(scheme + user + name + (name.hasSuffix("…") ? "" : "…"))
    }
    let path = place[authority.endIndex...]
    let shownPath = path.firstIndex(of: "=").map { path[...$0] + "…" } ?? path
    let end = rest[head.endIndex...].first.map { "\($0)…" } ?? ""
    return shortened(scheme + user + host(authority) + shownPath + end)
  }

  /// A text of other people's, with the URLs in it as they may be shown.
  static func inside(_ text: String) -> String {
    guard text.contains("?") || text.contains("://") else { return text }
    var shown = ""
    var rest = text[...]
    while !rest.isEmpty {
      let word = rest.prefix { !$0.isWhitespace && !"\"'<>".contains($0) }
      let isURL = word.contains("://") || word.drop { $0 != "?" }.contains("=")
      shown += isURL ? self.text(String(word)) : String(word)
      rest = rest[word.endIndex...]
      if let separator = rest.popFirst() { shown.append(separator) }
    }
    return shown
  }

  private static func authorityStart(of url: String) -> String.Index {
    if url.hasPrefix("//") { return url.index(url.startIndex, offsetBy: 2) }
    let scheme = url.prefix { !":/?#@".contains($0) }
    let rest = url[scheme.endIndex...]
    return rest.hasPrefix("://") ? rest.index(rest.startIndex, offsetBy: 3) : url.startIndex
  }

  /// What follows the colon is a password where it is no port.
  private static func host(_ authority: Substring) -> Substring {
    let name = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } : authority.prefix { $0 != ":" }
    guard let colon = authority[name.endIndex...].firstIndex(of: ":") else { return authority }
    let port = authority[authority.index(after: colon)...]
    return port.count <= 5 && port.utf8.allSatisfy { (0x30...0x39).contains($0) }
      ? authority : authority[...colon] + "…"
  }

  private static func shortened(_ text: Substring) -> String {
    text.count > maxLength ? text.prefix(maxLength) + "…" : String(text)
  }
}
