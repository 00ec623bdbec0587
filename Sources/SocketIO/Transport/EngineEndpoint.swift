/// Where an engine's requests go and what they carry: everything its transports know about the server and the options.
struct EngineEndpoint: Sendable {
  var isSecure: Bool
  /// With brackets around an IPv6 address.
  var host: String
  /// nil for the scheme's default.
  var port: Int?
  /// From "/" on, as it stands in requests.
  var path: String
  /// The user's query parameters, decoded.
  var query: [(name: String, value: String)] = []
  /// Asked for each request, since users may change the headers of a running session.
  var headers: @Sendable () -> [String: String] = { [:] }
  var forceBase64 = false
  var timestampRequests = true
  var timestampParam = "t"
  var tls: TLSContext?
  var cookies: CookieJar?
  var proxy: Proxy?
  var agent = Agent()
  /// Compress WebSocket messages from so many bytes on; nil to offer no compression.
  var deflateThreshold: Int?
  /// Milliseconds for each request of polling; 0 for no limit.
  var requestTimeout: UInt64 = 0
  /// The WebSocket subprotocols to offer.
  var protocols: [String] = []
  /// The largest message or polling body that is accepted, in bytes.
  var maxMessageSize = 64 << 20

  /// The URL of one request (Engine.IO protocol 4, "HTTP long-polling" and "WebSocket").
  func url(_ transport: TransportName, sid: String?) -> String {
    let scheme =
      transport == .websocket ? (isSecure ? "wss" : "ws") : (isSecure ? "https" : "http")
    var own = [("EIO", "4"), ("transport", transport.rawValue)]
    if let sid { own.append(("sid", sid)) }
    if timestampRequests { own.append((timestampParam, Self.timestamp())) }
    if forceBase64 { own.append(("b64", "1")) }
    var url = "\(scheme)://\(host)"
    if let port { url += ":\(port)" }
    url += path
    var separator = "?"
    func add(_ name: String, _ value: String) {
      url += separator
      url += name.percentEncoded
      url += "="
      url += value.percentEncoded
      separator = "&"
    }
    for (name, value) in query where !own.contains(where: { $0.0 == name }) { add(name, value) }
    for (name, value) in own { add(name, value) }
    return url
  }

  /// Eight characters that no other request has, for caches in between.
  private static func timestamp() -> String {
    let digits = String(UInt64.random(in: 0..<2_821_109_907_456), radix: 36)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

extension String {
  /// Encoded as JavaScript's encodeURIComponent does.
  var percentEncoded: String {
    if utf8.allSatisfy(\.standsForItself) { return self }
    var encoded = ""
    for byte in utf8 {
      if byte.standsForItself {
        encoded.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let hex = String(byte, radix: 16, uppercase: true)
        encoded += hex.utf8.count == 1 ? "%0\(hex)" : "%\(hex)"
      }
    }
    return encoded
  }
}

extension UInt8 {
  /// Whether the character of ASCII needs no encoding.
  fileprivate var standsForItself: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-_.!~*'()".utf8.contains(self)
    }
  }
}
