@testable import SocketIO

enum Fixture {
  /// Arrays nested to a depth.
  static func nested(_ depth: Int) -> SocketValue { (1..<depth).reduce([]) { value, _ in [value] } }

  static let refused = SocketIOError(.connectFailed, "refused")
}

/// Collects the reports of handlers, in order.
final class Log: Sendable {
  private let lines = Locked<[String]>([])

  var entries: [String] { lines.withLock { $0 } }

  func add(_ entry: String) { lines.withLock { $0.append(entry) } }

  /// The reports since the last call.
  func take() -> [String] {
    lines.withLock { lines in
      defer { lines = [] }
      return lines
    }
  }
}

/// Carries an acknowledgement out of a handler.
final class Mailslot: Sendable {
  private let content = Locked<Acknowledgement?>(nil)

  var value: Acknowledgement? {
    get { content.withLock { $0 } }
    set { content.withLock { $0 = newValue } }
  }
}
