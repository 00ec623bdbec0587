import Testing

@testable import SocketIO

@Suite("The event loop")
struct SocketEventLoopTests {
  @Test("The time of busy polling is whole microseconds, up to a second")
  func busyPolling() {
    #expect(SocketEventLoop.microseconds(.microseconds(50)) == 50)
    #expect(SocketEventLoop.microseconds(.nanoseconds(1_999)) == 1)
    #expect(SocketEventLoop.microseconds(.zero) == 0)
    #expect(SocketEventLoop.microseconds(.seconds(-1)) == 0)
    #expect(SocketEventLoop.microseconds(.seconds(1)) == 1_000_000)
    #expect(SocketEventLoop.microseconds(.seconds(Int64.max)) == 1_000_000)
  }

  @Test(
    "a loop runs what is posted to it, however it waits", arguments: [Duration.zero, .microseconds(50), .seconds(1)])
  func posts(busyPolling: Duration) async throws {
    let loop = try SocketEventLoop(busyPolling: busyPolling)
    let isCurrent = await withCheckedContinuation { continuation in
      loop.post { continuation.resume(returning: loop.isCurrent) }
    }
    #expect(isCurrent)
    #expect(!loop.isCurrent)
  }
}
