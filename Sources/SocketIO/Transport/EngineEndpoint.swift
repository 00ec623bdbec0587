import Synchronization

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
    var url = ""
    url.reserveCapacity(128)
    url += transport == .websocket ? (isSecure ? "wss://" : "ws://") : (isSecure ? "https://" : "http://")
    url += host
    if let port {
      url += ":"
      url += String(port)
    }
    url += path
    var separator = "?"
    func add(_ name: String, _ value: String) {
      url += separator
      url += name
      url += "="
      url += value
      separator = "&"
    }
    for (name, value) in query where !isOwn(name, hasSession: sid != nil) {
      add(name.percentEncoded, value.percentEncoded)
    }
    add("EIO=4&transport", transport.rawValue)
    if let sid { add("sid", sid.percentEncoded) }
    if timestampRequests { add(timestampParam.percentEncoded, Timestamp.next()) }
    if forceBase64 { add("b64", "1") }
    return url
  }

  /// Whether a parameter is the protocol's, so that the user's of that name is left out.
  private func isOwn(_ name: String, hasSession: Bool) -> Bool {
    switch name {
    case "EIO", "transport": true
    case "sid": hasSession
    case "b64": forceBase64
    default: timestampRequests && name == timestampParam
    }
  }
}

/// What makes the URL of a request unlike all others, for caches in between.
private enum Timestamp {
  private static let digits = 8
  private static let count: UInt64 = 2_821_109_907_456  // 36 to the power of the digits
  /// Begins anywhere, so that two processes have different ones. Random numbers for each would take a call of the kernel.
  private static let number = Atomic(UInt64.random(in: 0..<count))

  static func next() -> String {
    var rest = number.add(1, ordering: .relaxed).newValue % count
    return String(unsafeUninitializedCapacity: digits) { text in
      for index in (0..<digits).reversed() {
        let digit = UInt8(rest % 36)
        text[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        rest /= 36
      }
      return digits
    }
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
