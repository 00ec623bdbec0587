import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Leaks after many connections. These tests measure the whole process, so nothing else may run in it: scripts/test
/// starts them separately.
@Suite(
  "Resources", .serialized, .timeLimit(.minutes(5)),
  .enabled(if: ProcessInfo.processInfo.environment["SOCKETIO_TEST_ALONE"] != nil, "needs a process of its own"))
struct ResourceTests {
  struct Usage: CustomStringConvertible {
    var descriptors: Int
    var threads: Int
    var kilobytes: Int

    var description: String { "\(descriptors) descriptors, \(threads) threads, \(kilobytes) KB" }

    static func now() throws -> Usage {
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      func field(_ name: String) -> Int {
        let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? -1
      }
      return Usage(
        descriptors: try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count,
        threads: field("Threads:"), kilobytes: field("VmRSS:"))
    }
  }

  /// Runs something 1,000 times, and measures what the process has gained.
  private func expectNothingLeft(by rounds: (Int) async throws -> Void, _ route: Route) async throws {
    // Caches and pools fill first.
    try await rounds(200)
    let before = try Usage.now()
    try await rounds(1_000)
    let after = try Usage.now()
    print("\(route): before \(before); after \(after)")
    #expect(after.descriptors <= before.descriptors + 4)
    #expect(after.threads <= before.threads + 2)
    // 1 KB per round would be a leak; allocators keep a little.
    #expect(after.kilobytes <= before.kilobytes + 1_000)
  }

  @Test("1,000 rounds of connecting and closing leak nothing", arguments: Route.allCases)
  func rounds(_ route: Route) async throws {
    let server = try Server.testServer.start()
    func rounds(_ count: Int) async throws {
      for _ in 0..<count {
        let socket = try makeSocket(server.url) { $0.transports = route.transports }
        _ = try await socket.connected()
        #expect(try await socket.emitWithAck("echo", 1) == 1)
        await socket.io.close()
      }
    }
    try await expectNothingLeft(by: rounds, route)
  }

  enum UnderWay: CaseIterable {
    case nothing, connecting, acknowledgement, sequence
  }

  @Test(
    "A separate event loop ends with the last Socket that uses it, including its thread and descriptors",
    arguments: UnderWay.allCases)
  func ownLoops(_ state: UnderWay) async throws {
    let server = try Server.testServer.start()
    func round() async throws {
      weak var released: SocketEventLoop?
      do {
        let loop = try SocketEventLoop()
        released = loop
        let socket = try makeSocket(server.url) { $0.eventLoop = loop }
        if state != .connecting { _ = try await socket.connected() }
        switch state {
        case .nothing: break
        case .connecting: socket.connect()
        case .acknowledgement: try socket.emit("never-ack") { _ in }
        case .sequence:
          let events = socket.events("never")
          Task { for await _ in events {} }
        }
        socket.disconnect()
      }
      // The loop first sends the rest.
      _ = try await poll("end of the loop") {
        released == nil
      } until: {
        $0
      }
    }
    for _ in 0..<20 { try await round() }
    let before = try Usage.now()
    for _ in 0..<100 { try await round() }
    _ = try await poll("end of threads and descriptors") {
      try Usage.now()
    } until: {
      $0.threads <= before.threads + 2 && $0.descriptors <= before.descriptors + 4
    }
  }

  @Test("1,000 losses and reconnections of one Socket leak nothing", arguments: [Route.polling, .websocket])
  func reconnections(_ route: Route) async throws {
    let server = try Server.testServer.start()
    let socket = try makeSocket(server.url) {
      $0.transports = route.transports
      $0.reconnectionDelay = .milliseconds(1)
      $0.reconnectionDelayMax = .milliseconds(1)
    }
    let connects = Recorder<Bool>()
    socket.on(.connect) { connects.record(true) }
    _ = try await socket.connected()
    func lose(_ count: Int) async throws {
      for _ in 0..<count {
        let losses = connects.values.count
        // The server breaks the connection without notice.
        try socket.emit("drop-me")
        _ = try await connects.wait("reconnection") { $0.count > losses }
      }
    }
    try await expectNothingLeft(by: lose, route)
    await socket.io.close()
  }

  @Test("Released Sockets are freed, with their Managers")
  func freed() async throws {
    let server = try Server.testServer.start()
    weak var socket: Socket?
    weak var manager: Manager?
    func use() async throws {
      let used = try makeSocket(server.url)
      (socket, manager) = (used, used.io)
      _ = try await used.connected()
      await used.io.close()
      used.disconnect()
    }
    try await use()
    // The loop releases its references later; a round trip over it follows that.
    for _ in 0..<100 where socket != nil || manager != nil {
      let other = try makeSocket(server.url)
      _ = try await other.connected()
      await other.io.close()
    }
    #expect(socket == nil && manager == nil)
  }

  @Test("Running out of file descriptors is a named error")
  func noDescriptors() throws {
    var limit = rlimit()
    let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
    try #require(getrlimit(resource, &limit) == 0)
    var none = limit
    none.rlim_cur = 0
    try #require(setrlimit(resource, &none) == 0)
    let result = Result { () throws(SocketIOError) in try SocketEventLoop() }
    #expect(setrlimit(resource, &limit) == 0)
    let error = #expect(throws: SocketIOError.self) { try result.get() }
    #expect(error?.code == .system)
    #expect(error?.message.contains("could not start the event loop") == true)
  }
}
