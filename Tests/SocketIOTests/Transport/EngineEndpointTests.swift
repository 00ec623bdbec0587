import Testing

@testable import SocketIO

@Suite("The URLs of requests")
struct EngineEndpointTests {
  private func endpoint(_ change: (inout EngineEndpoint) -> Void = { _ in }) -> EngineEndpoint {
    var endpoint = EngineEndpoint(isSecure: false, host: "h", port: nil, path: "/socket.io/")
    endpoint.timestampRequests = false
    change(&endpoint)
    return endpoint
  }

  @Test(
    "Polling uses http or https, WebSocket ws or wss",
    arguments: [
      (TransportName.polling, false, "http"), (.polling, true, "https"), (.websocket, false, "ws"),
      (.websocket, true, "wss"),
    ])
  func scheme(transport: TransportName, isSecure: Bool, scheme: String) {
    let url = endpoint { $0.isSecure = isSecure }.url(transport, sid: nil)
    #expect(url == "\(scheme)://h/socket.io/?EIO=4&transport=\(transport)")
  }

  @Test("Port, address and path stay unchanged")
  func address() {
    let url = endpoint {
      $0.host = "[::1]"
      $0.port = 8080
      $0.path = "/my-custom-path/"
    }.url(.polling, sid: nil)
    #expect(url == "http://[::1]:8080/my-custom-path/?EIO=4&transport=polling")
  }

  @Test("The session's id is in every URL of the session")
  func session() {
    #expect(endpoint().url(.websocket, sid: "a/b").hasSuffix("?EIO=4&transport=websocket&sid=a%2Fb"))
  }

  @Test("Parameters are encoded, and the protocol's cannot be replaced")
  func query() {
    let url = endpoint {
      $0.query = [("&a", "&=?a"), ("x", "42"), ("EIO", "3"), ("transport", "y"), ("sid", "mine"), ("ü", "a b+c")]
    }
    #expect(
      url.url(.polling, sid: "s")
        == "http://h/socket.io/?%26a=%26%3D%3Fa&x=42&%C3%BC=a%20b%2Bc&EIO=4&transport=polling&sid=s")
    #expect(url.url(.polling, sid: nil).contains("sid=mine"))
  }

  @Test("Every request of both transports has a unique timestamp", arguments: [TransportName.polling, .websocket])
  func timestamp(transport: TransportName) throws {
    let endpoint = endpoint {
      $0.timestampRequests = true
      $0.query = [("t", "mine")]
    }
    let values = try (0..<100).map { _ in
      let parameters = try #require(endpoint.url(transport, sid: nil).split(separator: "?").last).split(separator: "&")
      return try #require(parameters.filter { $0.hasPrefix("t=") }.first)
    }
    #expect(values.allSatisfy { $0.count == 10 })
    #expect(Set(values).count == 100)
  }

  @Test("The timestamp's name can be chosen")
  func timestampParam() {
    let url = endpoint {
      $0.timestampRequests = true
      $0.timestampParam = "ts"
    }.url(.polling, sid: nil)
    #expect(url.contains("&ts=") && !url.contains("&t="))
  }

  @Test("forceBase64 is sent to the server", arguments: [TransportName.polling, .websocket])
  func base64(transport: TransportName) {
    #expect(endpoint { $0.forceBase64 = true }.url(transport, sid: nil).hasSuffix("&b64=1"))
    #expect(!endpoint().url(transport, sid: nil).contains("b64"))
  }

  @Test("Characters are encoded as encodeURIComponent does")
  func percentEncoding() {
    #expect("AZaz09-_.!~*'()".percentEncoded == "AZaz09-_.!~*'()")
    #expect(" &=?/#%+\u{1}€".percentEncoded == "%20%26%3D%3F%2F%23%25%2B%01%E2%82%AC")
  }
}
