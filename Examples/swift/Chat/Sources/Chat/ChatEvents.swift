import SocketIO

/// What client and server say to each other. Each event is declared once, with its types, so the compiler checks every
/// place that sends or receives it. A server in Swift could share this file.
enum ChatEvents {
  /// A message, to and from everybody. The test server sends the event `broadcast` on to all clients.
  static let message = TypedEvent("broadcast", Message.self)

  /// A request that the server answers with the text that it got.
  static let echo = TypedRequest("echo", String.self, answer: String.self)
}

struct Message: Codable, Sendable {
  var author: String
  var text: String
}
