import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// The last event before a program leaves is handled, even by servers that skip handlers once a Socket has left.
@Suite("The last event before leaving", .timeLimit(.minutes(3)))
struct GoodbyeTests {
  enum Way: String, CaseIterable, Sendable { case polling, webSocket, upgraded }
  enum Leaving: String, CaseIterable, Sendable { case close, disconnect }

  private static let times = repetitions(20, sanitized: 4)

  /// Reports what the server's handlers did.
  private static func witness(_ server: TestServerProcess) async throws -> (Socket, Recorder<[SocketValue]>) {
    let witness = try makeSocket(server.url) { $0.transports = [.websocket] }
    let goodbyes = witness.recordEvents("broadcast")
    _ = try await witness.connected()
    return (witness, goodbyes)
  }

  private static func socket(_ url: String, _ way: Way) async throws -> Socket {
    let socket = try makeSocket(url) {
      $0.transports = way == .webSocket ? [.websocket] : [.polling, .websocket]
      $0.upgrade = way == .upgraded
    }
    let upgrades = Recorder<Void>()
    socket.io.on(.upgrade) { _ in upgrades.record(()) }
    _ = try await socket.connected()
    if way == .upgraded { _ = try await upgrades.first("upgrade") }
    return socket
  }

  /// The numbers of the handled events, once the last one is among them.
  private static func numbers(_ goodbyes: Recorder<[SocketValue]>) async throws -> [Int] {
    let all = try await goodbyes.wait("last goodbye") { $0.count == times }
    return all.compactMap { $0.first?.intValue }.sorted()
  }

  @Test("An event emitted right before leaving is handled", arguments: Server.allCases, Way.allCases)
  func handled(_ kind: Server, _ way: Way) async throws {
    let server = try kind.start()
    for leaving in Leaving.allCases {
      let (witness, goodbyes) = try await Self.witness(server)
      for number in 0..<Self.times {
        let socket = try await Self.socket(server.url, way)
        try socket.emit("broadcast", number)
        switch leaving {
        case .close: await socket.io.close()
        case .disconnect: socket.disconnect()
        }
      }
      #expect(try await Self.numbers(goodbyes) == Array(0..<Self.times))
      await witness.io.close()
    }
  }

  @Test("The last event of a program that exits is handled", arguments: Server.allCases, ["polling", "websocket"])
  func handledFromTool(_ kind: Server, _ transport: String) async throws {
    let server = try kind.start()
    let (witness, goodbyes) = try await Self.witness(server)
    for number in 0..<Self.times {
      let sio = try await SioProcess.run(
        "emit", server.url, "broadcast", "\(number)", "--no-ack", "--transports", transport)
      #expect(sio.status == 0 && sio.errors == [])
    }
    #expect(try await Self.numbers(goodbyes) == Array(0..<Self.times))
    await witness.io.close()
  }

  @Test(
    "Leaving and rejoining a namespace at once does not affect the others", arguments: Server.allCases,
    Way.allCases)
  func rejoined(_ kind: Server, _ way: Way) async throws {
    let server = try kind.start()
    let main = try await Self.socket(server.url, way)
    let disconnects = main.recordDisconnects()
    let echo = main.io.socket("/echo")
    _ = try await echo.connected()
    let id = main.id
    for number in 0..<repetitions(10, sanitized: 4) {
      let former = echo.id
      try echo.emit("message", number)
      async let answer = main.emitWithAck("echo", .int(number))
      echo.disconnect()
      _ = try await echo.connected()
      #expect(echo.id != former)
      #expect(try await answer == .int(number))
    }
    #expect(disconnects.values.isEmpty && main.id == id)
    await main.io.close()
  }
}
