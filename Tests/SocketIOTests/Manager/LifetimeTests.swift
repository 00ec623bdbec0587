import Dispatch
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("Lifetimes of Sockets, Managers and connections")
struct LifetimeTests {
  /// The tests themselves hold only loop, connector and log.
  private let loop = VirtualLoop()
  private let log = Log()

  private func makeConnector() -> ScriptedConnector {
    ScriptedConnector(loop: loop, options: ClientBench.options())
  }

  private func makeManager(_ connector: ScriptedConnector) -> Manager {
    Manager(loop: loop, connector: connector, options: connector.options)
  }

  /// The server opens the connection and joins the main namespace.
  private func join(_ connector: ScriptedConnector) {
    loop.run()
    connector.scripts[connector.scripts.count - 1].open()
    connector.scripts[connector.scripts.count - 1].receive(#"0{"sid":"s"}"#)
  }

  @Test("An active Socket that nobody holds stays alive, also after a loss")
  func activeSocket() {
    let connector = makeConnector()
    weak var manager: Manager?
    do {
      let socket = makeManager(connector).socket()
      manager = socket.io
      log.follow(socket)
    }
    join(connector)
    #expect(log.take() == ["connect"])
    connector.scripts[0].report(.closed(nil))
    loop.advance(by: 1_000)
    join(connector)
    #expect(log.take() == ["disconnect: transport close", "connect"])
    #expect(manager != nil)
    manager?.socket().disconnect()
    loop.run()
  }

  @Test("An idle connection keeps only the heartbeat's timer")
  func idleTimers() {
    let connector = makeConnector()
    let socket = makeManager(connector).socket()
    join(connector)
    #expect(socket.connected)
    // The scripted transport has a timer, too.
    #expect(loop.timerCount == 2)
    socket.disconnect()
    loop.run()
  }

  @Test("A Socket released after disconnect() is freed with its Manager, its connection and all timers")
  func afterDisconnect() {
    weak var connector: ScriptedConnector?
    weak var manager: Manager?
    weak var socket: Socket?
    let script: TransportScript
    do {
      let held = makeConnector()
      connector = held
      let active = makeManager(held).socket()
      (socket, manager) = (active, active.io)
      log.follow(active)
      log.follow(active.io)
      join(held)
      script = held.scripts[0]
      active.disconnect()
    }
    loop.run()
    #expect(log.entries == ["open", "connect", "close: forced close", "disconnect: io client disconnect"])
    #expect(socket == nil)
    #expect(manager == nil)
    // Earlier messages are still sent.
    #expect(connector != nil)
    #expect(script.messages == ["0", "1"])
    script.report(.closed(nil))
    #expect(connector == nil)
    #expect(loop.timerCount == 0)
  }

  @Test(
    "A Socket that nobody holds still gets its disconnection or refusal by the server",
    arguments: ["1", #"4{"message":"no"}"#])
  func endByServer(packet: String) {
    let connector = makeConnector()
    weak var socket: Socket?
    do {
      let active = makeManager(connector).socket()
      socket = active
      log.follow(active)
    }
    loop.run()
    connector.scripts[0].open()
    if packet == "1" { connector.scripts[0].receive(#"0{"sid":"s"}"#) }
    _ = log.take()
    connector.scripts[0].receive(packet)
    #expect(log.take() == [packet == "1" ? "disconnect: io server disconnect" : "connect_error: no"])
    #expect(socket == nil)
  }

  @Test("An inactive Socket is freed when it is released, and the Manager makes a new one then")
  func inactiveSocket() {
    let connector = makeConnector()
    connector.options.autoConnect = false
    let manager = makeManager(connector)
    weak var socket: Socket?
    do {
      let first = manager.socket("/a")
      socket = first
      log.follow(first)
      loop.run()
    }
    #expect(socket == nil)
    let second = manager.socket("/a").connect()
    loop.run()
    connector.scripts[0].open()
    connector.scripts[0].receive(#"0/a,{"sid":"s"}"#)
    #expect(second.connected)
    #expect(log.entries == [])
  }

  @Test("Acknowledgements of a freed Socket fail with disconnected")
  func pendingAcknowledgement() throws {
    let connector = makeConnector()
    connector.options.autoConnect = false
    let manager = makeManager(connector)
    let log = log
    try manager.socket().timeout(.seconds(5)).emit("a") { log.add($0.outcome) }
    loop.run()
    #expect(log.entries == ["disconnected"])
    #expect(loop.timerCount == 0)
  }

  @Test("A Manager released while it opens gives up, and completes pending calls of open()")
  func openingManager() {
    let connector = makeConnector()
    let log = log
    do {
      let manager = makeManager(connector)
      manager.open { log.add($0?.code.rawValue ?? "open") }
      withExtendedLifetime(manager) { loop.run() }
      #expect(connector.scripts.count == 1)
      #expect(log.entries == [])
    }
    loop.run()
    #expect(log.entries == ["disconnected"])
    #expect(connector.scripts[0].commands.last == .close)
    connector.scripts[0].report(.closed(nil))
    #expect(loop.timerCount == 0)
  }

  @Test("A Manager released during a delay stops")
  func waitingManager() {
    weak var connector: ScriptedConnector?
    do {
      let held = makeConnector()
      connector = held
      held.setOpenFailure(.websocket, Fixture.refused)
      let manager = makeManager(held)
      manager.connect()
      withExtendedLifetime(manager) { loop.run() }
      #expect(loop.pendingDelays == [1_000])
    }
    loop.run()
    #expect(connector == nil)
    #expect(loop.timerCount == 0)
  }

  // MARK: Releasing a Socket with work under way

  enum UnderWay: CaseIterable {
    case connecting, joining, acknowledgement, retries
  }

  @Test("A Socket that is disconnected and released is freed, whatever is under way", arguments: UnderWay.allCases)
  func underWay(_ state: UnderWay) throws {
    let (loop, log) = (loop, log)
    weak var connector: ScriptedConnector?
    weak var manager: Manager?
    weak var socket: Socket?
    let script: TransportScript
    do {
      let held = makeConnector()
      connector = held
      held.options.retries = state == .retries ? 2 : 0
      let active = makeManager(held).socket()
      (socket, manager) = (active, active.io)
      loop.run()
      script = held.scripts[0]
      if state != .connecting { script.open() }
      if state == .acknowledgement || state == .retries {
        join(held)
        try active.timeout(.seconds(9)).emit("sent") { log.add("sent \($0.outcome)") }
        loop.run()
      }
      active.disconnect()
      try active.timeout(.seconds(9)).emit("waits") { log.add("waits \($0.outcome)") }
    }
    loop.run()
    #expect(socket == nil && manager == nil)
    switch state {
    case .connecting, .joining: #expect(log.entries == ["waits disconnected"])
    case .acknowledgement: #expect(log.entries == ["sent disconnected", "waits disconnected"])
    // The rest of the queue is never emitted.
    case .retries: #expect(log.entries == ["sent disconnected", "waits disconnected"])
    }
    script.report(.closed(nil))
    #expect(connector == nil)
    #expect(loop.timerCount == 0)
  }

  @Test("A sequence does not retain its Socket, and ends with it", .timeLimit(.minutes(1)))
  func sequence() async {
    let (loop, log) = (loop, log)
    weak var socket: Socket?
    let reader: Task<Void, Never>
    do {
      let connector = makeConnector()
      let active = makeManager(connector).socket()
      socket = active
      let events = active.events("news")
      reader = Task {
        for await event in events { log.add("\(event.args)") }
        log.add("over")
      }
      join(connector)
      connector.scripts[0].receive(#"2["news",1]"#)
      active.disconnect()
    }
    loop.run()
    #expect(socket == nil)
    await reader.value
    #expect(log.entries == ["[1]", "over"])
  }

  @Test(
    "A waiting emitWhenWritable ends with disconnect(), and releases its Socket", .timeLimit(.minutes(1)))
  func waitingWriter() async {
    let (loop, log) = (loop, log)
    weak var socket: Socket?
    let writer: Task<Void, Never>
    do {
      let connector = makeConnector()
      connector.options.highWaterMark = 0
      let active = makeManager(connector).socket()
      socket = active
      join(connector)
      connector.scripts[0].queuedBytes = 1
      writer = Task { [weak active] in
        do {
          try await active?.emitWhenWritable("e")
        } catch {
          log.add("\((error as? SocketIOError)?.code.rawValue ?? "")")
        }
        loop.post {}
      }
      await loop.runNextArrival()
      active.disconnect()
      await loop.run { !log.entries.isEmpty }
    }
    await writer.value
    loop.run()
    #expect(log.entries == ["disconnected"])
    #expect(socket == nil)
  }

  // MARK: Manager.close

  @Test(
    "close() returns when the Sockets have left, their events are sent and their handlers have run",
    .timeLimit(.minutes(1)))
  func close() async throws {
    let (bench, socket) = ClientBench.connected()
    let (loop, log, script) = (bench.loop, bench.log, bench.script)
    try socket.emit("last")
    let task = Task { [manager = bench.manager] in
      await manager.close()
      log.add("closed")
      loop.post {}
    }
    await loop.run { script.commands.last == .close && loop.pendingDelays.contains(10_000) }
    #expect(script.messages == [#"2["last"]"#, "1"])
    #expect(log.entries == ["disconnect: io client disconnect"])
    script.report(.closed(nil))
    await task.value
    #expect(log.entries == ["disconnect: io client disconnect", "closed"])
    #expect(!socket.active)
    socket.connect()
    bench.open(joining: "/")
    #expect(socket.connected)
  }

  @Test("close() keeps the connection for a Socket that reconnects before the loop handles the close")
  func closeOvertaken() throws {
    let (bench, socket) = ClientBench.connected()
    let log = bench.log
    socket.disconnect().connect()
    bench.open(joining: "/")
    bench.manager.mailbox.submit { core in core.close(within: 10_000) { log.add("closed") } }
    bench.script.forget()
    try socket.emit("ask") { log.add("ask \($0.outcome)") }
    #expect(bench.sent == [#"20["ask"]"#])
    bench.script.receive("30[1]")
    #expect(socket.connected && bench.manager.isOpen)
    bench.connector.scripts[0].report(.closed(nil))
    #expect(bench.take().suffix(2) == ["ask [1]", "closed"])
  }

  @Test("close() does not wait for ever", .timeLimit(.minutes(1)))
  func closeTimeout() async {
    let (bench, _) = ClientBench.connected()
    let (loop, script) = (bench.loop, bench.script)
    let task = Task { [manager = bench.manager] in await manager.close() }
    await loop.run { script.commands.last == .close && loop.pendingDelays.contains(10_000) }
    loop.advance(by: 5_000)
    await task.value
    #expect(script.isAborted)
  }

  @Test("close() returns at once if nothing is open", .timeLimit(.minutes(1)))
  func closeIdle() async {
    let bench = ClientBench()
    let (loop, log) = (bench.loop, bench.log)
    let task = Task { [manager = bench.manager] in
      await manager.close()
      log.add("closed")
      loop.post {}
    }
    await loop.run { !log.entries.isEmpty }
    await task.value
    #expect(bench.attempts == 0)
  }

  @Test("close(within:) limits the wait for a blocking handler", .timeLimit(.minutes(1)))
  func closeBlocked() async {
    let queue = DispatchQueue(label: "blocked")
    let bench = ClientBench { $0.delivery = .queue(queue) }
    let (loop, log) = (bench.loop, bench.log)
    queue.suspend()
    defer { queue.resume() }
    let task = Task { [manager = bench.manager] in
      await manager.close(within: .milliseconds(700))
      log.add("closed")
      loop.post {}
    }
    await loop.run { loop.pendingDelays == [700] }
    loop.advance(by: 699)
    #expect(log.entries == [])
    loop.advance(by: 1)
    await loop.run { !log.entries.isEmpty }
    await task.value
    #expect(loop.timerCount == 0)
  }

  @Test("close() ends when its task is cancelled", .timeLimit(.minutes(1)))
  func closeCancelled() async {
    let (bench, _) = ClientBench.connected()
    let (loop, script) = (bench.loop, bench.script)
    let task = Task { [manager = bench.manager] in await manager.close() }
    await loop.run { script.commands.last == .close }
    task.cancel()
    await task.value
    #expect(!script.isAborted)
  }
}
