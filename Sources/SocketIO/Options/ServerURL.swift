#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A URL of `io()`, split into server, namespace and query parameters.
package struct ServerURL: Sendable, Equatable {
  var isSecure: Bool
  /// With brackets around an IPv6 address.
  var host: String
  /// nil for the scheme's default port.
  var port: Int?
  /// The path of the URL, unchanged; "/" for none.
  var namespace: String
  var query: [Parameter]

  struct Parameter: Sendable, Equatable {
    var name: String
    var value: String
  }

  /// Scheme, host and port, the same for all spellings of one server.
  private(set) var origin: String

  private static let maxLength = 8_000

  /// - Parameters:
  ///   - text: A URL with or without scheme, a path (a namespace of `location`'s server), or nil for `location` itself.
  ///   - location: The counterpart of a browser's page address.
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

  /// Whether the text begins with a scheme. A later "://" may belong to a query.
  package static func hasScheme(_ text: String) -> Bool {
    let head = text.utf8.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    return head.count > 1 && head.last == UInt8(ascii: ":") && text.utf8.dropFirst(head.count).starts(with: "//".utf8)
  }

  private init(absolute text: String) throws(SocketIOError) {
    guard text.utf8.count <= Self.maxLength else { throw Self.invalid(text, "URI too long") }
    let parts = Parts(text)
    let server = if let plain = parts.plainServer { plain } else { try Self.server(parts, text) }
    isSecure = server.isSecure
    host = server.host
    port = server.port
    if let port {
      guard (1...65_535).contains(port) else { throw Self.invalid(text, "the port must be from 1 to 65535") }
      if port == (isSecure ? 443 : 80) { self.port = nil }
    }
    origin = "\(isSecure ? "https" : "http")://\(host)\(self.port.map { ":\($0)" } ?? "")"
    namespace = parts.path.isEmpty ? "/" : parts.path
    query = Self.parameters(parts.query)
  }

  private typealias Server = (isSecure: Bool, host: String, port: Int?)

  /// The parts of an absolute URL, unchanged, without user and fragment.
  private struct Parts {
    let scheme: String
    /// The host with the port.
    let host: String
    let path: String
    let query: String

    init(_ text: String) {
      self = text.withUTF8Bytes(Parts.init(bytes:))
    }

    private init(bytes: UnsafeRawBufferPointer) {
      let (slash, mark, hash) = (UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"))
      let schemeBytes = bytes.prefix { $0 != UInt8(ascii: ":") }
      let rest = bytes.dropFirst(schemeBytes.count + "://".utf8.count).prefix { $0 != hash }
      let authority = rest.prefix { $0 != slash && $0 != mark }
      let userEnd = authority.lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 }
      let pathBytes = rest[authority.endIndex...].prefix { $0 != mark }
      scheme = String(decoding: schemeBytes, as: UTF8.self)
      host = String(decoding: authority[(userEnd ?? authority.startIndex)...], as: UTF8.self)
      path = String(decoding: pathBytes, as: UTF8.self)
      query = String(decoding: rest[pathBytes.endIndex...].dropFirst(), as: UTF8.self)
    }

    /// What most URLs have: "http" or "https", and a host of letters, digits, hyphens and dots. nil for all others,
    /// which `URLComponents` reads at several times the cost.
    var plainServer: Server? {
      guard scheme == "http" || scheme == "https" else { return nil }
      let name = host.utf8.prefix(while: Self.isPlain)
      let rest = host.utf8[name.endIndex...]
      guard !name.isEmpty else { return nil }
      let isSecure = scheme == "https"
      if rest.isEmpty { return (isSecure, host, nil) }
      let digits = rest.dropFirst()
      guard rest.first == UInt8(ascii: ":"), digits.allSatisfy({ 0x30...0x39 ~= $0 }),
        let port = Int(Substring(digits))
      else { return nil }
      return (isSecure, String(Substring(name)), port)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }

    /// Scheme and host with the port, for `URLComponents`.
    ///
    /// `URLComponents` gets no path or query: it would percent-encode characters there, and escapes again, while servers
    /// compare namespaces byte by byte. It converts an international host to ASCII only in programs that
    /// link all of Foundation; the C core does so in all of them, and takes the host percent-encoded.
    var server: String {
      let host = host.utf8.map {
        $0 < 0x80 ? String(Unicode.Scalar($0)) : "%" + String($0, radix: 16, uppercase: true)
      }
      return scheme + "://" + host.joined()
    }
  }

  private static func server(_ parts: Parts, _ text: String) throws(SocketIOError) -> Server {
    guard let components = URLComponents(string: parts.server, encodingInvalidCharacters: false),
      let scheme = components.scheme
    else { throw invalid(text, "it is malformed") }
    let isSecure: Bool
    switch scheme.lowercased() {
    case "http", "ws": isSecure = false
    case "https", "wss": isSecure = true
    default: throw invalid(text, "the scheme \"\(scheme)\" is not http, https, ws or wss")
    }
    guard let host = components.encodedHost, !host.isEmpty else { throw invalid(text, "it has no host") }
    let isBare = host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[")
    return (isSecure, isBare ? "[\(host)]" : host, components.port)
  }

  private static func parameters(_ query: String) -> [Parameter] {
    query.split(separator: "&").map { part in
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
        decoded($0) ?? String($0)
      }
      return Parameter(name: halves[0], value: halves.count > 1 ? halves[1] : "")
    }
  }

  /// - Returns: nil for a malformed escape, or bytes that are not UTF-8.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hexDigit(_ character: UInt8) -> UInt8? {
    Character(Unicode.Scalar(character)).hexDigitValue.map(UInt8.init)
  }

  private static func invalid(_ text: String, _ why: String) -> SocketIOError {
    SocketIOError(.invalidURL, "\"\(ShownURL.text(text))\" is not the URL of a server: \(why)")
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
      \(what) is relative to a web page, which a program does not have: use a full URL such as https://example.com, \
      or set Manager.location
      """)
  }
}
