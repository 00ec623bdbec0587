/// Receives the arguments of an acknowledgement, or the reason why none came.
enum AckHandler: Sendable {
  typealias Answer = Result<ReceivedArguments, SocketIOError>

  /// Runs as handlers do.
  case callback(AckCallback)
  /// Runs on the loop: where tests cannot have tasks, that stands for one.
  case inline(AckCallback)
  /// A waiting task. It is resumed on the loop, and runs elsewhere.
  case task(UnsafeContinuation<Answer, Never>)
}

/// The closure of an `emit`. The thread that emits makes the object, and the thread that runs handlers uses and frees it;
/// between them the loop only passes the reference on, since a look into it would fetch it from the other core.
final class AckCallback: Sendable {
  private let body: @Sendable (Result<SocketAnswer, SocketIOError>) -> Void
  private let event: String

  init(event: String, _ body: @escaping @Sendable (Result<SocketAnswer, SocketIOError>) -> Void) {
    self.body = body
    self.event = event
  }

  /// Called once.
  func callAsFunction(_ answer: Result<ReceivedArguments, SocketIOError>) {
    body(answer.map { SocketAnswer($0, to: event) })
  }
}

/// The arguments of an acknowledgement that waits for the thread of its closure.
final class ReceivedAnswer: Sendable {
  let arguments: ReceivedArguments

  init(_ arguments: consuming ReceivedArguments) { self.arguments = arguments }
}
