import Synchronization

/// The part of a Socket's state that any thread can read.
struct SocketState: Sendable, Equatable {
  var id: String?
  var isActive = false
  var isRecovered = false
}

/// The state of a Socket, for callers outside the loop.
///
/// The loop publishes the actual state. A call of `connect()` or `disconnect()` shows at once, before the loop has
/// carried it out, so that callers see their own calls.
final class PublishedSocketState: Sendable {
  private struct Contents {
    var shown = SocketState()
    var actual = SocketState()
    /// Commands that the loop has not carried out yet. While there are any, the prediction is shown.
    var pendingCommands = 0
    var isConnectDelivered = false
  }

  private let contents = Locked(Contents())
  /// Changed under the lock, and read without it.
  private let disconnects = Atomic<UInt32>(0)
  private let active: ActiveCount

  /// - Parameter active: Counts the Socket while it shows itself as active.
  init(_ active: ActiveCount = ActiveCount()) { self.active = active }

  var value: SocketState { contents.withLock { $0.shown } }

  var isConnected: Bool { contents.withLock { $0.shown.id != nil } }

  func publish(_ state: SocketState) {
    change {
      $0.actual = state
      if $0.pendingCommands == 0 { $0.shown = state }
    }
  }

  func willConnect() {
    change {
      $0.pendingCommands += 1
      $0.shown.isActive = true
    }
  }

  /// - Returns: Whether the Socket was active.
  @discardableResult
  func willDisconnect() -> Bool {
    change {
      let wasActive = $0.shown.isActive
      $0.pendingCommands += 1
      disconnects.wrappingAdd(1, ordering: .releasing)
      $0.shown.isActive = false
      $0.shown.id = nil
      return wasActive
    }
  }

  func didCarryOut() {
    change {
      $0.pendingCommands -= 1
      if $0.pendingCommands == 0 { $0.shown = $0.actual }
    }
  }

  private func change<Result: Sendable>(_ body: (inout Contents) -> Result) -> Result {
    contents.withLock { contents in
      let wasActive = contents.shown.isActive
      let result = body(&contents)
      if contents.shown.isActive != wasActive { active.add(wasActive ? -1 : 1) }
      return result
    }
  }

  // MARK: What may still be delivered

  /// Whether a call of a handler that was queued in this epoch may still be delivered. After a call of `disconnect()`,
  /// nothing that happened before it is delivered.
  func isCurrent(_ epoch: UInt32) -> Bool { disconnects.load(ordering: .acquiring) == epoch }

  func shouldDeliverConnect(_ epoch: UInt32) -> Bool {
    contents.withLock {
      guard isCurrent(epoch) else { return false }
      $0.isConnectDelivered = true
      return true
    }
  }

  /// A `disconnect` is delivered only if its `connect` was.
  func shouldDeliverDisconnect() -> Bool {
    contents.withLock { contents in
      defer { contents.isConnectDelivered = false }
      return contents.isConnectDelivered
    }
  }
}
