import Foundation

/// A URL as `io()` takes it, in its parts: where the server is, which namespace is meant, and query parameters.
struct ServerURL: Sendable, Equatable {
  var isSecure: Bool
  /// With brackets around an IPv6 address.
  var host: String
  /// nil for the scheme's default.
  var port: Int?
  /// The path of the URL as it stands there; "/" for none.
  var namespace: String
  var query: [Parameter]

  struct Parameter: Sendable, Equatable {
    var name: String
    var value: String
  }

  /// Scheme, host and port, alike for all ways to write the same server.
  private(set) var origin: String

  private static let maxLength = 8_000

  /// - Parameters:
  ///   - text: A URL with or without scheme, a path (a namespace of `location`'s server), or nil for `location` itself.
  ///   - location: What stands for the page of a browser.
  init(_ text: String?, location: String?) throws(SocketIOError) {
    try self.init(resolving: text, against: location)
    if let parameter = query.first(where: { SocketIOOptions.reservedParameters.contains($0.name) }) {
      throw Self.invalid(text ?? "", "its query parameter \"\(parameter.name)\" belongs to the protocol")
    }
  }

  private init(resolving text: String?, against location: String?) throws(SocketIOError) {
    if let text, Self.hasScheme(text) {
      try self.init(absolute: text)
      return
    }
    guard let location else { throw Self.needsLocation(text) }
    let base = try ServerURL(absolute: location)
    let scheme = base.isSecure ? "https" : "http"
    switch text {
    case nil:
      self = base
      namespace = "/"
      query = []
    case let text? where text.hasPrefix("//"):
      try self.init(absolute: "\(scheme):\(text)")
    case let text? where text.hasPrefix("/"):
      try self.init(absolute: "\(scheme)://\(base.host)\(base.port.map { ":\($0)" } ?? "")\(text)")
    case let text?:
      try self.init(absolute: "\(scheme)://\(text)")
    }
  }

  /// A "://" further behind may belong to a query.
  private static func hasScheme(_ text: String) -> Bool {
    let head = text.utf8.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    return head.count > 1 && head.last == UInt8(ascii: ":") && text.utf8.dropFirst(head.count).starts(with: "//".utf8)
  }

  private init(absolute text: String) throws(SocketIOError) {
    guard text.utf8.count <= Self.maxLength else { throw Self.invalid(text, "URI too long") }
    guard let components = URLComponents(string: text), let scheme = components.scheme else {
      throw Self.invalid(text, "it is malformed")
    }
    switch scheme.lowercased() {
    case "http", "ws": isSecure = false
    case "https", "wss": isSecure = true
    default: throw Self.invalid(text, "the scheme \"\(scheme)\" is none of http, https, ws and wss")
    }
    guard let host = components.encodedHost, !host.isEmpty else { throw Self.invalid(text, "it names no host") }
    self.host = host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[") ? "[\(host)]" : host
    port = components.port
    if let port {
      guard (1...65_535).contains(port) else { throw Self.invalid(text, "the port is not from 1 to 65535") }
      if port == (isSecure ? 443 : 80) { self.port = nil }
    }
    origin = "\(isSecure ? "https" : "http")://\(self.host)\(self.port.map { ":\($0)" } ?? "")"
    let (path, query) = Self.pathAndQuery(of: text)
    namespace = path.isEmpty ? "/" : path
    self.query = Self.parameters(query)
  }

  /// Both as they stand there. `URLComponents` encodes what HTTP does not allow, and with it escapes that are encoded already; and
  /// namespaces travel in packets, where servers compare them to the letter.
  private static func pathAndQuery(of text: String) -> (path: String, query: String) {
    let (slash, mark, hash) = (UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"))
    let authority = text.utf8.drop { $0 != UInt8(ascii: ":") }.dropFirst("://".utf8.count)
    let rest = authority.drop { $0 != slash && $0 != mark && $0 != hash }.prefix { $0 != hash }
    let path = rest.prefix { $0 != mark }
    return (String(Substring(path)), String(Substring(rest[path.endIndex...].dropFirst())))
  }

  private static func parameters(_ query: String) -> [Parameter] {
    query.split(separator: "&").map { part in
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        $0.removingPercentEncoding ?? String($0)
      }
      return Parameter(name: halves[0], value: halves.count > 1 ? halves[1] : "")
    }
  }

  private static func invalid(_ text: String, _ why: String) -> SocketIOError {
    SocketIOError(.invalidURL, "\"\(ShownURL.text(text))\" is no URL of a server: \(why)")
  }

  private static func needsLocation(_ text: String?) -> SocketIOError {
    let what =
      switch text {
      case nil: "io() without a URL"
      case let text? where text.hasPrefix("/"): "\"\(ShownURL.text(text))\", without a server,"
      case let text?: "\"\(ShownURL.text(text))\", which has no scheme,"
      }
    return SocketIOError(
      .invalidURL,
      """
      \(what) is relative to a page, which a program does not have: give a whole URL such as https://example.com, or set \
      Manager.location
      """)
  }
}
