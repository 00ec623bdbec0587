import SocketIO

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Opens many connections, each with its own Manager, and holds them all until the last one is open.
final class Connections: Sendable {
  private struct State {
    var sockets: [Socket] = []
    var started = 0
    var joined = 0
    var finished: CheckedContinuation<Result<Void, any Error>, Never>?
  }

  private let url: String
  private let options: SocketIOOptions
  private let count: Int
  private let state = Locked(State())

  private init(_ url: String, _ options: SocketIOOptions, count: Int) {
    self.url = url
    self.options = options
    self.count = count
  }

  static func run(_ url: String, _ options: SocketIOOptions, count: Int) async throws -> Measurement {
    allowDescriptors(count)
    // The first connection creates everything that all share.
    let first = try io(url, options: options)
    try await first.join()
    let connections = Connections(url, options, count: count)
    let start = Usage.now()
    let sockets = try await connections.openAll()
    let end = Usage.now()
    await closeAll((sockets + [first]).map(\.io), within: .seconds(30))
    return Measurement(start: start, end: end)
  }

  private func openAll() async throws -> [Socket] {
    let start = ContinuousClock.now
    let progress = { @Sendable in
      let done = self.state.withLock(\.joined)
      return ProgressLine.text("connections", done, of: self.count, after: .now - start)
    }
    let result = await ProgressLine.show(progress) {
      await withCheckedContinuation { finished in
        state.withLock { $0.finished = finished }
        for _ in 0..<Workload.connections.inFlight { openNext() }
      }
    }
    try result.get()
    return state.withLock { $0.sockets }
  }

  /// Called for each connection that has opened, to keep the number of opening ones constant.
  private func openNext() {
    let isWanted = state.withLock { state in
      guard state.started < count else { return false }
      state.started += 1
      return true
    }
    guard isWanted else { return }
    do {
      let socket = try io(url, options: options)
      socket.once(.connect) { _ in self.joined() }
      socket.once(.connectError) { self.finish(.failure($0)) }
      state.withLock { $0.sockets.append(socket) }
      socket.connect()
    } catch {
      finish(.failure(error))
    }
  }

  private func joined() {
    let isLast = state.withLock { state in
      state.joined += 1
      return state.joined == count
    }
    if isLast { finish(.success(())) } else { openNext() }
  }

  private func finish(_ result: Result<Void, any Error>) {
    let finished = state.withLock { state in
      defer { state.finished = nil }
      return state.finished
    }
    finished?.resume(returning: result)
  }

  /// Raises the limit: a connection needs a descriptor, and many systems allow a process 1,024 by default.
  private static func allowDescriptors(_ count: Int) {
    var limit = rlimit()
    #if os(Linux)
      let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
      let files = RLIMIT_NOFILE
    #endif
    guard getrlimit(files, &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, rlim_t(count) + 256))
    setrlimit(files, &limit)
  }
}
