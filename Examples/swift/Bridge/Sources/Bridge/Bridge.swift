import Foundation
import Logging
import Metrics
import ServiceLifecycle
import SocketIO

@main
struct Bridge {
  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count >= 3 else {
      print("usage: Bridge SOURCE_URL TARGET_URL EVENT…")
      exit(2)
    }
    let logger = Logger(label: "bridge")
    // The backend is chosen once for the whole program, before anything makes a metric.
    MetricsSystem.bootstrap(LoggedMetrics(logger))
    do {
      let urls = Array(arguments.prefix(2))
      try await run(from: urls[0], to: urls[1], events: Set(arguments.dropFirst(2)), logger)
    } catch {
      logger.error("the bridge has ended: \(error)")
      exit(1)
    }
  }

  private static func run(from sourceURL: String, to targetURL: String, events: Set<String>, _ logger: Logger)
    async throws
  {
    var options = SocketIOOptions()
    options.logger = logger
    // The service connects, when everything that listens is running.
    options.autoConnect = false
    // Both ends may be the same server; each has a connection and metrics of its own all the same.
    options.forceNew = true
    let source = try io(sourceURL, options: options)
    let target = try io(targetURL, options: options)

    // A group ends its services in reverse order: the relay stops reading, then the Sockets send what it has passed
    // on, then the reporters publish the last figures.
    var configuration = ServiceGroupConfiguration(
      services: [
        MetricsReporter(source.io, dimensions: [("end", "source")]),
        MetricsReporter(target.io, dimensions: [("end", "target")]),
        SocketIOService(source, target),
        Relay(from: source, to: target, events: events, logger: logger),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint],
      logger: logger)
    // If the target does not take what is left, the services are cancelled.
    configuration.maximumGracefulShutdownDuration = .seconds(10)
    try await ServiceGroup(configuration: configuration).run()
  }
}
