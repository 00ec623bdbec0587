#if Metrics
  import Metrics
  import MetricsTestKit
  import SocketIOTesting
  import Testing

  @testable import SocketIO

  @Suite("Statistics through swift-metrics")
  struct MetricsReporterTests {
    @Test("Counters add the difference, meters show the current value, timers the mean since the last time")
    func publication() throws {
      let factory = TestMetrics()
      let metrics = ManagerMetrics(dimensions: [("server", "feed")], factory: factory)
      var first = ManagerStatistics()
      var traffic = ManagerStatistics.Traffic()
      (traffic.packetsSent, traffic.bytesSent) = (3, 30)
      (traffic.packetsReceived, traffic.bytesReceived) = (2, 20)
      first.traffic[.websocket] = traffic
      first.attempts = 2
      first.events.drops.volatile = 1
      first.events.drops.bufferFull = 4
      first.events.buffered = 5
      first.events.ackRoundTrips.record(nanoseconds: 1_000)
      var second = first
      second.traffic[.websocket]?.packetsSent = 10
      second.events.buffered = 0
      second.events.ackRoundTrips.record(nanoseconds: 2_000)
      second.events.ackRoundTrips.record(nanoseconds: 4_000)

      _ = metrics.publish(first, after: ManagerStatistics(), isOpen: true)
      _ = metrics.publish(second, after: first, isOpen: false)

      let server = ("server", "feed")
      let sent = try factory.expectCounter("socketio_packets_sent", [server, ("transport", "websocket")])
      #expect(sent.totalValue == 10)
      #expect(try factory.expectCounter("socketio_packets_sent", [server, ("transport", "polling")]).totalValue == 0)
      #expect(
        try factory.expectCounter("socketio_bytes_received", [server, ("transport", "websocket")]).totalValue == 20)
      #expect(try factory.expectCounter("socketio_connection_attempts", [server]).totalValue == 2)
      #expect(try factory.expectCounter("socketio_events_dropped", [server, ("reason", "volatile")]).totalValue == 1)
      #expect(
        try factory.expectCounter("socketio_events_dropped", [server, ("reason", "buffer_full")]).totalValue == 4)
      #expect(try factory.expectCounter("socketio_acknowledgements", [server]).totalValue == 3)
      #expect(try factory.expectMeter("socketio_buffered_events", [server]).values == [5, 0])
      #expect(try factory.expectMeter("socketio_connected", [server]).values == [1, 0])
      #expect(try factory.expectTimer("socketio_ack_round_trip", [server]).values == [1_000, 3_000])
      #expect(try factory.expectTimer("socketio_ping_interval", [server]).values == [])
    }

    @Test("A reporter publishes at once, and a last time when it ends")
    func running() async throws {
      let (bench, socket) = ClientBench.connected()
      let factory = TestMetrics()
      let reporter = MetricsReporter(bench.manager, interval: .seconds(1_000_000), factory: factory)
      let running = Task { [loop = bench.loop, log = bench.log] in
        await reporter.run()
        log.add("ended")
        loop.post {}
      }
      let connected = { (try? factory.expectMeter("socketio_connected"))?.values ?? [] }
      // The loop is not notified of publications.
      while connected() != [1] {
        bench.loop.run()
        await Task.yield()
      }
      #expect(try factory.expectCounter("socketio_events_sent").totalValue == 0)
      try socket.emit("hello")
      running.cancel()
      await bench.loop.run { bench.log.entries.last == "ended" }
      #expect(try factory.expectCounter("socketio_events_sent").totalValue == 1)
      #expect(connected() == [1, 1])
      socket.disconnect()
      bench.script.report(.closed(nil))
      bench.loop.run()
    }

    @Test(
      "An interval that would keep the loop busy counts as 100 ms",
      arguments: [
        (.zero, .milliseconds(100)), (.seconds(-1), .milliseconds(100)), (.milliseconds(99), .milliseconds(100)),
        (.milliseconds(101), .milliseconds(101)),
      ] as [(Duration, Duration)])
    func shortIntervals(interval: Duration, counted: Duration) {
      #expect(MetricsReporter(ClientBench().manager, interval: interval).interval == counted)
    }

    @Test("Every metric is documented, and no other")
    func explanation() throws {
      let factory = TestMetrics()
      _ = ManagerMetrics(dimensions: [], factory: factory)
      let labels = Set(
        factory.counters.map(\.label) + factory.meters.map(\.label) + factory.timers.map(\.label))
      let article = try ProjectFiles.text("Sources/SocketIO/SocketIO.docc/Observability.md")
      #expect(labels == Set(article.matches(of: /`(socketio_\w+)`/).map { String($0.1) }))
    }
  }
#endif
