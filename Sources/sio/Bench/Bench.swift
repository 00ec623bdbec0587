import ArgumentParser
import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this client against a server that acknowledges the event echo with its arguments.",
    usage: ConnectionFlags.usage("bench", "--workload <workload>"),
    discussion: """
      Runs one workload and prints one line of JSON: client, workload, n, wall_s, per_s, us_each, cpu_us_each, rss_mb \
      and, for connections, kb_each. CPU time is that of the whole process, all threads; memory is resident memory at \
      the end.

        latency      20,000 round trips of an object of 100 bytes, one at a time
        throughput   200,000 of these with 1,024 in flight
        binary       2,000 round trips of 100,000 bytes with 16 in flight
        connections  1,000 Sockets, each with a connection; 100 open at a time

      All but connections warm up first, with a tenth as many round trips, which are not counted. On a terminal, \
      standard error shows the progress, and then the result for people.

      EXAMPLES:
        sio bench http://localhost:3000 --workload latency --delivery loop
        sio bench localhost:3000 --workload latency --transports polling
        sio bench http://localhost:3000 --workload connections --count 10000
      """
  )

  enum Delivery: String, ExpressibleByArgument, CaseIterable {
    case loop, `default`
  }

  @OptionGroup var connection: ConnectionFlags

  @Option(help: "What to measure: latency, throughput, binary or connections.")
  var workload: Workload

  @Option(help: "Where acknowledgements are delivered: on the event loop, or where handlers run by default.")
  var delivery = Delivery.default

  @Option(help: "The number of round trips or connections, instead of the workload's default.")
  var count: Int?

  func validate() throws {
    if let count, !(1...100_000_000).contains(count) { throw ValidationError("--count must be from 1 to 100000000") }
  }

  func options() throws -> SocketIOOptions {
    var options = try connection.options()
    // Every Socket gets its own connection.
    options.forceNew = true
    if try !connection.sets("reconnection") { options.reconnection = false }
    if try !connection.sets("transports") { options.transports = [.websocket] }
    if delivery == .loop { options.delivery = .eventLoop }
    return options
  }

  func run() async throws {
    let options = try options()
    let count = count ?? workload.usualCount
    let measurement: Measurement
    if workload == .connections {
      measurement = try await Connections.run(connection.url(), options, count: count)
    } else {
      measurement = try await RoundTrips.run(connection.url(), options, workload, count: count)
    }
    if ProgressLine.isShown { StandardError.write(measurement.summary(workload, count: count)) }
    StandardOutput.write(measurement.line(workload, count: count))
  }
}

enum Workload: String, ExpressibleByArgument, CaseIterable {
  case latency, throughput, binary, connections

  var usualCount: Int {
    switch self {
    case .latency: 20_000
    case .throughput: 200_000
    case .binary: 2_000
    case .connections: 1_000
    }
  }

  /// The number of round trips, or of opening connections, at a time.
  var inFlight: Int {
    switch self {
    case .latency: 1
    case .throughput: 1_024
    case .binary: 16
    case .connections: 100
    }
  }

  /// The payload to be echoed.
  var payload: SocketValue {
    guard self == .binary else {
      return ["user": "alice", "text": "hello world, this is a message", "n": 42, "tags": ["a", "b", "c"]]
    }
    return .binary(Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0) }))
  }
}
