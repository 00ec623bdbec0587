import ArgumentParser
import SocketIO
import SocketIOTesting
import Testing

@testable import sio

/// `sio bench` measures what it claims to. For figures, see `scripts/bench`.
@Suite("sio bench", .timeLimit(.minutes(2)))
struct BenchTests {
  @Test(
    "Each workload prints one line of JSON", arguments: Workload.allCases, Bench.Delivery.allCases)
  func workloads(_ workload: Workload, _ delivery: Bench.Delivery) async throws {
    let server = try Server.testServer.start()
    let (status, output, errors) = try await SioProcess.run(
      "bench", server.url, "--workload", workload.rawValue, "--delivery", delivery.rawValue, "--count", "20")
    #expect(status == 0)
    #expect(errors == [])
    #expect(output.count == 1)
    let line = try SocketValue(json: output.first ?? "")
    let common = ["client", "workload", "n", "wall_s", "per_s", "us_each", "cpu_us_each", "rss_mb"]
    #expect(line.objectValue?.keys == (workload == .connections ? common + ["kb_each"] : common))
    #expect(line["client"] == "sio")
    #expect(line["workload"]?.stringValue == workload.rawValue)
    #expect(line["n"] == 20)
    for field in ["wall_s", "per_s", "us_each", "cpu_us_each", "rss_mb"] {
      #expect((line[field]?.doubleValue ?? 0) > 0, "\(field)")
    }
  }

  @Test("Round trips over polling")
  func polling() async throws {
    let server = try Server.testServer.start("--transports", "polling")
    let (status, output, _) = try await SioProcess.run(
      "bench", server.url, "--workload", "latency", "--transports", "polling", "--count", "10")
    #expect(status == 0)
    #expect(try SocketValue(json: output.first ?? "")["n"] == 10)
  }

  @Test("--options are not overridden, except that each Socket gets its own connection")
  func options() throws {
    func options(_ flags: String...) throws -> SocketIOOptions {
      try Bench.parse(["http://a", "--workload", "latency"] + flags).options()
    }
    #expect(try options().transports == [.websocket] && !options().reconnection)
    let json = #"{"transports":["polling"],"reconnection":true,"forceNew":false}"#
    let given = try options("--options", json)
    #expect(given.transports == [.polling] && given.reconnection && given.forceNew)
    #expect(try options("--options", json, "--transports", "polling,websocket").transports == [.polling, .websocket])
  }

  @Test("A server that cannot be reached is an error")
  func unreachable() async throws {
    let (status, output, errors) = try await SioProcess.run("bench", "http://127.0.0.1:1", "--workload", "latency")
    #expect(status == 1)
    #expect(output == [])
    #expect(errors.count == 1)
  }

  @Test(
    "Invalid flags", arguments: [["--workload", "speed"], ["--workload", "latency", "--count", "0"], []])
  func usage(_ flags: [String]) async throws {
    let process = try SioProcess(["bench", "http://127.0.0.1:1"] + flags)
    #expect(try await process.exit().status == 2)
  }
}
