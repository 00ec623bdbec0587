/// Finds the Sockets that wait long for the answer to their CONNECT. Each waits equally long, so the first to ask is the first to be due.
struct AnswerWatch {
  /// How long the official server waits for a namespace to be joined before it ends the connection, in milliseconds.
  static let usualLimit: UInt64 = 45_000

  /// By the Socket's key.
  private var deadlines: [Int: UInt64] = [:]

  var isEmpty: Bool { deadlines.isEmpty }

  var nextDeadline: UInt64? { deadlines.values.min() }

  mutating func begin(_ key: Int, deadline: UInt64) { deadlines[key] = deadline }

  mutating func end(_ key: Int) {
    deadlines[key] = nil
    // An empty dictionary keeps the memory that it had.
    if deadlines.isEmpty { deadlines = [:] }
  }

  /// The Sockets whose time is over. Each is told once.
  mutating func takeDue(_ now: UInt64) -> [Int] {
    let due = deadlines.filter { $0.value <= now }.keys.sorted()
    for key in due { deadlines[key] = nil }
    return due
  }
}
