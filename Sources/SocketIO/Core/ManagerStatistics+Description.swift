extension Statistics: CustomStringConvertible {
  /// One line for people: the figures that are not zero.
  public var description: String {
    let transports = traffic.sorted { $0.key.rawValue < $1.key.rawValue }.filter { $0.value != Traffic() }
    var parts = [counted(connections, "connection")]
    if reconnections > 0 { parts.append("\(counted(reconnections, "reconnection"))") }
    if upgrades > 0 { parts.append("\(counted(upgrades, "upgrade"))") }
    parts.append("\(events)")
    parts += transports.map { "\($0.key) \($0.value)" }
    if queuedBytes > 0 { parts.append("\(counted(queuedBytes, "byte")) queued") }
    if inboundBytes > 0 { parts.append("\(counted(inboundBytes, "byte")) waiting for handlers") }
    if readingPauses > 0 { parts.append("\(counted(readingPauses, "pause")) of reading, \(readingPaused) in all") }
    return parts.joined(separator: "; ")
  }
}

extension Statistics.Traffic: CustomStringConvertible {
  /// The bytes out and in.
  public var description: String { "\(counted(bytesSent, "byte")) out and \(bytesReceived) in" }
}

extension EventStatistics: CustomStringConvertible {
  /// One line for people: the figures that are not zero.
  public var description: String {
    var parts = ["\(counted(sent, "event")) out and \(received) in"]
    if let mean = ackRoundTrips.mean { parts.append("acknowledged after \(mean) on average") }
    for (count, what) in [
      (unacknowledged, "unacknowledged"), (buffered, "buffered"), (waiting, "waiting"), (drops.total, "dropped"),
    ] where count > 0 {
      parts.append("\(count) \(what)")
    }
    return parts.joined(separator: ", ")
  }
}

extension DurationSummary: CustomStringConvertible {
  /// How many, and their mean, shortest and longest.
  public var description: String {
    guard let mean, let shortest, let longest else { return "none" }
    return "\(count) of \(mean) on average, from \(shortest) to \(longest)"
  }
}

private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
