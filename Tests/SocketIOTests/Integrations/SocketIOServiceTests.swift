#if ServiceLifecycle
  import ServiceLifecycle
  import ServiceLifecycleTestKit
  import SocketIOTesting
  import Testing

  @testable import SocketIO

  @Suite("Sockets as a service")
  struct SocketIOServiceTests {
    @Test("The service connects its Sockets, and closes them gracefully at a graceful shutdown")
    func gracefulShutdown() async throws {
      let bench = ClientBench { $0.autoConnect = false }
      let service = SocketIOService(bench.socket(), bench.socket("/chat"))
      #expect(bench.take() == [])
      #expect(bench.attempts == 0)
      try await testGracefulShutdown { shutdown in
        let running = Task { [loop = bench.loop, log = bench.log] in
          try await service.run()
          log.add("ended")
          loop.post {}
        }
        await bench.loop.run { bench.attempts == 1 }
        bench.open(joining: "/", "/chat")
        #expect(bench.take() == ["connect", "/chat connect"])
        try bench.manager.socket().emit("goodbye")
        shutdown.triggerGracefulShutdown()
        let script = bench.script
        await bench.loop.run { script.commands.contains(.close) }
        #expect(script.messages == ["0", "0/chat,", #"2["goodbye"]"#, "1", "1/chat,"])
        script.report(.closed(nil))
        await bench.loop.run { bench.log.entries.last == "ended" }
        try await running.value
        #expect(
          bench.take() == ["disconnect: io client disconnect", "/chat disconnect: io client disconnect", "ended"])
      }
    }

    @Test("Closing takes no longer than closeTimeout")
    func closeTimeout() async throws {
      let (bench, socket) = ClientBench.connected()
      let service = SocketIOService(socket, closeTimeout: .milliseconds(1))
      let script = bench.script
      try await testGracefulShutdown { shutdown in
        let running = Task { try await service.run() }
        shutdown.triggerGracefulShutdown()
        await bench.loop.run { script.commands.contains(.close) && bench.loop.pendingDelays.first == 1 }
        // The transport never reports that it is closed.
        bench.loop.advance(by: 1)
        try await running.value
      }
      #expect(!socket.active)
      script.report(.closed(nil))
      bench.loop.run()
    }

    @Test("A loss does not end the service; a Manager that gives up does")
    func givingUp() async throws {
      let (bench, socket) = ClientBench.connected { $0.reconnectionAttempts = 1 }
      let running = Task { try await SocketIOService(socket, closeTimeout: .zero).run() }
      await bench.loop.runNextArrival()
      bench.reopen(joining: "/")
      #expect(bench.take() == ["disconnect: transport close", "connect"])

      bench.connector.setOpenFailure(.websocket, SocketIOError(.connectFailed, "nobody listens"))
      bench.script.report(.closed(nil))
      bench.loop.advance(by: 1_000)
      let result = await bench.ask { await running.result }
      let error = #expect(throws: SocketIOError.self) { try result.get() }
      #expect(error?.code == .connectFailed)
      #expect(!socket.active)
      bench.loop.run()
    }

    /// The error of the service.
    private func outcome(of running: Task<Void, any Error>, _ bench: ClientBench) async -> SocketIOError? {
      await bench.ask {
        if case .failure(let error) = await running.result { error as? SocketIOError } else { nil }
      }
    }

    @Test(
      "A Socket that the server refuses or disconnects ends the service with the reason",
      arguments: [#"4{"message":"no"}"#, "1"])
    func refused(packet: String) async {
      let bench = ClientBench { $0.autoConnect = false }
      let socket = bench.socket()
      let running = Task { try await SocketIOService(socket, closeTimeout: .zero).run() }
      await bench.loop.run { bench.attempts == 1 }
      bench.open()
      if packet == "1" { bench.join() }
      bench.script.receive(packet)
      let error = await outcome(of: running, bench)
      #expect(error?.code == (packet == "1" ? .disconnected : .refused))
      bench.loop.run()
    }

    @Test("The service continues if a handler reconnects the Socket", arguments: [#"4{"message":"no"}"#, "1"])
    func connectedAgain(packet: String) async throws {
      let bench = ClientBench { $0.autoConnect = false }
      let socket = bench.socket()
      let running = Task { try await SocketIOService(socket, closeTimeout: .zero).run() }
      await bench.loop.run { bench.attempts == 1 }
      // After the service's own handlers.
      socket.on(.connectError) { [weak socket] in socket?.connect() }
      socket.on(.disconnect) { [weak socket] in socket?.connect() }
      bench.open()
      if packet == "1" { bench.join() }
      bench.script.receive(packet)
      #expect(bench.attempts == 2)
      bench.open(joining: "/")
      #expect(socket.connected)
      socket.off()
      running.cancel()
      try await running.value
      bench.loop.run()
    }

    @Test("With reconnection off, a failure or a loss ends the service", arguments: 0...2)
    func noReconnection(stage: Int) async {
      let bench = ClientBench {
        $0.autoConnect = false
        $0.reconnection = false
      }
      let socket = bench.socket()
      let running = Task { try await SocketIOService(socket, closeTimeout: .zero).run() }
      await bench.loop.run { bench.attempts == 1 }
      if stage > 0 { bench.open() }
      if stage > 1 { bench.join() }
      bench.script.report(.failed(Fixture.refused))
      #expect(await outcome(of: running, bench)?.message == "refused")
      #expect(!socket.active)
      bench.loop.run()
    }

    @Test("A server that is too old ends the service")
    func tooOld() async {
      let bench = ClientBench { $0.autoConnect = false }
      let socket = bench.socket()
      let running = Task { try await SocketIOService(socket, closeTimeout: .zero).run() }
      await bench.loop.run { bench.attempts == 1 }
      bench.script.report(.failed(.incompatible("in Engine.IO 3")))
      #expect(await outcome(of: running, bench)?.code == .incompatibleServer)
      bench.loop.run()
    }

    @Test("A cancelled service disconnects its Sockets without waiting")
    func cancellation() async throws {
      let (bench, socket) = ClientBench.connected()
      let running = Task { try await SocketIOService(socket, closeTimeout: .seconds(1_000_000)).run() }
      await bench.loop.runNextArrival()
      running.cancel()
      try await running.value
      #expect(!socket.active)
      #expect(bench.sent == ["1"])
      bench.script.report(.closed(nil))
      bench.loop.run()
    }
  }
#endif
