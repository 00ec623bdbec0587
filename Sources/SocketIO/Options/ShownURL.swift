/// URLs as error messages show them. These end up in logs, so user, password, query and fragment, which may be secret,
/// are left out.
enum ShownURL {
  private static let maxLength = 200

  /// The URL may be malformed: parts that are secret in another reading of it are left out as well.
  static func text(_ url: String) -> String {
    let start = authorityStart(of: url)
    let scheme = url[..<start]
    let rest = url[start...]
    let head = rest.prefix { !"?#".contains($0) }
    // The "?" may be part of a password.
    if rest[head.endIndex...].contains("@") { return shortened(scheme + "…") }
    let place = head[(head.lastIndex(of: "@").map(head.index(after:)) ?? head.startIndex)...]
    let user = place.startIndex == head.startIndex ? "" : "…@"
    let authority = place.prefix { $0 != "/" }
    // A typing error such as "&" for "?" turns the query into a path.
    if let sign = authority.firstIndex(of: "=") {
      let name = host(authority[...sign])
      return shortened(scheme + user + name + (name.hasSuffix("…") ? "" : "…"))
    }
    let path = place[authority.endIndex...]
    let shownPath = path.firstIndex(of: "=").map { path[...$0] + "…" } ?? path
    let end = rest[head.endIndex...].first.map { "\($0)…" } ?? ""
    return shortened(scheme + user + host(authority) + shownPath + end)
  }

  /// A text from elsewhere, with the URLs in it made safe to show.
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

  /// What follows the colon is a password unless it is a port.
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
