@testable import SocketIO

enum Fixture {
  static func handshake(
    sid: String = "engine-1", upgrades: [String] = [], pingInterval: Int = 25_000, pingTimeout: Int = 20_000,
    maxPayload: Int = 1_000_000
  ) -> String {
    let upgrades = upgrades.map { "\"\($0)\"" }.joined(separator: ",")
    return """
      {"sid":"\(sid)","upgrades":[\(upgrades)],"pingInterval":\(pingInterval),"pingTimeout":\(pingTimeout),"maxPayload":\(maxPayload)}
      """
  }

  /// An array in an array, and so on.
  static func nested(_ depth: Int) -> SocketValue { (1..<depth).reduce([]) { value, _ in [value] } }

  static let refused = SocketIOError(.connectFailed, "refused")
}

/// Collects what handlers tell, in order.
final class Log: Sendable {
  private let lines = Locked<[String]>([])

  var entries: [String] { lines.withLock { $0 } }

  func add(_ entry: String) { lines.withLock { $0.append(entry) } }

  /// What was collected since the last call.
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
