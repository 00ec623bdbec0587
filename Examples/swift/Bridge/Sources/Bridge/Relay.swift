import Logging
import Metrics
import ServiceLifecycle
import SocketIO

/// Passes events from one server on to another, and the answers back.
struct Relay: Service {
  private let target: Socket
  private let names: Set<String>
  private let events: EventSequence<SocketEvent>
  private let logger: Logger
  private let passed = Counter(label: "bridge_events_passed")
  private let failed = Counter(label: "bridge_events_failed")

  /// Listens from now on, before the service runs.
  init(from source: Socket, to target: Socket, events names: Set<String>, logger: Logger) {
    self.target = target
    self.names = names
    self.logger = logger
    // Nothing is dropped. If the target is slow, events wait here, up to the option `inboundBuffer`; then the client
    // stops reading, and so slows the source down.
    events = source.events(buffering: .unbounded)
  }

  /// Returns after a graceful shutdown.
  ///
  /// - Throws: `CancellationError` if the task is cancelled.
  func run() async throws {
    // The sequence does not end when a connection is lost: the clients reconnect, and the relay just waits.
    for await event in events.cancelOnGracefulShutdown() where names.contains(event.name) {
      do {
        try await pass(event)
        passed.increment()
      } catch {
        try Task.checkCancellation()
        // One event that cannot be passed on must not stop the others.
        failed.increment()
        logger.warning("an event was not passed on: \(error)", metadata: ["event": "\(event.name)"])
      }
    }
    try Task.checkCancellation()
  }

  private func pass(_ event: SocketEvent) async throws(SocketIOError) {
    guard let ack = event.ack else {
      // Waits while too much is queued for the target, where `emit` would let memory grow.
      return try await target.emitWhenWritable(event.name, with: event.args)
    }
    // The server at the source waits for an answer: it gets the one of the target. Passing on a request does not wait
    // for its answer, so that a slow one does not hold up the events behind it.
    try target.timeout(.seconds(10)).emit(event.name, with: event.args) { [logger] result in
      switch result {
      case .success(let answer):
        ack.send(answer.args)
      case .failure(let error):
        // The protocol has no failed answer, so the source's wait times out as well.
        logger.warning("no answer: \(error)", metadata: ["event": "\(event.name)"])
      }
    }
  }
}
