/// A Socket as its Manager's core knows it.
final class SocketSlot {
  let key: Int
  var machine: SocketStateMachine
  private(set) weak var socket: Socket?
  /// Set while the Socket is active.
  var retained: Socket?
  var ackTimers: [Int: any LoopTimer] = [:]
  /// How many calls of `disconnect()` have been carried out.
  var disconnects = 0
  /// The Socket was let go; the slot only waits for the answer to its CONNECT.
  var isRemoved = false
  /// Those who wait until less is queued have their turn just now.
  var isAdmitting = false
  private var published: UInt64?

  init(_ socket: Socket, clock: @escaping () -> UInt64) {
    self.socket = socket
    key = socket.key
    machine = SocketStateMachine(namespace: socket.namespace, gauge: socket.gauge, clock: clock)
  }

  /// Shows the state to whoever asks the Socket, where it has changed.
  func publishState() {
    guard published != machine.revision else { return }
    published = machine.revision
    socket?.mirror.publish(
      SocketState(id: machine.id, isActive: machine.isActive, isRecovered: machine.isRecovered))
  }
}
