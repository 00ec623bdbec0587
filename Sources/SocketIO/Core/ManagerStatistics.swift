/// What a ``Manager`` did since it was made, as ``Manager/statistics()`` tells it.
///
/// Counts go on over losses and reconnections and never fall. Figures that hold for one moment only say so.
public struct Statistics: Sendable, Hashable {
  /// What went over one transport.
  public struct Traffic: Sendable, Hashable {
    /// Engine.IO packets: messages, heartbeats and what belongs to handshake and upgrade.
    public var packetsSent = 0
    /// Their bytes, before base64, compression, HTTP, WebSocket framing and TLS. A packet counts when the transport takes it.
    public var bytesSent = 0
    /// Engine.IO packets from the server.
    public var packetsReceived = 0
    /// Their bytes, counted as ``bytesSent``.
    public var bytesReceived = 0

    /// Nothing counted.
    public init() {}
  }

  /// What went over each transport: `.polling` and `.websocket` have an entry, used or not.
  public var traffic: [TransportName: Traffic] = [:]

  /// Connection attempts that were begun, the first and those asked for by hand included.
  public var attempts = 0
  /// Connections that were established.
  public var connections = 0
  /// Connections that the Manager made again by itself, after a loss or a failure.
  public var reconnections = 0
  /// Connections that changed to a better transport.
  public var upgrades = 0

  /// Bytes of all Sockets together that the connection has not handed to the operating system yet, at this moment. Over polling
  /// that includes the request under way. What waits for a connection is in ``EventStatistics/bufferedBytes``.
  public var queuedBytes = 0

  /// Bytes of events and acknowledgements that wait for handlers at this moment, as ``SocketIOOptions/inboundBuffer`` counts them.
  public var inboundBytes = 0
  /// How often reading was paused since handlers were behind with more than ``SocketIOOptions/inboundBuffer``.
  public var readingPauses = 0
  /// For how long in all, the pause included that lasts at this moment.
  public var readingPaused = Duration.zero

  /// The times from one ping of the server to the next within a connection.
  ///
  /// The server pings, so a client cannot tell from these times how long a round trip takes. With servers that wait `pingInterval` from
  /// the pong on, as those in JavaScript do, each of them is `pingInterval` plus one round trip.
  public var pingIntervals = DurationSummary()
  /// How long ago the last ping came; nil before the first of a connection, and without one.
  public var sinceLastPing: Duration?
  /// The round trips of the pings that the client sends: one over each WebSocket that is tried for an upgrade.
  public var probeRoundTrips = DurationSummary()

  /// The sum over all Sockets of the Manager, those that are gone included.
  public var events = EventStatistics()

  /// Nothing counted.
  public init() {}
}

/// What a ``Socket`` did since it was made, as ``Socket/statistics()`` tells it.
public struct EventStatistics: Sendable, Hashable {
  /// Events that were not sent and never will be, by the reason.
  public struct Drops: Sendable, Hashable {
    /// Volatile events that could not be sent at once.
    public var volatile = 0
    /// Events for which the buffer had no room, those that `emit` refused for that reason included.
    public var bufferFull = 0
    /// Events that were cancelled while they waited.
    public var cancelled = 0
    /// Events whose time for the acknowledgement was over while they waited.
    public var timedOut = 0
    /// Events that still waited when their Socket was freed.
    public var released = 0
    /// Events that the parser could not encode.
    public var unencodable = 0
    /// Events with an acknowledgement that waited while the server refused the namespace.
    public var refused = 0

    /// Nothing dropped.
    public init() {}

    /// The sum of all reasons.
    public var total: Int { volatile + bufferFull + cancelled + timedOut + released + unencodable + refused }
  }

  /// Events handed to the connection. With `retries`, every try counts.
  public var sent = 0
  /// Events from the server that were passed on to the handlers.
  public var received = 0
  /// Events that wait at this moment: for a connection or, with `retries`, for their turn.
  public var buffered = 0
  /// Bytes of these events, estimated: their encoded size is known when they are sent.
  public var bufferedBytes = 0
  /// Calls of ``Socket/emitWhenWritable(_:_:)-(_,EncodableSendable...)`` that wait at this moment.
  public var waiting = 0
  /// Events that were sent and whose acknowledgement is awaited, at this moment.
  public var unacknowledged = 0
  /// The times from sending an event to its acknowledgement.
  public var ackRoundTrips = DurationSummary()
  /// Events that were never sent.
  public var drops = Drops()

  /// Nothing counted.
  public init() {}

  /// Counts what another Socket did as well.
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

/// A summary of durations that were measured.
public struct DurationSummary: Sendable, Hashable {
  /// How many there are.
  public private(set) var count = 0
  private var nanoseconds: UInt64 = 0
  /// From the shortest to the longest; nil where there is none.
  private var range: ClosedRange<UInt64>?

  /// Nothing measured yet.
  public init() {}

  /// Their sum.
  public var total: Duration { .nanoseconds(Int64(clamping: nanoseconds)) }
  /// The shortest; nil where there is none.
  public var shortest: Duration? { range.map { .nanoseconds(Int64(clamping: $0.lowerBound)) } }
  /// The longest; nil where there is none.
  public var longest: Duration? { range.map { .nanoseconds(Int64(clamping: $0.upperBound)) } }
  /// Their mean; nil where there is none.
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

extension Manager {
  /// What the Manager did up to now, with all its Sockets.
  ///
  /// The figures belong together: they are gathered in one moment on the event loop, after everything that the caller did before.
  /// To count costs next to nothing for each message; to ask costs a round trip to the loop's thread.
  public func statistics() async -> Statistics { await core.statistics() }
}

extension Socket {
  /// What the Socket did up to now, gathered as ``Manager/statistics()`` does. What went over the connection that it shares is in
  /// the Manager's statistics.
  public func statistics() async -> EventStatistics { await io.core.statistics(of: key) }
}
