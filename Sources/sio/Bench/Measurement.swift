import Foundation
import SocketIO

/// What the process has used up at some moment.
struct Usage {
  /// Seconds on a clock that never goes back.
  var wall: Double
  /// Seconds of all threads.
  var cpu: Double
  /// Resident bytes.
  var memory: Int

  static func now() -> Usage {
    Usage(wall: seconds(CLOCK_MONOTONIC), cpu: seconds(CLOCK_PROCESS_CPUTIME_ID), memory: residentBytes())
  }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static func residentBytes() -> Int {
    #if os(Linux)
      let fields = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
      return (fields?.dropFirst().first.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
    #else
      // The peak, the only figure that is as easy to have.
      var usage = rusage()
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #endif
  }
}

struct Measurement {
  var start: Usage
  var end: Usage

  /// One line of JSON.
  func line(_ workload: Workload, count: Int) -> String {
    let wall = end.wall - start.wall
    let each = 1e6 / Double(count)
    var fields: [(String, SocketValue)] = [
      ("client", .string("sio")), ("workload", .string(workload.rawValue)), ("n", .int(count)),
      ("wall_s", Self.rounded(wall, 4)), ("per_s", Self.rounded(Double(count) / wall, 1)),
      ("us_each", Self.rounded(wall * each, 2)), ("cpu_us_each", Self.rounded((end.cpu - start.cpu) * each, 2)),
      ("rss_mb", Self.rounded(Double(end.memory) / 1e6, 2)),
    ]
    if workload == .connections {
      fields.append(("kb_each", Self.rounded(Double(end.memory - start.memory) / 1_024 / Double(count), 2)))
    }
    return SocketValue.object(SocketObject(fields)).json
  }

  private static func rounded(_ value: Double, _ digits: Int) -> SocketValue {
    let scale = pow(10, Double(digits))
    return .double((value * scale).rounded() / scale)
  }
}
