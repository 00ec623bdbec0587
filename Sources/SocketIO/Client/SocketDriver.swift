/// A Socket as its Manager's core knows it.
final class SocketDriver {
  let key: Int
  var machine: SocketStateMachine
  /// Among the active ones of the ``SocketTable``, which sets it; nil where it is none.
  var activePosition: Int?
  var isActive: Bool { activePosition != nil }
  /// Set while the Socket is active.
  var retained: Socket?
  private weak var known: Socket?
  let handlers: HandlerRegistry
  /// In which the namespace was refused the last time.
  var refusedSession = 0
  /// Those who wait until the namespace is joined, or cannot be.
  var joinCallbacks: [@Sendable (SocketIOError?) -> Void] = []
  /// How many calls of `disconnect()` have been carried out.
  var disconnects = 0
  /// Among those whose writers wait for their turn.
  var isInLine = false
  private var published: UInt64?

  /// nil when it was let go.
  var socket: Socket? { retained ?? known }

  /// Evaluates the credentials.
  var authentication: Task<Void, Never>?

  init(_ socket: Socket, receiveLimit: Int, clock: @escaping () -> UInt64) {
    known = socket
    key = socket.key
    handlers = socket.handlers
    machine = SocketStateMachine(
      namespace: socket.namespace, gauge: socket.gauge, receiveLimit: receiveLimit, clock: clock)
  }

  /// - Returns: What is to be done, and whether the state has changed, which ``publishState()`` is then to show.
  func handle(_ event: consuming SocketStateMachine.Event) -> (
    ActionList<SocketStateMachine.Action>, stateHasChanged: Bool
  ) {
    let actions = machine.handle(event)
    return (actions, machine.revision != published)
  }

  func completeJoining(_ error: SocketIOError?) {
    guard !joinCallbacks.isEmpty else { return }
    let callbacks = joinCallbacks
    joinCallbacks = []
    for callback in callbacks { callback(error) }
  }

  /// Shows the state to whoever asks the Socket.
  func publishState() {
    published = machine.revision
    socket?.mirror.publish(
      SocketState(id: machine.id, isActive: machine.isActive, isRecovered: machine.isRecovered))
  }
}
