import SocketIO
import SocketIOTesting
import Synchronization
import Testing

/// The examples of the article about testing, word for word: `DocExamplesTests` compares them. They are tests, and run.
@Suite("Examples of the article about testing")
struct TestingYourCode {
  @Test func answers() async throws {
    let server = TestServer()
    server.on("add") { (a: Int, b: Int) in a + b }
    let socket = try server.socket()
    let sum = try await server.run { try await socket.emitWithAck("add", 1, 2, as: Int.self) }
    #expect(sum == 3)
  }

  /// Of the guide.
  @Test func reconnects() async throws {
    let server = TestServer()
    server.on("add") { (a: Int, b: Int) in a + b }
    let socket = try server.socket()
    await server.settle()
    server.loseConnections()
    await server.settle()
    #expect(!socket.connected)
    await server.advance(by: .seconds(5))
    #expect(socket.connected)
    let sum = try await server.run { try await socket.emitWithAck("add", 1, 2, as: Int.self) }
    #expect(sum == 3)
  }

  @Test func ordersSurviveALostConnection() async throws {
    let server = TestServer()
    server.on("order") { (number: Int, item: String) in true }
    let desk = try OrderDesk("https://example.com", options: server.options)
    await server.settle()
    server.loseConnections()
    await server.settle()
    try desk.place("apples")
    #expect(server.received.isEmpty)
    await server.advance(by: .seconds(1))
    #expect(server.received.map(\.args) == [[1, "apples"]])
    #expect(desk.open.isEmpty)
  }

  @Test func ordersAreRepeatedUntilConfirmed() async throws {
    let server = TestServer()
    server.on("order") { (number: Int, item: String) in true }
    server.dropAcknowledgements(2)
    let desk = try OrderDesk("https://example.com", options: server.options)
    await server.settle()
    try desk.place("apples")
    await server.advance(by: .seconds(10))
    #expect(server.received.count == 3)
    #expect(desk.open.isEmpty)
  }

  @Test func timesOut() async throws {
    let server = TestServer()
    let socket = try server.socket()
    let answer = Task { try await socket.emitWithAck("slow", timeout: .seconds(5)) }
    _ = try await server.next("slow")
    await server.advance(by: .seconds(5))
    await #expect(throws: SocketIOError.self) { try await answer.value }
  }
}

final class OrderDesk: Sendable {
  private struct Orders {
    var last = 0
    var open: [Int: String] = [:]
  }

  private let socket: Socket
  private let orders = Mutex(Orders())

  init(_ url: String, options: SocketIOOptions = SocketIOOptions()) throws {
    socket = try io(url, options: options)
    socket.on(.connect) { [weak self] in
      for (number, item) in self?.open ?? [:] { try self?.send(number, item) }
    }
  }

  /// The orders that are not confirmed yet.
  var open: [Int: String] { orders.withLock { $0.open } }

  func place(_ item: String) throws {
    let number = orders.withLock { orders in
      orders.last += 1
      orders.open[orders.last] = item
      return orders.last
    }
    if socket.connected { try send(number, item) }
  }

  private func send(_ number: Int, _ item: String) throws {
    try socket.timeout(.seconds(5)).emit("order", number, item) { [weak self] result in
      switch result {
      case .success: self?.orders.withLock { $0.open[number] = nil }
      case .failure(let error) where error.code == .timeout: try? self?.send(number, item)
      case .failure: break  // The next connection sends it again.
      }
    }
  }
}
