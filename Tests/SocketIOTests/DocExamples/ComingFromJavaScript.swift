import Foundation
import SocketIO

/// The Swift side of the article "Coming from socket.io-client", word for word: `DocExamplesTests` compares it.
enum ComingFromJavaScript {
  struct Price: Codable {
    var symbol: String
    var value: Double
  }

  static func connecting() throws {
    let socket = try io("https://example.com/admin") {
      $0.auth = ["token": "abcd"]
      $0.reconnectionDelayMax = .seconds(10)
    }
    _ = socket
  }

  static func connectionEvents(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    socket.on(.connect) { connection in
      print(connection.id)
    }
    socket.on(.connectError) { [weak socket] error in
      if socket?.active == true { return }
      print(error.message, error.data ?? .null)
    }
    socket.on(.disconnect) { disconnection in
      print(disconnection.reason)
    }
  }

  static func sending(_ socket: Socket) throws {
    try socket.emit("hello")
    try socket.emit("move", 3, 4.5, true)
    try socket.emit("upload", "a.bin", Data([1, 2]))
    try socket.emit("profile", ["name": "alice", "tags": ["a"], "age": nil])
    try socket.send("hi")
    try socket.volatile.emit("position", 52.5)
  }

  static func receiving(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    socket.on("news") { (title: String, count: Int) in
      print(title, count)
    }
    socket.on("price") { (price: Price) in
      print(price.symbol, price.value)
    }
    socket.once("ready") { print("ready") }
  }

  static func catchAll(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    socket.onAny { event in
      print("in", event.name, event.args)
    }
    socket.prependAny { event in print("first", event.name) }
    socket.onAnyOutgoing { event in
      print("out", event.name, event.args)
    }
    socket.offAny()
  }

  static func contract(_ socket: Socket, print: @escaping GuideEvents.Printing) async throws {
    enum ServerToClient {
      static let moved = TypedEvent("moved", String.self, Double.self, Double.self)
      static let confirm = TypedRequest("confirm", String.self, answer: Bool.self)
    }
    enum ClientToServer {
      static let say = TypedEvent("say", String.self)
      static let history = TypedRequest("history", Int.self, answer: [String].self)
      static let read = TypedRequest("read", Int.self, answer: Void.self)
    }
    socket.on(ServerToClient.moved) { name, x, y in print(name, x, y) }
    socket.respond(to: ServerToClient.confirm) { question in question.hasSuffix("?") }
    try socket.emit(ClientToServer.say, "hi")
    let lines = try await socket.emitWithAck(ClientToServer.history, 20)
    try await socket.emitWithAck(ClientToServer.read, lines.count)
  }

  static func takingOff(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    let subscription = socket.on("price") { event in print(event.args) }
    subscription.cancel()
    socket.off("news")
    socket.off()
  }

  static func acknowledgements(_ socket: Socket, print: @escaping GuideEvents.Printing) async throws {
    try socket.emit("save", "draft") { result in
      print(result)
    }
    try socket.timeout(.seconds(5)).emit("save", "draft") { result in
      print(result)
    }
    let answer = try await socket.emitWithAck("add", 1, 2, timeout: .seconds(5))
    print(answer)
  }

  static func answering(_ socket: Socket, think: @escaping @Sendable (String) async throws -> String) {
    socket.respond(to: "add") { (x: Int, y: Int) in
      x + y
    }
    socket.respond(to: "question") { (text: String) in
      try await think(text)
    }
  }

  static func namespaces(currentToken: @escaping @Sendable () async throws -> String) throws {
    let orders = try io("https://example.com/orders")
    let admin = orders.io.socket(
      "/admin",
      auth: ["token": "abcd"])
    let chat = try io("https://example.com/chat") {
      $0.auth = .provider {
        ["token": .string(try await currentToken())]
      }
    }
    _ = (admin, chat)
  }

  static func manager(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    let manager = socket.io
    manager.on(.reconnectAttempt) { [weak manager] attempt in
      manager?.opts.query["attempt"] = .int(attempt)
    }
    manager.on(.reconnect) { attempts in print(attempts) }
    manager.opts.reconnectionDelay = .seconds(2)
    manager.engine.close()
  }

  static func leaving(_ socket: Socket) async throws {
    try socket.emit("goodbye")
    await socket.io.close()
  }
}
