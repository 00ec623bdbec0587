import SocketIO
import Synchronization

/// Measures acknowledged events with 1,024 in flight and delivery on the loop, as `sio bench` does. callgrind can follow
/// this program.
final class RoundTrips: Sendable {
  private static let count = 100_000
  private static let inFlight = 1_024

  private struct State {
    var emitted = inFlight
    var acknowledged = 0
  }

  private let socket: Socket
  private let state = Mutex(State())
  private let finished: AsyncStream<Void>.Continuation

  private init(_ socket: Socket, _ finished: AsyncStream<Void>.Continuation) {
    self.socket = socket
    self.finished = finished
  }

  /// - Returns: Nanoseconds of CPU for each round trip.
  static func measure(_ url: String) async throws -> SocketValue {
    let socket = try io(url) {
      $0.transports = [.websocket]
      $0.delivery = .eventLoop
    }
    _ = try await socket.emitWithAck("echo", 1)
    let (rounds, feed) = AsyncStream.makeStream(of: Void.self)
    var ends = rounds.makeAsyncIterator()
    var least = Double.infinity
    for _ in 0..<6 {
      let trips = RoundTrips(socket, feed)
      let start = cpuNanoseconds()
      for _ in 0..<inFlight { trips.emit() }
      await ends.next()
      least = min(least, (cpuNanoseconds() - start) / Double(count))
    }
    await socket.io.close()
    return ["round_trip_ns": .double(least.rounded())]
  }

  private func emit() {
    do {
      try socket.emit("echo", with: [Message.value]) { _ in self.acknowledged() }
    } catch {
      preconditionFailure("\(error)")
    }
  }

  private func acknowledged() {
    let (isLast, goesOn) = state.withLock { state in
      state.acknowledged += 1
      let goesOn = state.emitted < Self.count
      if goesOn { state.emitted += 1 }
      return (state.acknowledged == Self.count, goesOn)
    }
    if goesOn { emit() }
    if isLast { finished.yield() }
  }
}
