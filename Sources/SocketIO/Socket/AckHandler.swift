/// Receives the arguments of an acknowledgement, or the reason why none came.
enum AckHandler: Sendable {
  typealias Answer = Result<ReceivedArguments, SocketIOError>

  /// Runs as handlers do, unless `isInline`.
  case callback(
    @Sendable (Result<SocketAnswer, SocketIOError>) -> Void, event: String, isInline: Bool = false,
    token: CancellationToken? = nil)
  /// A waiting task, with the token that cancels its wait.
  case task(UnsafeContinuation<Answer, Never>, CancellationToken)

  /// Whether it may be called on the loop. A task is only resumed there; it runs elsewhere.
  var isInline: Bool {
    switch self {
    case .callback(_, _, let isInline, _): isInline
    case .task: true
    }
  }

  /// Identifies the acknowledgement when its caller stops waiting.
  var token: CancellationToken? {
    switch self {
    case .callback(_, _, _, let token): token
    case .task(_, let token): token
    }
  }

  /// Is called once.
  func complete(_ answer: Answer) {
    switch self {
    case .callback(let body, let event, _, _): body(answer.map { SocketAnswer($0, to: event) })
    case .task(let continuation, _): continuation.resume(returning: answer)
    }
  }
}
