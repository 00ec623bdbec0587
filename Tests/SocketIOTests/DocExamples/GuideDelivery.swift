import SocketIO

/// The examples of docs/guide.md about proxies and retries, word for word.
enum GuideDelivery {
  static func proxy() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.agent.proxy = "http://user:password@proxy.example.com:3128"
    }
    return socket
  }

  static func retries() throws -> Socket {
    let socket = try io("https://example.com") {
      $0.retries = 3
      $0.ackTimeout = .seconds(5)
    }
    return socket
  }
}
