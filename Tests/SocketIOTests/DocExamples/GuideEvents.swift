import Foundation
import SocketIO

/// The examples of docs/guide.md about events, acknowledgements and values, word for word: `DocExamplesTests` compares and runs them.
enum GuideEvents {
  /// Takes the place of `print` in examples that are run, so that their output is seen.
  typealias Printing = @Sendable (any Sendable...) -> Void

  static func emitting(_ socket: Socket) throws {
    try socket.emit("hello")
    try socket.emit("move", 3, 4.5, true)
    try socket.emit("upload", "photo.jpg", Data([1, 2, 3]))
    try socket.emit("profile", ["name": "alice", "tags": ["a", "b"], "age": nil])

    struct Message: Codable {
      var user: String
      var text: String
    }
    try socket.emit("chat", Message(user: "alice", text: "hi"))
  }

  static func volatile(_ socket: Socket) throws {
    try socket.volatile.emit("position", 52.5, 13.4)
  }

  static func receiving(_ socket: Socket, print: @escaping Printing) {
    socket.on("news") { event in
      print(event.name, event.args)
    }

    struct Price: Codable {
      var symbol: String
      var value: Double
    }
    socket.on("price") { (price: Price) in
      print(price.symbol, price.value)
    }

    socket.on("move") { (x: Int, y: Int) in
      print(x + y)
    }

    socket.once("ready") { print("ready") }

    let subscription = socket.onAny { event in print("any:", event.name) }
    subscription.cancel()
    socket.off("news")
  }

  static func declared(_ socket: Socket, print: @escaping Printing) async throws {
    enum Chat {
      static let message = TypedEvent("message", String.self, Int.self)
      static let history = TypedRequest("history", Int.self, answer: [String].self)
      static let read = TypedRequest("read", Int.self, answer: Void.self)
    }

    socket.on(Chat.message) { text, room in print(room, text) }
    try socket.emit(Chat.message, "hi", 7)

    socket.respond(to: Chat.history) { count in (1...count).map { "line \($0)" } }
    let lines = try await socket.emitWithAck(Chat.history, 20, timeout: .seconds(5))
    print(lines.count)
    try await socket.emitWithAck(Chat.read, 7)
  }

  static func handlerErrors(_ socket: Socket, print: @escaping Printing) {
    socket.on(.handlerError) { failure in
      print("\(failure.event): \(failure.error)")
    }
  }

  static func outgoing(_ socket: Socket, print: @escaping Printing) {
    socket.prependAny { event in print("in:", event.name, event.args) }
    socket.onAnyOutgoing { event in print("out:", event.name, event.args) }
  }

  static func acknowledgements(_ socket: Socket, print: @escaping Printing) async throws {
    try socket.emit("save", "draft") { result in
      switch result {
      case .success(let answer): print("saved:", answer.args)
      case .failure(let error): print("not saved:", error.message)
      }
    }

    try socket.timeout(.seconds(5)).emit("save", "draft") { result in
      print(result)
    }

    let answer = try await socket.emitWithAck("add", 1, 2, timeout: .seconds(5))
    print(answer.intValue ?? 0)
  }

  static func answering(_ socket: Socket) {
    socket.on("question") { event in
      try event.ack?("forty-two", Data([42]))
    }
  }

  static func responding(_ socket: Socket, prices: @escaping @Sendable (String) async throws -> Double) {
    socket.respond(to: "add") { (x: Int, y: Int) in x + y }
    socket.respond(to: "price") { (symbol: String) in try await prices(symbol) }
  }

  static func retries() throws {
    let socket = try io("https://example.com") {
      $0.retries = 3
      $0.ackTimeout = .seconds(5)
    }
    try socket.emit("order", ["id": "7f9c", "count": 2])
  }

  static func asyncAcknowledgement(_ socket: Socket, print: @escaping Printing) async throws {
    struct Question: Codable { var text: String }
    struct Answer: Codable { var text: String }

    let answer = try await socket.emitWithAck("ask", Question(text: "why?"), as: Answer.self, timeout: .seconds(5))
    print(answer.text)
  }

  static func severalArguments(_ socket: Socket, print: @escaping Printing) async throws {
    let (name, age) = try await socket.emitWithAck(
      "user", ["id": 7, "fields": ["name", "age"]], as: String.self, Int.self)
    print(name, age)
  }

  static func sequence(_ socket: Socket, print: @escaping Printing) async throws {
    let news = socket.events("news")
    try socket.emit("subscribe", "news")
    for await event in news {
      print(event.args)
    }
  }

  static func typedSequence(_ socket: Socket, print: @escaping Printing) async {
    for await (x, y) in socket.events("move", as: Int.self, Int.self, buffering: .newest(10)) {
      print(x, y)
    }
  }

  static func changes(_ socket: Socket, print: @escaping Printing) async {
    for await change in socket.changes() {
      switch change {
      case .connect(let connection): print("connected as", connection.id)
      case .disconnect(let disconnection): print("disconnected:", disconnection.reason)
      case .connectError(let error): print("not connected:", error.message)
      }
    }
  }

  static func values() -> (String?, Int?) {
    let order: SocketValue = ["id": 7, "lines": [["sku": "A1", "count": 2]], "note": nil]
    let sku = order["lines"]?[0]?["sku"]?.stringValue
    let count = order["lines"]?[0]?["count"]?.intValue
    return (sku, count)
  }

  static func codable() throws -> (value: SocketValue, isSame: Bool) {
    struct Photo: Codable, Equatable {
      var name: String
      var taken: Date
      var pixels: Data
    }
    let photo = Photo(name: "sea.jpg", taken: Date(timeIntervalSince1970: 0), pixels: Data([255, 216]))
    let value = try SocketValue(encoding: photo)
    let copy: Photo = try value.decode()
    return (value, copy == photo)
  }

  static func weakHandler(_ socket: Socket) {
    socket.on("ping-me") { [weak socket] _ in
      try socket?.emit("pinged")
    }
  }
}
