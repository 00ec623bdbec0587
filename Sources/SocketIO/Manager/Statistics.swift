extension Manager {
  /// What the Manager and all its Sockets have done up to now.
  ///
  /// The figures are consistent: they are gathered at one moment on the event loop, after everything the caller did
  /// before. Counting costs next to nothing per message; this call costs a round trip to the loop's thread.
  public func statistics() async -> ManagerStatistics { await core.statistics() }
}

extension Socket {
  /// What the Socket has done up to now, gathered as ``Manager/statistics()`` does. The traffic of the shared
  /// connection is in the Manager's statistics.
  public func statistics() async -> EventStatistics { await io.core.statistics(of: key) }
}
