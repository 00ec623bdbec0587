/// How many events of a ``Socket`` may wait for a connection, and what becomes of those that are too many: the option
/// ``SocketIOOptions/offlineBuffer``.
public struct OfflineBuffer: Sendable, Hashable {
  /// What happens to an event for which there is no room.
  ///
  /// Whatever is dropped is counted in ``EventStatistics/Drops/bufferFull`` and logged, and its acknowledgement, where one was asked for,
  /// ends with ``SocketIOError/Code/bufferFull``.
  public enum Overflow: Sendable, Hashable {
    /// `emit` throws ``SocketIOError/Code/bufferFull``. An event that was emitted just when the connection broke, before that could be
    /// known, is dropped.
    case refuse
    /// The events that wait longest are dropped until the new one has room.
    case dropOldest
    /// The new event is dropped.
    case dropNewest
  }

  /// The most events that wait; 0 for none.
  public var maxEvents: Int
  /// The most bytes of events that wait, estimated before they are encoded; 0 for none.
  public var maxBytes: Int
  /// What happens to an event for which there is no room.
  public var overflow: Overflow

  /// 100,000 events and 64 MiB; what is more is refused.
  public init(maxEvents: Int = 100_000, maxBytes: Int = 64 << 20, overflow: Overflow = .refuse) {
    self.maxEvents = maxEvents
    self.maxBytes = maxBytes
    self.overflow = overflow
  }
}
