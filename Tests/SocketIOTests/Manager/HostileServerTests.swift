import SocketIOTesting
import Testing

@testable import SocketIO

/// The limits for incoming data. The tests of events cover other faults.
@Suite("A hostile server")
struct HostileServerTests {
  private static func nested(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  @Test(
    "Nesting up to the limit is delivered; deeper nesting is a parse error",
    arguments: [1, 100_000])
  func nesting(excess: Int) {
    let limit = 512
    let (bench, socket) = ClientBench.connected()
    let depths = Locked<[Int]>([])
    socket.on("deep") { event in
      var depth = 0
      var value = event.args.first
      while let elements = value?.arrayValue { (value, depth) = (elements.first, depth + 1) }
      depths.withLock { $0.append(depth) }
    }
    // The packet's own array is the first level.
    bench.script.receive(#"2["deep",\#(Self.nested(limit - 1))]"#)
    #expect(bench.take() == [])
    #expect(depths.withLock { $0 } == [limit - 1])
    bench.script.receive(#"2["deep",\#(Self.nested(limit - 1 + excess))]"#)
    #expect(bench.take() == ["disconnect: parse error"])
    #expect(depths.withLock { $0 }.count == 1)
  }

  /// Packets are decoded on the loop's thread.
  @Test("The stack of the loop's thread holds the deepest possible nesting", .timeLimit(.minutes(1)))
  func stack() async throws {
    let loop = try SocketEventLoop()
    let text = "2[\"deep\",\(Self.nested(DepthLimit.greatest - 1))]"
    let isSame = await withCheckedContinuation { continuation in
      loop.post {
        let parser = JSONParser(maxDepth: .max)
        var decoder = parser.makeDecoder()
        let packet = try? decoder.decode(.text(text))
        // Comparing, hashing, describing, writing and destroying are recursive, too.
        let copies = Set([packet, try? decoder.decode(.text(text))])
        let written = packet.flatMap { try? parser.encode($0) }
        continuation.resume(returning: copies.count == 1 && !"\(copies)".isEmpty && written == [.text(text)])
      }
    }
    #expect(isSame)
  }

  @Test("Events before the answer to CONNECT are buffered up to a limit")
  func eventsBeforeConnect() {
    let bench = ClientBench { $0.maxMessageSize = 1_000 }
    _ = bench.socket(logging: "e")
    bench.open()
    for number in 0..<5 { bench.script.receive("2[\"e\",\(number)]") }
    bench.join()
    #expect(bench.take() == (0..<5).map { "e[\($0)]" } + ["connect"])
    bench.reopen()
    bench.forget()
    bench.followManager()
    for number in 0..<20 { bench.script.receive("2[\"e\",\(number)]") }
    #expect(bench.take().contains("close: parse error"))
  }
}
