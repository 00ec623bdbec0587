import Dispatch
import Foundation
import SocketIO

@main
struct Robot {
  /// Time between two positions.
  private static let interval = Duration.milliseconds(100)
  private static let samplesPerBatch = 10

  private let chassis = Chassis()
  private let socket: Socket

  static func main() async {
    guard CommandLine.arguments.count == 2 else {
      print("usage: Robot URL")
      exit(2)
    }
    do {
      try await Robot(url: CommandLine.arguments[1]).run()
    } catch {
      print("error: \(error)")
      exit(1)
    }
  }

  init(url: String) throws {
    socket = try io(url) {
      // No polling first: positions are frequent and small.
      $0.transports = [.websocket]
      // Robots drive through dead spots. Five minutes of telemetry wait for the end of one; of a longer one, the
      // newest five minutes do.
      $0.offlineBuffer = OfflineBuffer(maxEvents: 300, overflow: .dropOldest)
      $0.autoConnect = false
    }
  }

  func run() async throws {
    // An old command may be dangerous, so few are kept for a robot that is busy.
    let commands = socket.events(RobotEvents.command, buffering: .newest(10))
    let changes = socket.changes()
    socket.respond(to: RobotEvents.status) { [chassis] in await chassis.status }
    socket.on(.handlerError) { failure in print("\"\(failure.event)\" is not understood: \(failure.error)") }
    socket.connect()

    // Ends with the first task that ends: at an interruption, a shutdown or an error.
    try await withThrowingTaskGroup { group in
      group.addTask { try await drive() }
      group.addTask { await obey(commands) }
      group.addTask { try await follow(changes) }
      group.addTask { await interruption() }
      defer { group.cancelAll() }
      try await group.next()
    }
    // Sends what is still waiting, and leaves the server properly.
    await socket.io.close(within: .seconds(5))
    let events = await socket.statistics()
    print("sent \(events.sent) events;", "skipped \(events.drops.volatile) positions without a connection;")
    print("lost \(events.drops.bufferFull) batches that were too old")
  }

  /// Drives, and reports it.
  private func drive() async throws {
    let clock = ContinuousClock()
    let start = clock.now
    var next = start
    var (batch, batches) = (Data(), 0)
    while true {
      let (x, y) = await chassis.advance(by: Self.interval)

      // The next position replaces this one, so it is sent now or never. The telemetry below waits for a connection.
      try socket.volatile.emit(RobotEvents.position, x, y)

      let time = UInt64((clock.now - start) / .milliseconds(1))
      Sample(milliseconds: time, x: Float(x), y: Float(y)).write(to: &batch)
      if batch.count == Self.samplesPerBatch * Sample.size {
        batches += 1
        try socket.emit(
          RobotEvents.telemetry, BatchHeader(number: batches, samples: Self.samplesPerBatch), batch)
        batch.removeAll(keepingCapacity: true)
      }

      // Until a point in time, not for a duration: so what the work takes does not add up.
      next += Self.interval
      try await Task.sleep(until: next, clock: clock)
    }
  }

  /// Carries out commands in their order, one at a time. Returns at the command to shut down.
  private func obey(_ commands: EventSequence<Command>) async {
    for await command in commands {
      print("command: \(command.action)", command.amount.map { "\($0)" } ?? "")
      await chassis.perform(command)
      if command.action == .shutdown { return }
    }
  }

  /// Stops the robot when nobody can. Returns only if the task is cancelled.
  ///
  /// - Throws: If the Socket does not try to connect any more.
  private func follow(_ changes: EventSequence<SocketChange>) async throws {
    for await change in changes {
      switch change {
      case .connect:
        print("connected")
      case .disconnect(let disconnection):
        print("connection lost: \(disconnection.reason)")
        await chassis.perform(Command(action: .stop))
        // After a loss the client reconnects by itself, but not after the server has sent it away.
        if !socket.active { throw SocketIOError(.disconnected, "the server has sent the robot away") }
      case .connectError(let error) where socket.active:
        print("no connection: \(error); \(socket.bufferedEvents) batches wait")
      case .connectError(let error):
        throw error
      }
    }
  }

  /// Returns at Ctrl-C.
  private func interruption() async {
    // Ignored, the signal does not end the process, but still reaches the source.
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT)
    let interruptions = AsyncStream<Void> { feed in
      source.setEventHandler { feed.yield() }
      source.activate()
    }
    for await _ in interruptions { break }
    source.cancel()
  }
}
