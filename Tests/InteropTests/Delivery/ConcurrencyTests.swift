import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Any thread may call anything at any time.
@Suite("Concurrency", .timeLimit(.minutes(5)))
struct ConcurrencyTests {
  #if THREAD_SANITIZER
    static let eventsEach = 50
  #else
    static let eventsEach = 1_000
  #endif

  @Test("64 tasks that emit at the same time lose nothing, and each keeps its order", arguments: Route.allCases)
  func manyTasks(_ route: Route) async throws {
    let server = try Server.testServer.start()
    let socket = try makeSocket(server.url) { $0.transports = route.transports }
    _ = try await socket.connected()
    let (tasks, count) = (64, route == .websocket ? Self.eventsEach : Self.eventsEach / 10)
    let (answers, disconnects) = (Recorder<Result<SocketAnswer, SocketIOError>>(), socket.recordDisconnects())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<tasks {
        group.addTask {
          for number in 0..<count {
            try socket.emit("echo", task, number) { answers.record($0) }
          }
        }
      }
      try await group.waitForAll()
    }
    let all = try await answers.wait("all answers", within: .seconds(200)) { $0.count == tasks * count }
    var next = [Int: Int]()
    #expect(disconnects.values.isEmpty)
    for answer in all {
      let (task, number) = try answer.get().decode(Int.self, Int.self)
      #expect(next[task, default: 0] == number)
      next[task] = number + 1
    }
    #expect(next.count == tasks && next.values.allSatisfy { $0 == count })
    let statistics = await socket.statistics()
    #expect(statistics.ackRoundTrips.count == tasks * count && statistics.unacknowledged == 0)
    await socket.io.close()
  }

  @Test("64 tasks that wait for acknowledgements each get their own")
  func manyWaiting() async throws {
    let server = try Server.testServer.start()
    let socket = try makeSocket(server.url) { $0.transports = [.websocket] }
    _ = try await socket.connected()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<64 {
        group.addTask {
          for number in 0..<(Self.eventsEach / 10) {
            let value = SocketValue.array([.int(task), .int(number)])
            let answer = try await socket.emitWithAck("echo", value)
            #expect(answer == value)
          }
        }
      }
      try await group.waitForAll()
    }
    await socket.io.close()
  }

  @Test("Connecting, leaving, reading and changing state from many tasks leaves a working Socket")
  func everythingAtOnce() async throws {
    let server = try Server.testServer.start()
    let socket = try makeSocket(server.url)
    _ = try await socket.connected()
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<16 {
        group.addTask {
          for round in 0..<20 {
            switch (task + round) % 8 {
            case 0: socket.disconnect()
            case 1: socket.connect()
            case 2: try? socket.emit("echo", round) { _ in }
            case 3: socket.on("echo") { _ in }.cancel()
            case 4: socket.auth = ["round": .int(round)]
            case 5: socket.io.opts.query["round"] = .int(round)
            case 6: _ = (socket.connected, socket.active, socket.id, socket.io.transport, socket.io.isOpen)
            default: _ = await socket.io.statistics()
            }
          }
        }
      }
    }
    // Whatever state it is in, it reconnects.
    socket.disconnect().connect()
    #expect(try await socket.emitWithAck("echo", "works", timeout: .seconds(60)) == "works")
    await socket.io.close()
  }
}
