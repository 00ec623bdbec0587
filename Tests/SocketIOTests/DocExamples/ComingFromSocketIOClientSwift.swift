import Logging
import SocketIO

/// The new side of the article "Coming from socket.io-client-swift", word for word: `DocExamplesTests` compares it.
enum ComingFromSocketIOClientSwift {
  struct Price: Codable {
    var symbol: String
  }

  static func connecting(_ logger: Logger) throws {
    let socket = try io("https://example.com") {
      $0.logger = logger
      $0.transports = [.websocket]
      $0.query = ["room": 7]
      $0.auth = ["token": "abcd"]
      $0.autoConnect = false
    }
    socket.on(.connect) { print("connected") }
    socket.on(.connectError) { error in
      print(error.code, error.message)
    }
    socket.connect()
  }

  static func events(_ socket: Socket, print: @escaping GuideEvents.Printing) {
    let subscription = socket.on("price") { (price: Price) in
      print(price.symbol)
    }
    socket.respond(to: "question") { "forty-two" }
    subscription.cancel()
  }

  static func emitting(_ socket: Socket, _ message: Price, print: @escaping GuideEvents.Printing) async throws {
    try socket.emit("move", 3, 4)
    try socket.emit("chat", message)
    do {
      let answer = try await socket.emitWithAck("save", "draft", timeout: .seconds(5))
      print(answer)
    } catch let error where error.code == .timeout {
      print("no answer")
    }
  }
}
