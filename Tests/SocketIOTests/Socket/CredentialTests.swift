import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Credentials")
struct CredentialTests {
  @Test("Credentials are read when the namespace is joined")
  func changedCredentials() {
    let bench = ClientBench()
    let socket = bench.socket(auth: ["token": "a"])
    socket.auth = ["token": "b"]
    bench.open()
    #expect(bench.sent == [#"0{"token":"b"}"#])
    socket.auth = ["token": "c"]
    bench.script.receive(#"4{"message":"no"}"#)
    socket.connect()
    bench.open(joining: "/")
    #expect(bench.sent == [#"0{"token":"c"}"#])
    socket.auth = nil
    socket.disconnect().connect()
    bench.open()
    #expect(bench.sent == ["0"])
  }

  @Test("Credentials that are not an object are refused")
  func uselessCredentials() {
    let bench = ClientBench()
    let log = bench.log
    bench.followManager()
    let socket = bench.manager.socket(auth: .value("token"))
    socket.on(.connectError) { log.add($0.code.rawValue) }
    bench.open()
    #expect(bench.sent == [])
    #expect(bench.take() == ["open", "close: forced close", "auth_failed"])
    #expect(!socket.active)
    #expect(!bench.manager.isOpen)
  }

  @Test("A closure provides the credentials of every connection", .timeLimit(.minutes(1)))
  func provider() async {
    let bench = ClientBench()
    let log = bench.log
    let socket = bench.socket(
      auth: .provider {
        log.add("asked")
        return ["token": "secret"]
      })
    for _ in 0..<2 {
      bench.open()
      await bench.loop.run { !bench.script.messages.isEmpty }
      #expect(bench.sent == [#"0{"token":"secret"}"#])
      bench.join()
      #expect(bench.take() == ["asked", "connect"])
      bench.script.report(.closed(nil))
      #expect(bench.take() == ["disconnect: transport close"])
      bench.loop.advance(by: 1_000)
    }
    #expect(socket.active)
  }

  @Test("A closure that throws is a connect_error, and leaves the Socket inactive", .timeLimit(.minutes(1)))
  func failingProvider() async {
    struct Missing: Error {}
    let bench = ClientBench()
    let log = bench.log
    let socket = bench.manager.socket(auth: .provider { throw Missing() })
    socket.on(.connectError) { log.add("\($0.code) \($0.underlying is Missing)") }
    bench.open()
    await bench.loop.run { !bench.log.entries.isEmpty }
    #expect(bench.take() == ["auth_failed true"])
    #expect(!socket.active)
    #expect(bench.script.commands.last == .close)
  }

  @Test("Late credentials are not sent on a newer connection", .timeLimit(.minutes(1)))
  func lateCredentials() async {
    let bench = ClientBench()
    let (calls, call) = AsyncStream.makeStream(of: CheckedContinuation<SocketValue, Never>.self)
    var answers = calls.makeAsyncIterator()
    _ = bench.socket(auth: .provider { await withCheckedContinuation { call.yield($0) } })
    bench.open()
    let first = await answers.next()
    let old = bench.script
    old.report(.closed(nil))
    bench.loop.advance(by: 1_000)
    bench.open()
    let second = await answers.next()
    first?.resume(returning: ["turn": 1])
    await bench.loop.runNextArrival()
    #expect(bench.sent == [])
    second?.resume(returning: ["turn": 2])
    await bench.loop.runNextArrival()
    #expect(bench.sent == [#"0{"turn":2}"#])
    #expect(old.messages == [])
  }

  @Test("The evaluation of credentials that are no longer needed is cancelled", .timeLimit(.minutes(1)))
  func cancelledProvider() async {
    let bench = ClientBench()
    let (log, loop) = (bench.log, bench.loop)
    let socket = bench.manager.socket(
      auth: .provider {
        log.add("asked")
        loop.post {}
        // Only ends when its task is cancelled.
        let (never, feed) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        withExtendedLifetime(feed) {}
        log.add("cancelled")
        loop.post {}
        return nil
      })
    bench.open()
    await loop.run { log.entries == ["asked"] }
    socket.disconnect()
    await loop.run { log.entries == ["asked", "cancelled"] }
    #expect(bench.sent == [])
  }
}
