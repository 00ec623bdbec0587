import SocketIO

/// Lets the last packets of Managers out, and returns when their connections are closed or the time is over.
func closeAll(_ managers: [Manager], within limit: Duration) async {
  let (closed, feed) = AsyncStream.makeStream(of: Void.self)
  let closing = Task {
    await withTaskGroup { group in
      for manager in managers { group.addTask { await manager.close() } }
    }
    feed.finish()
  }
  let timer = Task {
    try await Task.sleep(for: limit)
    feed.finish()
  }
  for await _ in closed {}
  closing.cancel()
  timer.cancel()
}
