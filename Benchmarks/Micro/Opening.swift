import AllocationCounter
import Foundation
import SocketIO
import Synchronization

/// Opens many connections, as `sio bench --workload connections` does, for a profile: callgrind cannot follow that.
final class Opening: Sendable {
  private static let most = 100  // at a time

  private struct State {
    var sockets: [Socket] = []
    var started = 0
    var opened = 0
  }

  private let url: String
  private let options: SocketIOOptions
  private let count: Int
  private let state = Mutex(State())
  private let feed: AsyncStream<(any Error)?>.Continuation

  private init(_ url: String, _ options: SocketIOOptions, count: Int, feed: AsyncStream<(any Error)?>.Continuation) {
    self.url = url
    self.options = options
    self.count = count
    self.feed = feed
  }

  /// Prints the bytes that each holds, by what the process has allocated, or null if they cannot be counted. Then ends
  /// the process.
  static func measure(_ url: String, count: Int, _ delivery: HandlerDelivery?) async throws {
    var options = SocketIOOptions()
    options.transports = [.websocket]
    options.forceNew = true
    if let delivery { options.delivery = delivery }
    // The first connection creates what all share.
    let first = try io(url, options: options)
    _ = try await first.emitWithAck("echo", 1)
    let before = allocated_bytes()
    let (outcomes, feed) = AsyncStream.makeStream(of: (any Error)?.self)
    let opening = Opening(url, options, count: count, feed: feed)
    for _ in 0..<min(most, count) { opening.openNext() }
    for await failure in outcomes {
      if let failure { throw failure }
      break
    }
    let each = Double(allocated_bytes() - before) / Double(count)
    let result: SocketValue = ["allocated_each": allocation_count_works() ? .double(each.rounded()) : .null]
    print(try result.jsonString())
    // Closing them would be part of a profile.
    withExtendedLifetime(opening) { exit(0) }
  }

  private func openNext() {
    let isWanted = state.withLock { state in
      guard state.started < count else { return false }
      state.started += 1
      return true
    }
    guard isWanted else { return }
    do {
      let socket = try io(url, options: options)
      socket.once(.connect) { _ in self.opened() }
      socket.once(.connectError) { self.feed.yield($0) }
      state.withLock { $0.sockets.append(socket) }
    } catch {
      feed.yield(error)
    }
  }

  private func opened() {
    let isLast = state.withLock { state in
      state.opened += 1
      return state.opened == count
    }
    if isLast { feed.yield(nil) } else { openNext() }
  }
}
