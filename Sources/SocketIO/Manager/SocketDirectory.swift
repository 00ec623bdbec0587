import Synchronization

/// The Sockets of a Manager by their namespaces, for any thread. It holds none of them, and forgets one with its end.
final class SocketDirectory: Sendable {
  private struct Entry {
    weak var socket: Socket?
    let key: Int
  }

  /// Those that show themselves as active.
  let active = ActiveCount()
  private let entries = Locked<[String: Entry]>([:])

  /// The Socket of a namespace, always the same one while it exists.
  ///
  /// - Parameter make: Makes it, before another thread can ask for it.
  func socket(_ namespace: String, orMake make: () -> Socket) -> (socket: Socket, isNew: Bool) {
    entries.withLock { entries in
      if let socket = entries[namespace]?.socket { return (socket, false) }
      let socket = make()
      entries[namespace] = Entry(socket: socket, key: socket.key)
      return (socket, true)
    }
  }

  /// In the order in which they were made.
  var all: [Socket] {
    entries.withLock { $0.values.compactMap(\.socket) }.sorted { $0.key < $1.key }
  }

  /// Whether there is a Socket for the namespace.
  func contains(_ namespace: String) -> Bool { entries.withLock { $0[namespace] != nil } }

  /// Whether nothing is kept of any Socket.
  var isEmpty: Bool { entries.withLock { $0.isEmpty } }

  /// The Socket ends. Another one may have its namespace by now.
  func forget(_ namespace: String, key: Int) {
    entries.withLock { entries in
      if entries[namespace]?.key == key { entries[namespace] = nil }
    }
  }
}

/// How many Sockets show themselves as active.
final class ActiveCount: Sendable {
  private let count = Atomic(0)

  var isZero: Bool { count.load(ordering: .acquiring) == 0 }

  func add(_ difference: Int) { count.add(difference, ordering: .acquiringAndReleasing) }
}
