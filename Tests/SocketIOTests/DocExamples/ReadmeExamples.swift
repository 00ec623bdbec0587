import Foundation
import SocketIO

/// The examples of README.md, word for word: `DocExamplesTests` compares them.
enum ReadmeExamples {
  static func inSwift() async throws {
    let socket = try io("https://example.com/admin") {
      $0.auth = ["token": "abcd"]
    }

    socket.on(.connect) { connection in print("connected as", connection.id) }
    socket.on(.connectError) { error in print("not connected:", error.message) }

    socket.on("news") { event in print(event.args) }

    try socket.emit("hello", 1, "two", Data([3, 4, 5]))

    struct Question: Codable { var text: String }
    struct Answer: Codable { var text: String }
    let answer = try await socket.emitWithAck("ask", Question(text: "why?"), as: Answer.self, timeout: .seconds(5))
    _ = answer
  }
}
