import Testing

@testable import SocketIO

@Suite("Long-polling over the C core") struct PollingTransportTests {
  @Test("A request that cannot be made fails after the call that asked for it", .timeLimit(.minutes(1)))
  func unusableHeader() async throws {
    let loop = try SocketEventLoop()
    var endpoint = EngineEndpoint(isSecure: false, host: "127.0.0.1", port: 1, path: "/socket.io/")
    endpoint.headers = { ["not a name": "x"] }
    let error = await withCheckedContinuation { continuation in
      loop.post { [endpoint] in
        let transport = PollingTransport(loop: loop, endpoint: endpoint, sid: nil)
        var hasReturned = false
        transport.onEvent = { event in
          guard case .failed(let error) = event else { return }
          // Until now it has held itself.
          transport.onEvent = nil
          continuation.resume(returning: hasReturned ? error : nil)
        }
        transport.open()
        hasReturned = true
      }
    }
    #expect(error != nil)
  }
}
