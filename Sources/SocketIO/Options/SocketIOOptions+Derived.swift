extension SocketIOOptions {
  /// A query value as it stands in a URL.
  static func text(_ value: SocketValue) -> String? {
    switch value {
    case .string(let text): text
    case .int, .uint, .double, .bool: value.description
    case .null, .binary, .array, .object: nil
    }
  }

  var reconnectionSettings: ReconnectionSettings {
    var settings = ReconnectionSettings()
    settings.isEnabled = reconnection
    if case .limited(let count) = reconnectionAttempts { settings.attempts = count }
    settings.delay = Double(reconnectionDelay.milliseconds)
    settings.delayMax = Double(reconnectionDelayMax.milliseconds)
    settings.randomizationFactor = randomizationFactor
    settings.timeout = nil
    if case .after(let timeout) = timeout { settings.timeout = timeout.milliseconds }
    return settings
  }

  /// The options without those that were meant for one Socket.
  var ofManager: SocketIOOptions {
    var options = self
    (options.auth, options.ackTimeout, options.retries) = (nil, nil, 0)
    return options
  }

  /// The path as it stands in requests.
  var requestPath: String {
    let slash = UInt8(ascii: "/")
    if addTrailingSlash, path.utf8.first == slash, path.utf8.last == slash { return path }
    var path = self.path.isEmpty ? "/socket.io" : self.path
    if !path.hasPrefix("/") { path = "/" + path }
    if path.hasSuffix("/") { path.removeLast() }
    return addTrailingSlash ? path + "/" : (path.isEmpty ? "/" : path)
  }
}

extension Duration {
  /// Whole milliseconds, rounded up; 0 for negative durations. What is beyond 292 million years is cut there, so that a clock can be
  /// added.
  var milliseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let limit = UInt64(Int64.max)
    guard UInt64(seconds) < limit / 1_000 else { return limit }
    return UInt64(seconds) * 1_000 + UInt64((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
