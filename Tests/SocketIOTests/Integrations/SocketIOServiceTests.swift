#if ServiceLifecycle
  import ServiceLifecycle
  import ServiceLifecycleTestKit
  import Testing

  @testable import SocketIO

  @Suite("Sockets as a service")
  struct SocketIOServiceTests {
    @Test("The service connects its Sockets, and disconnects them in good order at a graceful shutdown")
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

    @Test("The end takes no longer than it may")
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

    @Test("Losses do not end the service, and a Manager that gives up does")
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

    @Test("A cancelled service disconnects its Sockets and waits for nothing")
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
