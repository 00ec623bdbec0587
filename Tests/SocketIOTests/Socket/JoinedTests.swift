import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Waiting for a namespace, and a scope with a Socket", .timeLimit(.minutes(1)))
struct JoinedTests {
  private struct Oops: Error {}

  /// Waits in a task, which logs how that ends.
  private static func wait(_ socket: Socket, _ bench: ClientBench, timeout: Duration? = nil) -> Task<Void, Never> {
    let (log, loop) = (bench.log, bench.loop)
    return Task {
      do throws(SocketIOError) {
        try await socket.joined(timeout: timeout)
        log.add("joined")
      } catch {
        log.add("not joined: \(error.code.rawValue)")
      }
      loop.post {}
    }
  }

  /// A Socket that is connecting, and a task that waits for it.
  private static func waiting(timeout: Duration? = nil) async -> (ClientBench, Socket, Task<Void, Never>) {
    let bench = ClientBench()
    let socket = bench.manager.socket("/")
    bench.loop.run()
    let task = wait(socket, bench, timeout: timeout)
    await bench.loop.runNextArrival()
    return (bench, socket, task)
  }

  @Test("The wait ends when the namespace is joined, and at once if it is")
  func joined() async {
    let (bench, socket, _) = await Self.waiting(timeout: .seconds(1))
    #expect(bench.log.entries == [])
    bench.open(joining: "/")
    await bench.loop.run { bench.log.entries == ["joined"] }
    bench.loop.advance(by: 1_000)
    _ = Self.wait(socket, bench)
    await bench.loop.run { bench.log.entries == ["joined", "joined"] }
  }

  @Test("A refusal, a failed attempt and a disconnection end the wait with their reason")
  func failures() async {
    let (refused, _, _) = await Self.waiting()
    refused.script.open()
    refused.script.receive(#"4{"message":"no"}"#)
    await refused.loop.run { refused.log.entries == ["not joined: refused"] }

    let (failed, socket, _) = await Self.waiting()
    failed.script.report(.failed(Fixture.refused))
    await failed.loop.run { failed.log.entries == ["not joined: connect_failed"] }
    #expect(socket.active)

    let (left, leaving, _) = await Self.waiting()
    leaving.disconnect()
    await left.loop.run { left.log.entries == ["not joined: disconnected"] }
    _ = Self.wait(leaving, left)
    await left.loop.run { left.log.entries.count == 2 }
    #expect(left.log.entries == ["not joined: disconnected", "not joined: disconnected"])
  }

  @Test("Where nothing more is tried, a wait ends at once with the reason")
  func nothingTried() async {
    let off = ClientBench { $0.reconnection = false }
    let socket = off.manager.socket("/")
    off.loop.run()
    off.script.report(.failed(Fixture.refused))
    off.loop.run()
    _ = Self.wait(socket, off)
    await off.loop.run { off.log.entries == ["not joined: connect_failed"] }
    #expect(socket.active)
    // Another attempt can be awaited again.
    off.manager.connect()
    off.loop.run()
    _ = Self.wait(socket, off)
    await off.loop.runNextArrival()
    off.open(joining: "/")
    await off.loop.run { off.log.entries == ["not joined: connect_failed", "joined"] }
    off.script.report(.closed(nil))
    off.loop.run()
    _ = Self.wait(socket, off)
    await off.loop.run { off.log.entries.last == "not joined: disconnected" }

    let limited = ClientBench { $0.reconnectionAttempts = 1 }
    let other = limited.manager.socket("/")
    limited.loop.run()
    limited.script.report(.failed(Fixture.refused))
    limited.loop.advance(by: 1_000)
    limited.script.report(.failed(Fixture.refused))
    limited.loop.run()
    _ = Self.wait(other, limited)
    await limited.loop.run { limited.log.entries == ["not joined: connect_failed"] }
  }

  @Test("A wait that has begun ends when nothing more is tried")
  func givenUpMeanwhile() async {
    let bench = ClientBench()
    let socket = bench.manager.socket("/")
    bench.loop.run()
    bench.script.report(.failed(Fixture.refused))
    bench.loop.run()
    _ = Self.wait(socket, bench)
    await bench.loop.runNextArrival()
    #expect(bench.log.entries == [])
    bench.manager.opts.reconnection = false
    await bench.loop.run { bench.log.entries == ["not joined: connect_failed"] }
  }

  @Test("A server of another protocol is not waited for")
  func incompatible() async {
    let (bench, socket, _) = await Self.waiting()
    bench.script.open()
    bench.script.receive("0")
    await bench.loop.run { bench.log.entries == ["not joined: incompatible_server"] }
    _ = Self.wait(socket, bench)
    await bench.loop.run { bench.log.entries.count == 2 }
    #expect(bench.log.entries == ["not joined: incompatible_server", "not joined: incompatible_server"])
  }

  @Test("The wait ends with its time, and with its task")
  func limits() async {
    let (bench, socket, _) = await Self.waiting(timeout: .milliseconds(700))
    bench.loop.advance(by: 699)
    #expect(bench.log.entries == [])
    bench.loop.advance(by: 1)
    await bench.loop.run { bench.log.entries == ["not joined: timeout"] }
    #expect(socket.active)

    let (other, _, task) = await Self.waiting()
    task.cancel()
    await other.loop.run { other.log.entries == ["not joined: cancelled"] }
  }

  @Test("A scope runs connected, and disconnects behind, whether it returns, throws or is cancelled", arguments: 0..<3)
  func scope(ending: Int) async {
    let bench = ClientBench { $0.autoConnect = false }
    let socket = bench.manager.socket("/")
    let (loop, log) = (bench.loop, bench.log)
    let task = Task {
      do {
        let id = try await socket.whileConnected(nil, .seconds(10)) { socket in
          log.add("inside \(socket.connected)")
          loop.post {}
          try socket.emit("last")
          if ending == 1 { throw Oops() }
          while ending == 2 {
            try Task.checkCancellation()
            await Task.yield()
          }
          return socket.id
        }
        log.add("returned \(id ?? "")")
      } catch {
        log.add("threw \(error)")
      }
      loop.post {}
    }
    await loop.run { bench.attempts == 1 }
    bench.open(joining: "/")
    await loop.run { log.entries.count == 1 }
    if ending == 2 { task.cancel() }
    // The scope waits for the end. Otherwise the loop would have to run once more.
    await loop.run { bench.script.commands.last == .close && loop.pendingDelays.contains(10_000) }
    #expect(bench.script.messages == ["0", #"2["last"]"#, "1"])
    bench.script.report(.closed(nil))
    await task.value
    #expect(log.entries == ["inside true", ["returned s", "threw Oops()", "threw CancellationError()"][ending]])
    #expect(!socket.active)
  }

  @Test("A scope that cannot be entered throws why, and leaves nothing behind")
  func notEntered() async {
    let bench = ClientBench { $0.autoConnect = false }
    let socket = bench.manager.socket("/")
    let (loop, log) = (bench.loop, bench.log)
    let task = Task {
      do {
        try await socket.whileConnected(nil, .seconds(10)) { _ in log.add("inside") }
      } catch {
        log.add("threw \(error)")
      }
      loop.post {}
    }
    await loop.run { bench.attempts == 1 }
    bench.script.report(.failed(Fixture.refused))
    await loop.run { !log.entries.isEmpty }
    await task.value
    #expect(log.entries == ["threw refused"])
    #expect(!socket.active && bench.attempts == 1)
  }
}
