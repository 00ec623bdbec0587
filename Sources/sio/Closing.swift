import SocketIO

/// Lets the last packets of Managers out, and returns when their connections are closed or the time is over.
func closeAll(_ managers: [Manager], within limit: Duration) async {
  await withTaskGroup { group in
    for manager in managers { group.addTask { await manager.close(within: limit) } }
  }
}
