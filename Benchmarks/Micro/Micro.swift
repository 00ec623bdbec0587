import Dispatch
import Foundation
import SocketIO
import Synchronization

/// Measures what is too small for `sio bench`: coding without a network, allocations, received events and round trips.
///
///     micro-bench codec
///     micro-bench allocations http://localhost:3000
///     micro-bench receiving http://localhost:3000 [FIGURE]
///     micro-bench round-trips http://localhost:3000
///     micro-bench opening http://localhost:3000 COUNT [loop]
@main
enum Micro {
  /// The main thread only waits: callgrind cannot follow an asynchronous `main`, whose first thread ends early.
  static func main() throws {
    let finished = DispatchSemaphore(value: 0)
    let failure = Mutex<(any Error)?>(nil)
    Task.detached {
      do { try await run() } catch { failure.withLock { $0 = error } }
      finished.signal()
    }
    finished.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }

  private static func run() async throws {
    switch CommandLine.arguments.dropFirst().first {
    case "codec": try codec()
    case "allocations" where CommandLine.arguments.count == 3:
      print(try await Allocations.measure(CommandLine.arguments[2]).jsonString())
    case "receiving" where 3...4 ~= CommandLine.arguments.count:
      let figure = CommandLine.arguments.dropFirst(3).first
      print(try await Receiving.measure(CommandLine.arguments[2], only: figure).jsonString())
    case "round-trips" where CommandLine.arguments.count == 3:
      print(try await RoundTrips.measure(CommandLine.arguments[2]).jsonString())
    case "opening" where 4...5 ~= CommandLine.arguments.count:
      guard let count = Int(CommandLine.arguments[3]), count > 0 else { throw Usage() }
      let delivery: HandlerDelivery? = CommandLine.arguments.last == "loop" ? .eventLoop : nil
      try await Opening.measure(CommandLine.arguments[2], count: count, delivery)
    default: throw Usage()
    }
  }

  private struct Usage: Error, CustomStringConvertible {
    let description = """
      usage: micro-bench codec | allocations URL | receiving URL [FIGURE] | round-trips URL
        | opening URL COUNT [loop]
      """
  }
}

/// Keeps the optimiser from removing an unused result.
@inline(never)
func keep<Result>(_ result: Result) {}

/// What the process has used, all threads.
func cpuNanoseconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// The object that `sio bench` echoes, in each form that is measured.
struct Message: Codable {
  var user = "alice"
  var text = "hello world, this is a message"
  var n = 42
  var tags = ["a", "b", "c"]

  static let value: SocketValue = [
    "user": "alice", "text": "hello world, this is a message", "n": 42, "tags": ["a", "b", "c"],
  ]
}
