/// Polls a value at short intervals until it is as expected.
func poll<Answer: Sendable>(
  _ what: String, within limit: Duration = .seconds(60), _ question: () async throws -> Answer,
  until isWanted: (Answer) -> Bool
) async throws -> Answer {
  let end = ContinuousClock.now + limit
  while true {
    let answer = try await question()
    if isWanted(answer) { return answer }
    guard ContinuousClock.now < end else { throw TestFailure("no \(what) within \(limit): \(answer)") }
    try await Task.sleep(for: .milliseconds(10))
  }
}
