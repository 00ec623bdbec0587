import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Real connections that break in every possible way, through a proxy or because the server is killed.
///
/// A client with retries must deliver every event to the server, in order. When depends on how busy the machine is.
@Suite("Broken networks", .timeLimit(.minutes(3)))
struct BrokenNetworkTests {
  /// Emits numbered events, each retried until it is acknowledged.
  final class Load: Sendable {
    let socket: Socket
    let connects = Recorder<SocketConnection>()
    let disconnects: Recorder<Disconnection>
    private let outcomes = Recorder<Result<SocketAnswer, SocketIOError>>()

    init(_ url: String, _ route: Route) throws {
      socket = try makeSocket(url) {
        $0.transports = route.transports
        $0.reconnectionDelayMax = .milliseconds(200)
        $0.retries = .max
        // Only for acknowledgements that get lost on a connection that survives: far longer than any takes.
        $0.ackTimeout = .seconds(20)
      }
      disconnects = socket.recordDisconnects()
      socket.on(.connect) { [connects] in connects.record($0) }
    }

    func emit(_ numbers: Range<Int>, payload: SocketValue = .null) throws {
      for number in numbers {
        try socket.emit("echo", number, payload) { [outcomes] in outcomes.record($0) }
      }
    }

    /// Waits until that many events are acknowledged, and returns their numbers in the order of the acknowledgements.
    func acknowledged(_ count: Int) async throws -> [Int] {
      let outcomes = try await outcomes.wait("\(count) acknowledgements", within: .seconds(120)) { $0.count >= count }
      return try outcomes.map { try $0.get().decode(Int.self) }
    }
  }

  @Test("Resetting and cutting connections under load loses no retried event", arguments: Route.allCases)
  func resets(_ route: Route) async throws {
    let server = try Server.testServer.start()
    let proxy = try NetworkProxy(to: server)
    let load = try Load(proxy.url, route)
    load.socket.connect()
    for loss in 1...6 {
      _ = try await load.connects.wait("connection") { $0.count >= (route == .websocket ? loss : 1) }
      try load.emit((loss - 1) * 50..<loss * 50)
      try proxy.tell(loss % 2 == 0 ? "reset" : "cut")
      // Between two requests of polling there may be nothing to break.
      if route == .websocket { _ = try await load.disconnects.wait("loss") { $0.count >= loss } }
      if route != .websocket { _ = try await load.acknowledged(loss * 50) }
    }
    #expect(try await load.acknowledged(300) == Array(0..<300))
    await load.socket.io.close()
  }

  @Test("A silent connection is noticed and replaced", arguments: Route.allCases)
  func halfOpen(_ route: Route) async throws {
    let server = try Server.testServer.start("--ping-interval", "300", "--ping-timeout", "3000")
    let proxy = try NetworkProxy(to: server)
    let load = try Load(proxy.url, route)
    _ = try await load.socket.connected()
    // Everything is dropped: polling makes a connection for each request, and there may be none between two.
    try proxy.tell("pause")
    try load.emit(0..<20)
    #expect(try await load.disconnects.first("disconnect").reason == .pingTimeout)
    try proxy.tell("drop")
    try proxy.tell("resume")
    #expect(try await load.acknowledged(20) == Array(0..<20))
    await load.socket.io.close()
  }

  @Test("A network that stalls for a while loses nothing", arguments: Route.allCases)
  func standstill(_ route: Route) async throws {
    let server = try Server.testServer.start()
    let proxy = try NetworkProxy(to: server)
    let load = try Load(proxy.url, route)
    _ = try await load.socket.connected()
    try proxy.tell("pause")
    try load.emit(0..<50)
    // Nothing gets through, so the test can only wait for time to pass.
    try await Task.sleep(for: .milliseconds(200))
    try proxy.tell("resume")
    #expect(try await load.acknowledged(50) == Array(0..<50))
    #expect(load.disconnects.values.isEmpty)
    await load.socket.io.close()
  }

  @Test("Packets that arrive one byte at a time are reassembled", arguments: Route.allCases)
  func drip(_ route: Route) async throws {
    let server = try Server.testServer.start()
    let proxy = try NetworkProxy(to: server, "--drip")
    let load = try Load(proxy.url, route)
    _ = try await load.socket.connected()
    try load.emit(0..<5, payload: ["text": "ä€😀", "bytes": .binary(Data(0...255))])
    #expect(try await load.acknowledged(5) == Array(0..<5))
    #expect(load.disconnects.values.isEmpty)
    await load.socket.io.close()
  }

  @Test("Cutting connections in the middle of a frame loses no retried event")
  func midFrame() async throws {
    let server = try Server.testServer.start()
    // Not a multiple of any message size, and about ten events per connection.
    let proxy = try NetworkProxy(to: server, "--drop-after", "2011")
    let load = try Load(proxy.url, .websocket)
    try load.emit(0..<100, payload: .binary(Data(repeating: 7, count: 100)))
    load.socket.connect()
    #expect(try await load.acknowledged(100) == Array(0..<100))
    #expect(load.disconnects.values.count >= 5)
    await load.socket.io.close()
  }

  @Test(
    "A server that is killed under load and restarted gets every retried event", arguments: Server.allCases,
    Route.allCases)
  func killed(_ kind: Server, _ route: Route) async throws {
    let first = try kind.start()
    let load = try Load(first.url, route)
    _ = try await load.socket.connected()
    try load.emit(0..<50)
    _ = try await load.acknowledged(50)
    try load.emit(50..<200)
    first.kill()
    _ = try await load.disconnects.first("disconnect")
    let second = try kind.start("--port", "\(first.port)")
    #expect(try await load.acknowledged(200) == Array(0..<200))
    await load.socket.io.close()
    second.kill()
  }
}
