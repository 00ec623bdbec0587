#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension SocketIOOptions {
  /// Checks everything that does not need certificates and keys.
  func validateValues() throws(SocketIOError) {
    try validateOwnValues()
    for transport in transportOptions.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      guard transport == .polling || transport == .websocket else {
        throw Self.invalid("transportOptions", "there is no transport \"\(transport)\"")
      }
      if let name = misplacedOption(of: transport) {
        throw Self.invalid("transportOptions", "\"\(name)\" cannot differ between transports: set it for all")
      }
      try options(for: transport).validateOwnValues()
    }
    guard transports.contains(.websocket) else { return }
    let headers = transportOptions.isEmpty ? extraHeaders : options(for: .websocket).extraHeaders
    for name in headers.keys where Self.isOfHandshake(name) {
      throw Self.invalid("extraHeaders", "\"\(name)\" belongs to the WebSocket handshake")
    }
  }

  /// Checks everything except the changes of `transportOptions`.
  func validateOwnValues() throws(SocketIOError) {
    for transport in transports where transport != .polling && transport != .websocket {
      throw Self.invalid("transports", "there is no transport \"\(transport)\": use polling or websocket")
    }
    for (name, value) in query {
      guard Self.text(value) != nil else {
        throw Self.invalid("query", "\"\(name)\" is not a string, number or Boolean")
      }
      if Self.reservedParameters.contains(name) { throw Self.invalid("query", "\"\(name)\" belongs to the protocol") }
    }
    for (name, value) in extraHeaders { try Self.checkHeader(name, value) }
    if timestampParam.isEmpty { throw Self.invalid("timestampParam", "it must not be empty") }
    if Self.reservedParameters.contains(timestampParam) {
      throw Self.invalid("timestampParam", "\"\(timestampParam)\" belongs to the protocol")
    }
    if let end = path.unicodeScalars.firstIndex(where: Self.endsPath) {
      throw Self.invalid(
        "path", "the character after \"\(ShownURL.text(String(path[..<end])))\" is not allowed in a path")
    }
    if let deflate = perMessageDeflate, deflate.threshold < 0 {
      throw Self.invalid("perMessageDeflate", "the threshold must not be negative")
    }
    if let proxy = agent.proxy, proxy.lowercased().hasPrefix("https:"), transports.contains(.websocket) {
      throw Self.invalid(
        "agent", "an https proxy cannot carry WebSockets: use the transport polling alone, or another proxy")
    }
    if let address = agent.localAddress, !Self.isAddress(address) {
      throw Self.invalid("agent", "the local address \"\(address)\" is not a numeric IP address")
    }
    if let requestTimeout { try Self.check("requestTimeout", requestTimeout) }
    for (index, name) in protocols.enumerated() where !Self.isToken(name) {
      throw Self.invalid("protocols", "name \(index + 1) is not a valid protocol name")
    }
    for pin in pins where Pin(pin) == nil {
      throw Self.invalid("pins", "\"\(pin)\" is not the base64 of 32 bytes")
    }
    if maxMessageSize <= 0 { throw Self.invalid("maxMessageSize", "it must be positive") }
    if case .limited(let count) = reconnectionAttempts, count < 0 {
      throw Self.invalid("reconnectionAttempts", "it must not be negative")
    }
    try Self.check("reconnectionDelay", reconnectionDelay)
    try Self.check("reconnectionDelayMax", reconnectionDelayMax)
    if case .after(let timeout) = timeout { try Self.check("timeout", timeout) }
    if !(0...1).contains(randomizationFactor) { throw Self.invalid("randomizationFactor", "it must be from 0 to 1") }
    if let ackTimeout { try Self.check("ackTimeout", ackTimeout) }
    if offlineBuffer.maxEvents < 0 || offlineBuffer.maxBytes < 0 {
      throw Self.invalid("offlineBuffer", "its limits must not be negative")
    }
    if inboundBuffer <= 0 { throw Self.invalid("inboundBuffer", "it must be positive") }
    if highWaterMark < 0 { throw Self.invalid("highWaterMark", "it must not be negative") }
    if retries < 0 { throw Self.invalid("retries", "it must not be negative") }
    if case .value(let value)? = auth, value.objectValue == nil { throw Self.invalid("auth", "it must be an object") }
  }

  /// Query parameters that the protocol uses.
  static let reservedParameters: Set = ["EIO", "transport", "sid", "j", "b64"]

  private static func invalid(_ option: String, _ why: String) -> SocketIOError {
    SocketIOError(.invalidOption, "option \(option): \(why)")
  }

  private static func check(_ option: String, _ duration: Duration) throws(SocketIOError) {
    if duration < .zero || duration > .seconds(365 * 86_400) { throw invalid(option, "it must be from 0 to a year") }
  }

  /// Characters that begin the next part of a URL, spaces, and control characters.
  private static func endsPath(_ character: Unicode.Scalar) -> Bool {
    switch character.value {
    case 0...0x20, 0x7F...0x9F: true
    default: character == "?" || character == "#"
    }
  }

  private static func isAddress(_ text: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
  }

  private static func isToken(_ name: String) -> Bool { !name.isEmpty && token(name).endIndex == name.endIndex }

  /// The longest prefix that is an HTTP token.
  private static func token(_ text: String) -> Substring {
    let separators = Set("()<>@,;:\\\"/[]?={} \t".utf8)
    return Substring(text.utf8.prefix { $0 > 32 && $0 < 127 && !separators.contains($0) })
  }

  /// The C core applies the same test.
  private static func isOfHandshake(_ header: String) -> Bool {
    let name = header.lowercased()
    return name == "connection" || name == "upgrade" || name.hasPrefix("sec-websocket-")
  }

  /// Headers that say where a message ends. The C core applies the same test.
  private static let framingHeaders: Set = ["content-length", "transfer-encoding"]

  /// Shows only the beginning of an invalid name: the rest may be the value.
  private static func checkHeader(_ name: String, _ value: String) throws(SocketIOError) {
    guard isToken(name) else {
      throw invalid("extraHeaders", "the name that begins with \"\(token(name))\" is not a valid header name")
    }
    if framingHeaders.contains(name.lowercased()) {
      throw invalid("extraHeaders", "\"\(name)\" is set by the client itself")
    }
    guard value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 || $0 == 9 }) else {
      throw invalid("extraHeaders", "the value of \"\(name)\" has a character that is not allowed in a header")
    }
  }
}
