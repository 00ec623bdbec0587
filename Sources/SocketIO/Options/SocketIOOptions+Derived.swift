extension SocketIOOptions {
  /// A query value as text; nil where it has no text form.
  static func text(_ value: SocketValue) -> String? {
    switch value {
    case .string(let text): text
    case .int, .uint, .double, .bool: value.description
    case .null, .binary, .array, .object: nil
    }
  }

  /// The options without those that belong to one Socket.
  var ofManager: SocketIOOptions {
    var options = self
    (options.auth, options.ackTimeout, options.retries) = (nil, nil, 0)
    return options
  }

  /// The path that requests use.
  var requestPath: String {
    let slash = UInt8(ascii: "/")
    if addTrailingSlash, path.utf8.first == slash, path.utf8.last == slash { return path }
    var path = self.path.isEmpty ? "/socket.io" : self.path
    if !path.hasPrefix("/") { path = "/" + path }
    if path.hasSuffix("/") { path.removeLast() }
    return addTrailingSlash ? path + "/" : (path.isEmpty ? "/" : path)
  }
}
