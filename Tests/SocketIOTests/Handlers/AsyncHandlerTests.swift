import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Asynchronous handlers", .timeLimit(.minutes(1)))
struct AsyncHandlerTests {
  private struct Oops: Error {}

  /// Calls that begin, and finish when the test says so.
  private final class Calls: Sendable {
    private let waiting = Locked<[Int: CheckedContinuation<Void, Never>]>([:])
    private let log: Log
    private let loop: VirtualLoop

    init(_ bench: ClientBench) { (log, loop) = (bench.log, bench.loop) }

    func begin(_ number: Int) async {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          waiting.withLock { $0[number] = continuation }
          log.add("begin \(number)")
          loop.post {}
        }
      } onCancel: {
        log.add("cancelled \(number)")
        loop.post {}
      }
    }

    func finish(_ number: Int) { waiting.withLock { $0.removeValue(forKey: number) }?.resume() }
  }

  private static func receive(_ numbers: ClosedRange<Int>, _ bench: ClientBench) {
    for number in numbers { bench.script.receive("2[\"e\",\(number)]") }
    bench.loop.run()
  }

  @Test("By default the calls run one after the other, and other handlers do not wait for them")
  func serial() async {
    let (bench, socket) = ClientBench.connected()
    let (log, calls) = (bench.log, Calls(bench))
    socket.on("e") { (number: Int) in await calls.begin(number) }
    socket.on("other") { log.add("other") }
    Self.receive(1...3, bench)
    bench.script.receive(#"2["other"]"#)
    await bench.loop.run { log.entries.count == 2 }
    #expect(Set(log.take()) == ["begin 1", "other"])
    for number in 2...3 {
      calls.finish(number - 1)
      await bench.loop.run { !log.entries.isEmpty }
      #expect(log.take() == ["begin \(number)"])
    }
    calls.finish(3)
  }

  @Test("At most as many calls run at a time as allowed")
  func limited() async {
    let (bench, socket) = ClientBench.connected()
    let (log, calls) = (bench.log, Calls(bench))
    socket.on(TypedEvent("e", Int.self), maxConcurrent: 2) { number in await calls.begin(number) }
    Self.receive(1...4, bench)
    await bench.loop.run { log.entries.count == 2 }
    #expect(Set(log.take()) == ["begin 1", "begin 2"])
    calls.finish(2)
    await bench.loop.run { !log.entries.isEmpty }
    #expect(log.take() == ["begin 3"])
    calls.finish(1)
    await bench.loop.run { !log.entries.isEmpty }
    #expect(log.take() == ["begin 4"])
    for number in 3...4 { calls.finish(number) }
  }

  @Test("Removing the handler cancels the calls that run, and drops those that wait", arguments: [true, false])
  func cancellation(bySubscription: Bool) async {
    let (bench, socket) = ClientBench.connected()
    let (log, calls) = (bench.log, Calls(bench))
    let subscription = socket.on("e") { event in await calls.begin(event.args[0].intValue ?? 0) }
    Self.receive(1...2, bench)
    await bench.loop.run { !log.entries.isEmpty }
    #expect(log.take() == ["begin 1"])
    #expect(bench.manager.handlerQueue.inboundBytes > 0)
    if bySubscription { subscription.cancel() } else { socket.off("e") }
    #expect(log.take() == ["cancelled 1"])
    calls.finish(1)
    while bench.manager.handlerQueue.inboundBytes > 0 { await Task.yield() }
    #expect(log.take() == [])
  }

  @Test("After disconnect() the call that runs finishes, and those that wait are dropped")
  func disconnection() async {
    let (bench, socket) = ClientBench.connected()
    let (log, calls) = (bench.log, Calls(bench))
    socket.on("e") { (number: Int) in await calls.begin(number) }
    Self.receive(1...3, bench)
    await bench.loop.run { !log.entries.isEmpty }
    socket.disconnect()
    bench.loop.run()
    #expect(log.take() == ["begin 1", "disconnect: io client disconnect"])
    calls.finish(1)
    while bench.manager.handlerQueue.inboundBytes > 0 { await Task.yield() }
    #expect(log.take() == [])
    socket.connect()
    bench.open(joining: "/")
    Self.receive(4...4, bench)
    await bench.loop.run { log.entries.count == 2 }
    #expect(Set(log.take()) == ["connect", "begin 4"])
    calls.finish(4)
  }

  @MainActor
  @Test("A call that waits for the main actor does not begin after disconnect()")
  func disconnectionOnMainActor() async {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on("e") { @MainActor _ in
      log.add("begin")
      await Task.yield()
    }
    Self.receive(1...2, bench)
    socket.disconnect()
    bench.loop.run()
    while bench.manager.handlerQueue.inboundBytes > 0 { await Task.yield() }
    #expect(log.take() == ["disconnect: io client disconnect"])
  }

  @Test("Waiting calls count as events that wait for handlers, until they have finished")
  func flowControl() async {
    let (bench, socket) = ClientBench.connected { $0.inboundBuffer = 2_000 }
    let (log, calls) = (bench.log, Calls(bench))
    socket.on("e") { (number: Int) in await calls.begin(number) }
    Self.receive(1...10, bench)
    await bench.loop.run { !log.entries.isEmpty }
    #expect(bench.manager.handlerQueue.isFull)
    for number in 1...10 {
      await bench.loop.run { log.entries.contains("begin \(number)") }
      calls.finish(number)
    }
    while bench.manager.handlerQueue.inboundBytes > 0 { await Task.yield() }
    #expect(!bench.manager.handlerQueue.isFull)
  }

  @Test("Errors are reported, with the event's name")
  func errors() async {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.on(.handlerError) { log.add("\($0.event): \($0.error)") }
    socket.on("e") { (_: Int) async throws in
      await Task.yield()
      throw Oops()
    }
    Self.receive(1...1, bench)
    await bench.loop.run { !log.entries.isEmpty }
    #expect(log.take() == ["e: Oops()"])
  }

  @Test("Answering handlers run without a limit, or with one")
  func answering() async {
    let (bench, socket) = ClientBench.connected()
    let (log, calls) = (bench.log, Calls(bench))
    socket.respond(to: "e", maxConcurrent: 1) { (number: Int) in
      await calls.begin(number)
      return number
    }
    bench.script.receive(#"21["e",1]"#, #"22["e",2]"#)
    await bench.loop.run { !log.entries.isEmpty }
    #expect(log.take() == ["begin 1"])
    calls.finish(1)
    await bench.loop.run { bench.script.messages.count == 1 && !log.entries.isEmpty }
    #expect(log.take() == ["begin 2"])
    calls.finish(2)
    await bench.loop.run { bench.script.messages.count == 2 }
    #expect(bench.sent == ["31[1]", "32[2]"])
  }

  @Test("The own events of Sockets and Managers have asynchronous handlers, too, and so has every event")
  func otherEvents() async {
    let bench = ClientBench()
    let (socket, log, loop) = (bench.manager.socket("/"), bench.log, bench.loop)
    let add: @Sendable (String) async -> Void = { line in
      await Task.yield()
      log.add(line)
      loop.post {}
    }
    bench.manager.on(.open) { await add("open") }
    bench.manager.on(.close, maxConcurrent: 2) { reason in await add("close \(reason)") }
    bench.manager.once(.close) { await add("close once") }
    bench.manager.once(.open) { () async throws in throw Oops() }
    socket.on(.connect) { connection in await add("connect \(connection.id)") }
    socket.on(.connect) { @MainActor in await add("connect") }
    socket.once(.connect) { connection in await add("connect once \(connection.id)") }
    socket.on(.disconnect) { disconnection in await add("disconnect \(disconnection.reason)") }
    socket.once(.disconnect) { await add("disconnect once") }
    socket.onAny { event in await add("any \(event.name)") }
    socket.once("e") { event in await add("once \(event.args)") }
    socket.once("e") { (number: Int) in await add("once \(number)") }
    socket.once(TypedEvent("e", Int.self)) { number in await add("typed \(number)") }
    bench.open(joining: "/")
    await loop.run { log.entries.count == 4 }
    #expect(log.take().sorted() == ["connect", "connect once s", "connect s", "open"])
    Self.receive(1...2, bench)
    await loop.run { log.entries.count == 5 }
    #expect(log.take().sorted() == ["any e", "any e", "once 1", "once [1]", "typed 1"])
    bench.script.report(.closed(nil))
    await loop.run { log.entries.count == 4 }
    #expect(
      log.take().sorted() == ["close once", "close transport close", "disconnect once", "disconnect transport close"])
  }

  @Test("What a handler of handlerError throws is only logged")
  func failingFailureHandler() async {
    let (bench, socket) = ClientBench.connected()
    let (log, loop) = (bench.log, bench.loop)
    socket.on(.handlerError) { (failure: HandlerFailure) async throws in
      log.add(failure.event)
      throw Oops()
    }
    socket.on(.disconnect) { () async throws in throw Oops() }
    socket.disconnect()
    await loop.run { log.entries.count == 2 }
    await bench.ask { await Task.yield() }
    await loop.run { bench.manager.handlerQueue.isIdle }
    #expect(log.take().sorted() == ["disconnect", "disconnect: io client disconnect"])
  }
}
