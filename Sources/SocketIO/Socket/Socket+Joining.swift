extension Socket {
  /// Waits until the namespace is joined; returns at once if it is.
  ///
  ///     let socket = try io("https://example.com")
  ///     try await socket.joined(timeout: .seconds(10))
  ///
  /// An attempt that fails ends the wait with its error, but not the attempts: another call waits for the next outcome.
  /// If nothing more is tried, because `reconnection` is off, its attempts are used up, the server speaks an older
  /// protocol, or ``Manager/open()`` failed, the call throws the last error at once.
  ///
  /// - Parameter timeout: How long to wait, rounded up to whole milliseconds. Without one, as long as the attempt
  ///   takes.
  /// - Throws: ``SocketIOError``: why the connection failed or the server refused the namespace; `.disconnected` if the
  ///   Socket is not active, or is disconnected meanwhile; `.timeout`; or `.cancelled` if the task was cancelled.
  public func joined(timeout: Duration? = nil) async throws(SocketIOError) {
    guard !Task.isCancelled else { throw .cancelled }
    let (outcomes, feed) = AsyncStream.makeStream(of: SocketIOError?.self)
    io.mailbox.submit { [key] core in core.awaitJoining(key, within: timeout?.milliseconds) { feed.yield($0) } }
    for await failure in outcomes {
      if let failure { throw failure }
      return
    }
    // The stream only ends when the task is cancelled.
    throw .cancelled
  }
}
