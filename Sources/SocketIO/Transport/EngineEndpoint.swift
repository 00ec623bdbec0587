import Synchronization

/// Where an engine's requests go and what they carry: everything its transports need from the server's URL and the
/// options.
struct EngineEndpoint: Sendable {
  var isSecure: Bool
  /// With brackets around an IPv6 address.
  var host: String
  /// nil for the scheme's default port.
  var port: Int?
  /// The path that requests use; begins with "/".
  var path: String
  /// The user's query parameters, decoded.
  var query: [(name: String, value: String)] = []
  /// Called for each request, since users may change the headers during a session.
  var headers: @Sendable () -> [String: String] = { [:] }
  var forceBase64 = false
  var timestampRequests = true
  var timestampParam = "t"
  var tls: TLSContext?
  var cookies: CookieJar?
  var proxy: Proxy?
  var agent = ConnectionAgent()
  /// Compress WebSocket messages of at least this many bytes; nil to offer no compression.
  var deflateThreshold: Int?
  /// The time limit of each polling request in milliseconds; 0 for none.
  var requestTimeout: UInt64 = 0
  /// The WebSocket subprotocols to offer.
  var protocols: [String] = []
  /// The largest message or polling response accepted, in bytes.
  var maxMessageSize = 64 << 20

  /// The URL of one request (Engine.IO protocol 4, "HTTP long-polling" and "WebSocket").
  func url(_ transport: TransportName, sid: String?) -> String {
    GrowingBytes.withBlock { block in
      var url = GrowingBytes(block)
      url.append(transport == .websocket ? (isSecure ? "wss://" : "ws://") : (isSecure ? "https://" : "http://"))
      url.append(text: host)
      if let port {
        url.append(":")
        url.append(text: String(port))
      }
      url.append(text: path)
      url.append("?")
      for (name, value) in query where !isOwn(name, hasSession: sid != nil) {
        url.append(parameter: name.percentEncoded, value.percentEncoded)
        url.append("&")
      }
      url.append(parameter: "EIO=4&transport", transport.rawValue)
      if let sid { url.append(parameter: "&sid", sid.percentEncoded) }
      if timestampRequests {
        url.append("&")
        url.append(parameter: timestampParam.percentEncoded, Timestamp.next())
      }
      if forceBase64 { url.append("&b64=1") }
      return url.text()
    }
  }

  /// Whether the protocol uses a parameter, so that the user's of that name is left out.
  private func isOwn(_ name: String, hasSession: Bool) -> Bool {
    switch name {
    case "EIO", "transport": true
    case "sid": hasSession
    case "b64": forceBase64
    default: timestampRequests && name == timestampParam
    }
  }
}

extension GrowingBytes {
  fileprivate mutating func append(parameter name: String, _ value: String) {
    append(text: name)
    append("=")
    append(text: value)
  }
}

/// A unique parameter per request, to defeat caches.
private enum Timestamp {
  private static let digits = 8
  private static let count: UInt64 = 2_821_109_907_456  // 36 to the power of the digits
  /// Starts at random, so that two processes differ. A random number per request would need a system call.
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
  /// Whether the ASCII character needs no encoding.
  fileprivate var standsForItself: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-_.!~*'()".utf8.contains(self)
    }
  }
}
