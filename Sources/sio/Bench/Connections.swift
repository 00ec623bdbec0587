import Foundation
import SocketIO
import Synchronization

/// Opens many connections, each of a Manager of its own, and holds them all until the last one stands.
enum Connections {
  static func run(_ url: String, _ options: SocketIOOptions, count: Int) async throws -> Measurement {
    allowDescriptors(count)
    // What all share is made with the first.
    let first = try io(url, options: options)
    try await first.join()
    let start = Usage.now()
    let sockets = try await open(url, options, count: count)
    let end = Usage.now()
    await closeAll((sockets + [first]).map(\.io), within: .seconds(30))
    return Measurement(start: start, end: end)
  }

  private static func open(_ url: String, _ options: SocketIOOptions, count: Int) async throws -> [Socket] {
    var sockets: [Socket] = []
    sockets.reserveCapacity(count)
    let (outcomes, feed) = AsyncStream.makeStream(of: Result<Void, SocketIOError>.self)
    func openNext() throws {
      let socket = try io(url, options: options)
      socket.once(.connect) { _ in feed.yield(.success(())) }
      socket.once(.connectError) { feed.yield(.failure($0)) }
      socket.connect()
      sockets.append(socket)
    }
    for _ in 0..<min(count, Workload.connections.inFlight) { try openNext() }
    var joined = 0
    for await outcome in outcomes {
      try outcome.get()
      joined += 1
      if joined == count { break }
      if sockets.count < count { try openNext() }
    }
    return sockets
  }

  /// A connection takes a descriptor; many systems allow a process 1,024 unless it asks for more.
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
