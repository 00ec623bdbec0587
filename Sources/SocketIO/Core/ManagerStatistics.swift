/// What a ``Manager`` has done since it was made; see ``Manager/statistics()``.
///
/// Counts continue across reconnections and never decrease. Figures that describe only the current moment say so.
public struct ManagerStatistics: Sendable, Hashable {
  /// The traffic of one transport.
  public struct Traffic: Sendable, Hashable {
    /// Engine.IO packets: messages, heartbeats, handshakes and upgrades.
    public var packetsSent = 0
    /// Their bytes, before base64, compression, HTTP, WebSocket framing and TLS. A packet counts when the transport
    /// takes it.
    public var bytesSent = 0
    /// Engine.IO packets from the server.
    public var packetsReceived = 0
    /// Their bytes, counted as ``bytesSent``.
    public var bytesReceived = 0

    /// Nothing counted.
    public init() {}
  }

  /// The traffic of each transport. `.polling` and `.websocket` always have an entry.
  public var traffic: [TransportName: Traffic] = [:]

  /// Connection attempts, including the first and those that the program asked for.
  public var attempts = 0
  /// Connections established.
  public var connections = 0
  /// Connections that the Manager established by itself, after a loss or a failure.
  public var reconnections = 0
  /// Connections upgraded to a better transport.
  public var upgrades = 0

  /// Bytes that the connection has not handed to the operating system yet, at this moment, for all Sockets together.
  /// Over polling this includes the request under way. Events that wait for a connection are in
  /// ``EventStatistics/bufferedBytes``.
  public var queuedBytes = 0

  /// Bytes of events and acknowledgements that wait for handlers at this moment, counted as
  /// ``SocketIOOptions/inboundBuffer`` does.
  public var inboundBytes = 0
  /// How often reading was paused because more than ``SocketIOOptions/inboundBuffer`` waited for handlers.
  public var readingPauses = 0
  /// How long reading was paused in total, including a pause that lasts at this moment.
  public var readingPaused = Duration.zero

  /// The times between two consecutive pings of the server within a connection.
  ///
  /// They do not show how long a round trip takes, since the server sends the pings. With servers that wait
  /// `pingInterval` after the pong, such as those in JavaScript, each is `pingInterval` plus one round trip.
  public var pingIntervals = DurationSummary()
  /// The time since the last ping; nil before a connection's first ping, and without a connection.
  public var sinceLastPing: Duration?
  /// The round trips of the client's own pings: one for each WebSocket tried for an upgrade.
  public var probeRoundTrips = DurationSummary()

  /// The sum over all Sockets of the Manager, including those that no longer exist.
  public var events = EventStatistics()

  /// Nothing counted.
  public init() {}
}

/// What a ``Socket`` has done since it was made; see ``Socket/statistics()``.
public struct EventStatistics: Sendable, Hashable {
  /// Events that were never sent, by reason.
  public struct Drops: Sendable, Hashable {
    /// Volatile events that could not be sent at once.
    public var volatile = 0
    /// Events for which the buffer had no room, including those that `emit` refused for that reason.
    public var bufferFull = 0
    /// Events that were cancelled while they waited.
    public var cancelled = 0
    /// Events whose acknowledgement timed out while they waited to be sent.
    public var timedOut = 0
    /// Events that still waited when their Socket was freed.
    public var released = 0
    /// Events that the parser could not encode.
    public var unencodable = 0
    /// Events with an acknowledgement that waited when the server refused the namespace.
    public var refused = 0

    /// Nothing dropped.
    public init() {}

    /// The sum over all reasons.
    public var total: Int { volatile + bufferFull + cancelled + timedOut + released + unencodable + refused }
  }

  /// Events handed to the connection. With `retries`, every try counts.
  public var sent = 0
  /// Events from the server that were passed on to the handlers.
  public var received = 0
  /// Events that wait at this moment, for a connection or, with `retries`, for their turn.
  public var buffered = 0
  /// Bytes of these events, estimated with a parser other than the default one.
  public var bufferedBytes = 0
  /// Calls of `emitWhenWritable` that wait at this moment.
  public var waiting = 0
  /// Events that were sent and whose acknowledgement is pending, at this moment.
  public var unacknowledged = 0
  /// The times from sending an event to receiving its acknowledgement.
  public var ackRoundTrips = DurationSummary()
  /// Events that were never sent.
  public var drops = Drops()

  /// Nothing counted.
  public init() {}

  /// Adds the figures of another Socket.
  mutating func add(_ other: EventStatistics) {
    sent += other.sent
    received += other.received
    buffered += other.buffered
    bufferedBytes += other.bufferedBytes
    waiting += other.waiting
    unacknowledged += other.unacknowledged
    ackRoundTrips.add(other.ackRoundTrips)
    drops.volatile += other.drops.volatile
    drops.bufferFull += other.drops.bufferFull
    drops.cancelled += other.drops.cancelled
    drops.timedOut += other.drops.timedOut
    drops.released += other.drops.released
    drops.unencodable += other.drops.unencodable
    drops.refused += other.drops.refused
  }
}

/// A summary of measured durations.
public struct DurationSummary: Sendable, Hashable {
  /// How many were measured.
  public private(set) var count = 0
  private var nanoseconds: UInt64 = 0
  /// From the shortest to the longest; nil without any.
  private var range: ClosedRange<UInt64>?

  /// Nothing measured yet.
  public init() {}

  /// Their sum.
  public var total: Duration { .nanoseconds(Int64(clamping: nanoseconds)) }
  /// The shortest; nil without any.
  public var shortest: Duration? { range.map { .nanoseconds(Int64(clamping: $0.lowerBound)) } }
  /// The longest; nil without any.
  public var longest: Duration? { range.map { .nanoseconds(Int64(clamping: $0.upperBound)) } }
  /// Their mean; nil without any.
  public var mean: Duration? { count == 0 ? nil : total / count }

  mutating func record(nanoseconds duration: UInt64) {
    count += 1
    nanoseconds += duration
    extend(to: duration...duration)
  }

  mutating func add(_ other: DurationSummary) {
    count += other.count
    nanoseconds += other.nanoseconds
    if let range = other.range { extend(to: range) }
  }

  private mutating func extend(to other: ClosedRange<UInt64>) {
    guard let range else { return self.range = other }
    self.range = min(range.lowerBound, other.lowerBound)...max(range.upperBound, other.upperBound)
  }
}
