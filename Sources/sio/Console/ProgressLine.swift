import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A line on standard error that shows how far long work is, on a terminal only. It vanishes when the work is done.
enum ProgressLine {
  private static let interval = Duration.milliseconds(100)

  /// Whether anybody sees it.
  static let isShown =
    Terminal.isTerminal(Descriptor.standardError)
    && StyledText.canMoveCursor(ProcessInfo.processInfo.environment)

  /// - Parameter text: What is shown, asked for ten times a second; nil for nothing.
  static func show<Value: Sendable>(
    _ text: @escaping @Sendable () async -> String?, during work: () async throws -> Value
  ) async rethrows -> Value {
    guard isShown else { return try await work() }
    let shows = Task {
      var isDrawn = false
      while true {
        do { try await Task.sleep(for: interval) } catch { break }
        guard let text = await text() else { continue }
        draw(text)
        isDrawn = true
      }
      if isDrawn { draw("") }
    }
    do {
      let result = try await work()
      await finish(shows)
      return result
    } catch {
      await finish(shows)
      throw error
    }
  }

  private static func finish(_ shows: Task<Void, Never>) async {
    shows.cancel()
    await shows.value
  }

  /// A line such as `throughput: 1,000 of 200,000 (0 %), 27,000 per second`.
  static func text(_ title: String, _ done: Int, of total: Int, after time: Duration) -> String {
    let perSecond = time > .zero ? Int((Double(done) / (time / .seconds(1))).rounded()) : 0
    return "\(title): \(done.forPeople) of \(total.forPeople) (\(percent(done, of: total)) %), "
      + "\(perSecond.forPeople) per second"
  }

  static func percent(_ done: Int, of total: Int) -> Int { total > 0 ? Int(Double(done) / Double(total) * 100) : 100 }

  private static func draw(_ text: String) {
    // A line that wraps could not be removed.
    let visible = text.escapingControls.prefix(Terminal.columns(Descriptor.standardError) - 1)
    // There is no other place to report a failure to.
    try? Descriptor.write("\r\u{1B}[K\(visible)", to: Descriptor.standardError)
  }
}
