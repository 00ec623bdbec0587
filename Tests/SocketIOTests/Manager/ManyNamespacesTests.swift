import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Thousands of namespaces on one connection")
struct ManyNamespacesTests {
  private func sockets(_ bench: ClientBench, _ numbers: Range<Int>) -> [Socket] {
    numbers.map { bench.manager.socket("/\($0)") }
  }

  private func isWithoutSockets(_ bench: ClientBench) -> Bool {
    let answer = Locked(false)
    bench.manager.mailbox.submit { core in
      let isWithout = core.isWithoutSockets
      answer.withLock { $0 = isWithout }
    }
    bench.loop.run()
    return answer.withLock { $0 } && bench.manager.sockets.isEmpty
  }

  @Test("Sockets join, and learn of a loss, in the order in which they became active, even if some left in between")
  func order() {
    let bench = ClientBench()
    let all = sockets(bench, 0..<3_000)
    for socket in all { bench.log.follow(socket) }
    bench.loop.run()
    for number in stride(from: 0, to: 3_000, by: 3) { all[number].disconnect() }
    for number in stride(from: 0, to: 3_000, by: 6) { all[number].connect() }
    let expected = (0..<3_000).filter { $0 % 3 != 0 } + stride(from: 0, to: 3_000, by: 6)
    bench.open()
    #expect(bench.sent == expected.map { "0/\($0)," })
    for number in expected { bench.join("/\(number)") }
    #expect(bench.take() == expected.map { "/\($0) connect" })
    bench.script.report(.closed(nil))
    #expect(bench.take() == expected.map { "/\($0) disconnect: transport close" })
  }

  @Test("Nothing is kept for namespaces whose Sockets left and were released")
  func released() {
    let bench = ClientBench()
    let keeper = bench.socket()
    bench.open(joining: "/")
    weak var one: Socket?
    do {
      let all = sockets(bench, 0..<1_000)
      one = all[500]
      bench.loop.run()
      for number in 0..<1_000 { bench.join("/\(number)") }
      for socket in all { socket.disconnect() }
    }
    bench.loop.run()
    #expect(one == nil)
    #expect(bench.manager.sockets.all.map(\.namespace) == ["/"])
    #expect(bench.manager.isOpen)
    keeper.disconnect()
    #expect(!bench.manager.isOpen)
  }

  enum End: CaseIterable {
    case answer, refusal, loss, lossBefore
  }

  @Test(
    "Nothing is kept for a Socket released before the answer to CONNECT, once that has come or cannot come",
    arguments: End.allCases
  )
  func releasedUnanswered(end: End) {
    let bench = ClientBench()
    do {
      let socket = bench.manager.socket("/a")
      bench.open()
      if end == .lossBefore { bench.script.report(.closed(nil)) }
      bench.loop.run()
      // Keeps the connection open.
      do { bench.manager.socket("/b").connect() }
      bench.loop.run()
      socket.disconnect()
    }
    bench.loop.run()
    if end == .answer { bench.join("/a") }
    if end == .refusal { bench.script.receive(#"4/a,{"message":"no"}"#) }
    if end == .loss { bench.script.report(.closed(nil)) }
    bench.manager.socket("/b").disconnect()
    bench.loop.run()
    #expect(isWithoutSockets(bench))
  }

  @Test("A CONNECT unanswered on a lost connection does not delay the next connection")
  func unansweredBefore() {
    let bench = ClientBench()
    let other = bench.socket("/b")
    bench.open(joining: "/b")
    do {
      let gone = bench.manager.socket("/a")
      bench.loop.run()
      bench.script.report(.closed(nil))
      bench.loop.advance(by: 1_000)
      // While the next connection opens.
      gone.disconnect()
      bench.loop.run()
    }
    bench.open(joining: "/b")
    let successor = bench.socket("/a")
    #expect(bench.sent == ["0/b,", "0/a,"])
    bench.join("/a")
    #expect(successor.connected && other.connected)
  }

  @Test("A namespace is free for io() again when its Socket is freed")
  func freeAgain() throws {
    let loop = VirtualLoop()
    let cache = ManagerCache { server, options in
      Manager(loop: loop, connector: ScriptedConnector(loop: loop, options: options), options: options)
    }
    let options = ClientBench.options { $0.autoConnect = false }
    let first = try cache.socket(ServerURL("http://h/a", location: nil), options)
    do { _ = try cache.socket(ServerURL("http://h/b", location: nil), options) }
    loop.run()
    let second = try cache.socket(ServerURL("http://h/b", location: nil), options)
    #expect(second.io === first.io)
    #expect(try cache.socket(ServerURL("http://h/b", location: nil), options).io !== first.io)
  }

  @Test("All acknowledgements of a Manager share one timer, and time out in the order of their deadlines")
  func acknowledgements() throws {
    let bench = ClientBench()
    let all = sockets(bench, 0..<100)
    bench.open()
    for number in 0..<100 { bench.join("/\(number)") }
    bench.loop.run()
    let (log, timers) = (bench.log, bench.loop.timerCount)
    for number in 0..<300 {
      try all[number % 100].timeout(.milliseconds(100 - number / 100)).emit("x") { log.add("\(number) \($0.outcome)") }
    }
    bench.loop.run()
    #expect(bench.loop.timerCount <= timers + 1)
    bench.script.receive("3/5,0[]")
    bench.loop.advance(by: 97)
    #expect(bench.take() == ["5 []"])
    bench.loop.advance(by: 3)
    let expected = [200..<300, 100..<200, 0..<100].joined().filter { $0 != 5 }
    #expect(bench.take() == expected.map { "\($0) timeout" })
  }
}
