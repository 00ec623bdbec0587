import Observation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("The model of the article on isolation", .timeLimit(.minutes(1)))
struct IsolationModelTests {
  @Test("It follows the connection, collects what arrives, and is observed")
  func model() async throws {
    let bench = ClientBench()
    let socket = bench.manager.socket("/")
    let (loop, log) = (bench.loop, bench.log)
    let model = await ChatModel(socket)
    await MainActor.run {
      withObservationTracking {
        _ = model.lines
      } onChange: {
        log.add("changes")
      }
    }
    socket.on("line") { log.add("line") }
    socket.on(.disconnect) { log.add("disconnected") }
    bench.open(joining: "/")
    bench.script.receive(#"2["line","hello"]"#)
    await loop.run { log.entries.count == 2 }
    #expect(log.entries == ["changes", "line"])
    #expect(await model.isConnected)
    #expect(await model.lines == ["hello"])
    bench.script.forget()
    try await model.send("hi")
    #expect(bench.sent == [#"2["line","hi"]"#])
    bench.script.report(.closed(nil))
    await loop.run { log.entries.count == 3 }
    #expect(await !model.isConnected)
  }
}
