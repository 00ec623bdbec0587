import Foundation
import SocketIO

/// The examples of docs/guide.md from the first connection to reconnection, word for word: `DocExamplesTests` compares
/// them.
///
/// Each is a function. The tests run those that take parameters; those that connect to a server are only compiled.
enum GuideConnecting {
  static func program() async throws {
    let socket = try io("http://127.0.0.1:3000")
    let answer = try await socket.emitWithAck("echo", "hello", timeout: .seconds(10))
    print("the server answered", answer)
    await socket.io.close()
  }

  static func firstConnection() throws {
    let socket = try io("https://example.com")

    socket.on(.connect) { connection in print("connected as", connection.id) }
    socket.on(.disconnect) { disconnection in print("disconnected:", disconnection.reason) }
    socket.on(.connectError) { error in print("not connected:", error.message) }

    socket.on("news") { event in print("received", event.args) }
    try socket.emit("subscribe", "news")
  }

  static func handlersFirst() throws {
    let socket = try io("https://example.com") {
      $0.auth = ["token": "abcd"]
    } handlers: { socket in
      socket.on(.connectError) { error in print("not connected:", error.message) }
      socket.on("welcome") { event in print(event.args) }
    }
    _ = socket
  }

  static func location() throws {
    Manager.location = "https://example.com"
    let socket = try io("/admin")
    _ = socket
  }

  static func options() throws {
    var options = SocketIOOptions()
    options.transports = [.websocket]
    options.reconnectionDelayMax = .seconds(30)
    let socket = try io("https://example.com", options: options)
    _ = socket
  }

  static func changingOptions(_ socket: Socket) throws {
    var options = socket.io.opts
    options.extraHeaders["X-Client"] = "2.1"
    options.query["version"] = 2
    try options.validate()
    socket.io.opts = options
  }

  static func optionsBetweenAttempts(_ socket: Socket) {
    let manager = socket.io
    manager.on(.reconnectAttempt) { [weak manager] attempt in
      manager?.opts.query["attempt"] = .int(attempt)
    }
  }

  static func givingUp() throws {
    let socket = try io("https://example.com") { $0.reconnectionAttempts = 5 }
    socket.io.on(.reconnectFailed) { print("offline; will try again when asked to") }
  }

  static func ownReconnection() async throws {
    let socket = try io("https://example.com") {
      $0.reconnection = false
      $0.autoConnect = false
    }
    while true {
      do {
        try await socket.io.open()
        break
      } catch {
        print("not yet:", error)
        try await Task.sleep(for: .seconds(2))
      }
    }
  }
}
