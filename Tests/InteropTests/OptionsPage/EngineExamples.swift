import SocketIO

/// The options of the connection.
extension OptionsPageExamples {
  func webSocketOnly() throws -> Socket {
    let socket = try io("https://example.com") { $0.transports = [.websocket] }
    return socket
  }

  func webSocketFirst() throws -> Socket {
    let socket = try io("https://example.com") { $0.transports = [.websocket, .polling] }

    socket.on(.connectError) { [weak socket] in
      socket?.io.opts.transports = [.polling, .websocket]
    }
    return socket
  }

  func tryAllTransports() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.transports = [.websocket, .polling]
      $0.tryAllTransports = true
    }
    return socket
  }

  func noUpgrade() throws -> Socket {
    let socket = try io("https://example.com") { $0.upgrade = false }
    return socket
  }

  func rememberUpgrade() throws -> Socket {
    let socket = try io("https://example.com") { $0.rememberUpgrade = true }
    return socket
  }

  func path() throws -> Socket {
    let socket = try io("https://example.com") { $0.path = "/my-custom-path/" }
    return socket
  }

  func pathAndNamespace() throws -> Socket {
    let echo = try io("https://example.com/echo") { $0.path = "/my-custom-path/" }
    return echo
  }

  func query() throws -> Socket {
    let socket = try io("https://example.com") { $0.query = ["x": 42] }

    let manager = socket.io
    manager.on(.reconnectAttempt) { [weak manager] in
      guard let manager, let x = manager.opts.query["x"]?.intValue else { return }
      manager.opts.query["x"] = .int(x + 1)
    }
    return socket
  }

  func extraHeaders() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.extraHeaders = ["my-custom-header": "1234"]
    }
    return socket
  }

  func extraHeadersOfWebSocket() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.transports = [.websocket]
      $0.extraHeaders = ["my-custom-header": "1234"]
    }
    return socket
  }

  func countingHeader() throws -> (Socket, Task<Void, any Error>) {
    let socket = try io("https://example.com") { $0.extraHeaders = ["count": "0"] }

    let counting = Task { [weak manager = socket.io] in
      for count in 1... {
        try await Task.sleep(for: .seconds(1))
        guard let manager else { return }
        manager.opts.extraHeaders["count"] = String(count)
      }
    }
    return (socket, counting)
  }

  func withCredentials() throws -> Socket {
    let socket = try io("https://example.com") { $0.withCredentials = true }
    return socket
  }

  func forceBase64() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.transports = [.websocket]
      $0.forceBase64 = true
    }
    return socket
  }

  func noTimestamps() throws -> Socket {
    let socket = try io("https://example.com") { $0.timestampRequests = false }
    return socket
  }

  func timestampParam() throws -> Socket {
    let socket = try io("https://example.com") { $0.timestampParam = "ts" }
    return socket
  }

  // MARK: Beyond the page

  func transportOptions() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.transportOptions[.polling] = { $0.extraHeaders["x-transport"] = "polling" }
      $0.transportOptions[.websocket] = { $0.extraHeaders["x-transport"] = "websocket" }
    }
    return socket
  }

  func perMessageDeflate() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.transports = [.websocket]
      $0.perMessageDeflate = PerMessageDeflate(threshold: 1_024)
    }
    return socket
  }

  func limits() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.maxMessageSize = 1 << 20
      $0.requestTimeout = .seconds(60)
    }
    return socket
  }

  func protocols() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.transports = [.websocket]
      $0.protocols = ["chat.v2"]
    }
    return socket
  }
}
