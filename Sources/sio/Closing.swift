import SocketIO

/// Closes Managers gracefully, and returns when their connections are closed or the time is up.
func closeAll(_ managers: [Manager], within limit: Duration) async {
  await withTaskGroup { group in
    for manager in managers { group.addTask { await manager.close(within: limit) } }
  }
}
