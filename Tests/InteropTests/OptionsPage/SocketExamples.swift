import SocketIO

/// The options of Managers and Sockets.
extension OptionsPageExamples {
  func manualReconnection() throws -> Socket {
    let socket = try io("https://example.com") { $0.reconnection = false }

    socket.io.on(.close) { [weak socket] in
      Task { [weak socket] in
        while let socket, socket.active, !socket.io.isOpen {
          try await Task.sleep(for: .seconds(2))
          try? await socket.io.open()
        }
      }
    }
    return socket
  }

  func reconnectionAttempts() throws -> Socket {
    let socket = try io("https://example.com") { $0.reconnectionAttempts = 2 }

    socket.io.on(.reconnectFailed) { print("the server stays away") }
    return socket
  }

  func delays() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.reconnectionDelay = .seconds(1)
      $0.reconnectionDelayMax = .seconds(5)
      $0.randomizationFactor = 0.5
    }
    return socket
  }

  func timeout() throws -> Socket {
    let socket = try io("https://example.com") { $0.timeout = .after(.seconds(2)) }
    return socket
  }

  func autoConnect() throws -> Socket {
    let socket = try io("https://example.com") { $0.autoConnect = false }

    socket.connect()
    return socket
  }

  func autoConnectByOpening() throws -> Socket {
    let socket = try io("https://example.com") { $0.autoConnect = false }

    socket.io.connect()
    return socket
  }

  func parser() throws -> Socket {
    let socket = try io("https://example.com") { $0.parser = MessagePackParser() }
    return socket
  }

  func ownParser() throws -> Socket {
    /// Prints sent and received packets.
    struct TracingParser: SocketParser {
      struct Decoder: PacketDecoder {
        var decoder = JSONParser().makeDecoder()

        mutating func decode(_ message: EngineMessage) throws -> SocketPacket? {
          let packet = try decoder.decode(message)
          if let packet { print("received", packet) }
          return packet
        }

        mutating func reset() { decoder.reset() }
      }

      func encode(_ packet: SocketPacket) throws -> [EngineMessage] {
        print("sent", packet)
        return try JSONParser().encode(packet)
      }

      func makeDecoder() -> Decoder { Decoder() }
    }

    let socket = try io("https://example.com") { $0.parser = TracingParser() }
    return socket
  }

  // MARK: Of one Socket

  func auth() throws -> Socket {
    let socket = try io("https://example.com/admin") { $0.auth = ["token": "abcd"] }
    return socket
  }

  func authProvider(_ currentToken: @escaping @Sendable () async throws -> String) throws -> Socket {
    let socket = try io("https://example.com/admin") {
      $0.auth = .provider { ["token": .string(try await currentToken())] }
    }
    return socket
  }

  func changingAuth() throws -> Socket {
    let socket = try io("https://example.com/admin") {
      $0.auth = ["token": "expired"]
      $0.autoConnect = false
    }

    socket.on(.connectError) { [weak socket] error in
      guard let socket, error.code == .refused, error.message == "invalid credentials" else { return }
      socket.auth = ["token": "abcd"]
      socket.connect()
    }
    socket.connect()
    return socket
  }

  func otherAuth(_ socket: Socket) {
    socket.auth = ["token": "efgh"]
    socket.disconnect().connect()
  }

  func ackTimeout() throws -> Socket {
    let socket = try io("https://example.com") { $0.ackTimeout = .seconds(1) }
    return socket
  }

  func retries() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.retries = 3
      $0.ackTimeout = .seconds(1)
    }
    return socket
  }
}
