#if Metrics
  public import Metrics

  #if ServiceLifecycle
    public import ServiceLifecycle
  #endif

  /// Publishes the statistics of a ``Manager`` and its Sockets through
  /// [swift-metrics](https://github.com/apple/swift-metrics). Needs the package trait `Metrics`.
  ///
  ///     let reporter = MetricsReporter(socket.io, dimensions: [("server", "feed")])
  ///     let publishing = Task { await reporter.run() }
  ///
  /// With the trait `ServiceLifecycle` it is also a `Service`. <doc:Observability> lists the labels of the metrics.
  public struct MetricsReporter: Sendable {
    private let manager: Manager
    let interval: Duration
    private let dimensions: [(String, String)]
    private let factory: (any MetricsFactory)?

    /// A reporter. It publishes nothing until it runs.
    ///
    /// - Parameters:
    ///   - manager: The Manager to report on; the reporter holds it.
    ///   - interval: The time between two publications, 10 seconds by default and at least 100 milliseconds, since each
    ///     one visits the event loop.
    ///   - dimensions: Added to every metric, to tell this Manager from others.
    ///   - factory: Where to publish; `MetricsSystem.factory` by default.
    public init(
      _ manager: Manager, interval: Duration = .seconds(10), dimensions: [(String, String)] = [],
      factory: (any MetricsFactory)? = nil
    ) {
      self.manager = manager
      self.interval = max(interval, .milliseconds(100))
      self.dimensions = dimensions
      self.factory = factory
    }

    /// Publishes at once and after each interval, until the task is cancelled or, with the trait `ServiceLifecycle`, a
    /// graceful shutdown begins; then publishes a last time.
    ///
    /// Run it only once at a time: two runs would count everything twice.
    public func run() async {
      let metrics = ManagerMetrics(dimensions: dimensions, factory: factory ?? MetricsSystem.factory)
      var last = ManagerStatistics()
      repeat {
        last = metrics.publish(await manager.statistics(), after: last, isOpen: manager.isOpen)
      } while await waits()
      _ = metrics.publish(await manager.statistics(), after: last, isOpen: manager.isOpen)
    }

    /// - Returns: Whether the interval has passed; false if the run ends.
    private func waits() async -> Bool {
      do {
        #if ServiceLifecycle
          try await cancelWhenGracefulShutdown { try await Task.sleep(for: interval) }
        #else
          try await Task.sleep(for: interval)
        #endif
        return true
      } catch {
        return false
      }
    }
  }

  #if ServiceLifecycle
    extension MetricsReporter: Service {}
  #endif

  /// The metrics of one Manager.
  struct ManagerMetrics {
    private let dimensions: [(String, String)]
    private let factory: any MetricsFactory

    private typealias Count = (metric: Counter, of: (ManagerStatistics) -> Int)
    private typealias Level = (metric: Meter, of: (ManagerStatistics) -> Int)
    private typealias Time = (metric: Timer, of: (ManagerStatistics) -> DurationSummary)

    private let connected: Meter
    private var counts: [Count] = []
    private var levels: [Level] = []
    private var times: [Time] = []

    init(dimensions: [(String, String)], factory: any MetricsFactory) {
      self.dimensions = dimensions
      self.factory = factory
      connected = Meter(label: "socketio_connected", dimensions: dimensions, factory: factory)

      for transport in [TransportName.polling, .websocket] {
        let name = ("transport", transport.rawValue)
        count("socketio_packets_sent", name) { $0.traffic[transport]?.packetsSent ?? 0 }
        count("socketio_bytes_sent", name) { $0.traffic[transport]?.bytesSent ?? 0 }
        count("socketio_packets_received", name) { $0.traffic[transport]?.packetsReceived ?? 0 }
        count("socketio_bytes_received", name) { $0.traffic[transport]?.bytesReceived ?? 0 }
      }
      count("socketio_connection_attempts") { $0.attempts }
      count("socketio_connections") { $0.connections }
      count("socketio_reconnections") { $0.reconnections }
      count("socketio_upgrades") { $0.upgrades }
      count("socketio_reading_pauses") { $0.readingPauses }
      count("socketio_reading_paused_milliseconds") { Int(clamping: $0.readingPaused.milliseconds) }
      count("socketio_events_sent") { $0.events.sent }
      count("socketio_events_received") { $0.events.received }
      count("socketio_acknowledgements") { $0.events.ackRoundTrips.count }
      count("socketio_events_dropped", ("reason", "volatile")) { $0.events.drops.volatile }
      count("socketio_events_dropped", ("reason", "buffer_full")) { $0.events.drops.bufferFull }
      count("socketio_events_dropped", ("reason", "cancelled")) { $0.events.drops.cancelled }
      count("socketio_events_dropped", ("reason", "timed_out")) { $0.events.drops.timedOut }
      count("socketio_events_dropped", ("reason", "released")) { $0.events.drops.released }
      count("socketio_events_dropped", ("reason", "unencodable")) { $0.events.drops.unencodable }
      count("socketio_events_dropped", ("reason", "refused")) { $0.events.drops.refused }

      level("socketio_queued_bytes") { $0.queuedBytes }
      level("socketio_inbound_bytes") { $0.inboundBytes }
      level("socketio_buffered_events") { $0.events.buffered }
      level("socketio_buffered_bytes") { $0.events.bufferedBytes }
      level("socketio_waiting_emits") { $0.events.waiting }
      level("socketio_unacknowledged_events") { $0.events.unacknowledged }

      time("socketio_ack_round_trip") { $0.events.ackRoundTrips }
      time("socketio_probe_round_trip") { $0.probeRoundTrips }
      time("socketio_ping_interval") { $0.pingIntervals }
    }

    private mutating func count(
      _ label: String, _ dimension: (String, String)? = nil, _ figure: @escaping (ManagerStatistics) -> Int
    ) {
      let dimensions = dimensions + (dimension.map { [$0] } ?? [])
      counts.append((Counter(label: label, dimensions: dimensions, factory: factory), figure))
    }

    private mutating func level(_ label: String, _ figure: @escaping (ManagerStatistics) -> Int) {
      levels.append((Meter(label: label, dimensions: dimensions, factory: factory), figure))
    }

    private mutating func time(_ label: String, _ figure: @escaping (ManagerStatistics) -> DurationSummary) {
      times.append((Timer(label: label, dimensions: dimensions, factory: factory), figure))
    }

    /// Publishes the difference between two snapshots, and the current levels of the later one.
    ///
    /// - Returns: The later one.
    func publish(_ statistics: ManagerStatistics, after last: ManagerStatistics, isOpen: Bool) -> ManagerStatistics {
      connected.set(isOpen ? 1 : 0)
      for (counter, figure) in counts { counter.increment(by: figure(statistics) - figure(last)) }
      for (meter, figure) in levels { meter.set(figure(statistics)) }
      for (timer, figure) in times {
        let (now, before) = (figure(statistics), figure(last))
        // A snapshot has only the sum of the times, so their mean is published.
        guard now.count > before.count else { continue }
        timer.recordNanoseconds(((now.total - before.total) / (now.count - before.count)).nanoseconds)
      }
      return statistics
    }
  }

  extension Duration {
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
  }
#endif
