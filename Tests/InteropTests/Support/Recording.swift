import Foundation
import SocketIO

/// What socketio-test-server recorded about its clients (`--record`), one JSON object per line.
final class Recording: Sendable {
  let path: String

  init() {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent("socketio-record-\(UUID().uuidString).jsonl").path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var lines: [SocketValue] {
    get throws {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      return try text.split(separator: "\n").map { try SocketValue(json: String($0)) }
    }
  }

  /// The HTTP requests of one transport, including WebSocket handshakes.
  func requests(_ transport: TransportName) throws -> [SocketValue] {
    try lines.filter { $0["type"] == "request" && $0["query"]?["transport"] == .string(transport.rawValue) }
  }

  /// The messages that arrived on WebSockets.
  var messages: [SocketValue] {
    get throws { try lines.filter { $0["type"] == "message" } }
  }
}
