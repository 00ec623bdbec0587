import SocketIO

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What the process has used up to a moment.
struct Usage {
  /// Seconds on a clock that never goes back.
  var wall: Double
  /// CPU seconds of all threads.
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
      let text = try? String(decoding: Descriptor.read(path: "/proc/self/statm"), as: UTF8.self)
      let pages = text?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      return pages * sysconf(Int32(_SC_PAGESIZE))
    #else
      // The peak, the only figure that is easy to get.
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
      ("wall_s", Self.rounded(wall, 1e4)), ("per_s", Self.rounded(Double(count) / wall, 1e1)),
      ("us_each", Self.rounded(wall * each, 1e2)), ("cpu_us_each", Self.rounded((end.cpu - start.cpu) * each, 1e2)),
      ("rss_mb", Self.rounded(Double(end.memory) / 1e6, 1e2)),
    ]
    if workload == .connections {
      fields.append(("kb_each", Self.rounded(Double(end.memory - start.memory) / 1_024 / Double(count), 1e2)))
    }
    return SocketValue.object(SocketObject(fields)).json
  }

  /// The same for people, in short.
  func summary(_ workload: Workload, count: Int) -> String {
    let wall = Duration.seconds(end.wall - start.wall)
    let each = wall / count
    let perSecond = Int((Double(count) / (end.wall - start.wall)).rounded())
    return "\(workload.rawValue): \(count.forPeople) in \(wall.forPeople), \(each.forPeople) each, "
      + "\(perSecond.forPeople) per second"
  }

  private static func rounded(_ value: Double, _ scale: Double) -> SocketValue {
    .double((value * scale).rounded() / scale)
  }
}
