/// How many events of a ``Socket`` may wait for a connection, and what happens to further ones: the option
/// ``SocketIOOptions/offlineBuffer``.
public struct OfflineBuffer: Sendable, Hashable {
  /// What happens to an event for which there is no room.
  ///
  /// Dropped events are counted in ``EventStatistics/Drops/bufferFull`` and logged. An acknowledgement that was asked
  /// for fails with ``SocketIOError/Code/bufferFull``.
  public enum Overflow: Sendable, Hashable {
    /// `emit` throws ``SocketIOError/Code/bufferFull``. An event emitted while the connection breaks, before the loss
    /// is known, is dropped.
    case refuse
    /// The oldest events are dropped until the new one fits.
    case dropOldest
    /// The new event is dropped.
    case dropNewest
  }

  /// The maximum number of waiting events; 0 for none.
  public var maxEvents: Int
  /// The maximum size of waiting events in bytes, estimated with a parser other than the default one; 0 for none.
  public var maxBytes: Int
  /// What happens to an event for which there is no room.
  public var overflow: Overflow

  /// By default 100,000 events and 64 MiB; further events are refused.
  public init(maxEvents: Int = 100_000, maxBytes: Int = 64 << 20, overflow: Overflow = .refuse) {
    self.maxEvents = maxEvents
    self.maxBytes = maxBytes
    self.overflow = overflow
  }
}
