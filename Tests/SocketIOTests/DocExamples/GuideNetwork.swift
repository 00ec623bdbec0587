import SocketIO

/// The examples of docs/guide.md about proxies, word for word.
enum GuideNetwork {
  static func proxy() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.agent.proxy = "http://user:password@proxy.example.com:3128"
    }
    return socket
  }
}
