@testable import SocketIO

extension Result where Success == SocketAnswer, Failure == SocketIOError {
  /// For logs: the arguments, or the code of the error.
  var outcome: String {
    switch self {
    case .success(let answer): SocketValue.array(answer.args).description
    case .failure(let error): error.code.rawValue
    }
  }
}
