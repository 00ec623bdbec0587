import SocketIO

extension Statistics {
  /// One line for people.
  var summary: String {
    let roundTrip = events.ackRoundTrips.mean.map { ", acknowledged after \($0) on average" } ?? ""
    let transports = traffic.sorted { $0.key.rawValue < $1.key.rawValue }.filter { $0.value != Traffic() }.map {
      "\($0.key) \($0.value.bytesSent) bytes out and \($0.value.bytesReceived) in"
    }
    return
      (["\(connections) connections", "\(events.sent) events out and \(events.received) in\(roundTrip)"] + transports)
      .joined(separator: "; ")
  }
}
