import Foundation
import Logging
import SocketIO
import SocketIOTesting

/// The examples of docs/guide.md from namespaces on, word for word: `DocExamplesTests` compares them.
enum GuideOperating {
  actor TokenStore {
    func current() async throws -> String { "abcd" }
  }

  static func namespaces() throws {
    let orders = try io("https://example.com/orders")
    let products = try io("https://example.com/products")
    let admin = orders.io.socket("/admin", auth: ["token": "abcd"])
    _ = (products, admin)
  }

  static func credentials() throws {
    let socket = try io("https://example.com") { $0.auth = ["token": "abcd"] }

    socket.on(.connectError) { [weak socket] error in
      guard let socket, error.code == .refused, error.message == "invalid credentials" else { return }
      socket.auth = ["token": "efgh"]
      socket.connect()
    }
  }

  static func expiringCredentials(_ tokens: TokenStore) throws {
    let socket = try io("https://example.com") {
      $0.auth = .provider { ["token": .string(try await tokens.current())] }
    }
    _ = socket
  }

  static func otherCredentials(_ socket: Socket) {
    socket.auth = ["token": "ijkl"]
    socket.disconnect().connect()
  }

  static func tls() throws {
    let socket = try io("https://example.com") {
      $0.ca = [.file("/etc/chat/ca.pem")]
      $0.cert = .file("/etc/chat/client.pem")
      $0.key = .file("/etc/chat/client-key.pem")
      $0.passphrase = ProcessInfo.processInfo.environment["CHAT_KEY_PASSPHRASE"]
    }
    _ = socket
  }

  static func delivery() throws {
    let socket = try io("https://example.com") { $0.delivery = .queue(.main) }
    _ = socket
  }

  static func loops() throws {
    let loops = [try SocketEventLoop(), try SocketEventLoop()]
    for (index, loop) in loops.enumerated() {
      try io("https://example.com/feed-\(index)") {
        $0.forceNew = true
        $0.eventLoop = loop
      }
    }
  }

  static func errors(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    socket.on(.connectError) { error in
      switch error.code {
      case .refused: print("the server says no:", error.message, error.data ?? .null)
      case .httpStatus: print("HTTP status", error.httpStatus ?? 0)
      case .timeout: print("the server takes too long")
      default: print("\(error.code): \(error.message)")
      }
    }
  }

  static func quitting(_ socket: Socket) async throws {
    try socket.emit("goodbye")
    await socket.io.close()
  }

  static func logging() throws {
    var logger = Logger(label: "chat.socketio")
    logger.logLevel = .debug
    let socket = try io("https://example.com") { $0.logger = logger }
    _ = socket
  }

  static func testing() async throws {
    let server = try TestServerProcess()
    let socket = try io(server.url) { $0.reconnectionDelay = .milliseconds(10) }
    let losses = socket.events(.disconnect)
    try socket.emit("drop-me")
    for await _ in losses { break }
    let answer = try await socket.emitWithAck("echo", "still there", timeout: .seconds(5))
    _ = answer
  }
}
