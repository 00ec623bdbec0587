extension ManagerStatistics: CustomStringConvertible {
  /// One line for people: the figures that are not zero.
  public var description: String {
    let transports = traffic.sorted { $0.key.rawValue < $1.key.rawValue }.filter { $0.value != Traffic() }
    var parts = [counted(connections, "connection")]
    if attempts > connections { parts[0] += " of \(counted(attempts, "attempt"))" }
    if reconnections > 0 { parts.append("\(counted(reconnections, "reconnection"))") }
    if upgrades > 0 { parts.append("\(counted(upgrades, "upgrade"))") }
    parts.append("\(events)")
    parts += transports.map { "\($0.key) \($0.value)" }
    if let mean = pingIntervals.mean { parts.append("pinged every \(mean) on average") }
    if queuedBytes > 0 { parts.append("\(counted(queuedBytes, "byte")) queued") }
    if inboundBytes > 0 { parts.append("\(counted(inboundBytes, "byte")) waiting for handlers") }
    if readingPauses > 0 { parts.append("\(counted(readingPauses, "pause")) of reading, \(readingPaused) in all") }
    return parts.joined(separator: "; ")
  }
}

extension ManagerStatistics.Traffic: CustomStringConvertible {
  /// The bytes sent and received.
  public var description: String { "\(counted(bytesSent, "byte")) out and \(bytesReceived) in" }
}

extension EventStatistics: CustomStringConvertible {
  /// One line for people: the figures that are not zero.
  public var description: String {
    var parts = ["\(counted(sent, "event")) out and \(received) in"]
    if let mean = ackRoundTrips.mean { parts.append("acknowledged after \(mean) on average") }
    for (count, what) in [(unacknowledged, "unacknowledged"), (buffered, "buffered"), (waiting, "waiting")]
    where count > 0 {
      parts.append("\(count) \(what)")
    }
    if drops.total > 0 { parts.append("\(drops.total) dropped (\(drops))") }
    return parts.joined(separator: ", ")
  }
}

extension EventStatistics.Drops: CustomStringConvertible {
  /// The reasons that have occurred, each with its count.
  public var description: String {
    let reasons = [
      (volatile, "volatile"), (bufferFull, "buffer full"), (cancelled, "cancelled"), (timedOut, "timed out"),
      (released, "released"), (unencodable, "unencodable"), (refused, "refused"),
    ]
    let shown = reasons.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return shown.isEmpty ? "none" : shown.joined(separator: ", ")
  }
}

extension DurationSummary: CustomStringConvertible {
  /// Their number, mean, shortest and longest.
  public var description: String {
    guard let mean, let shortest, let longest else { return "none" }
    return "\(count) of \(mean) on average, from \(shortest) to \(longest)"
  }
}

private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
