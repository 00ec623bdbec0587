import Synchronization

/// The Sockets of a Manager by namespace, thread-safe. References are weak, and an entry is removed with its Socket.
final class SocketDirectory: Sendable {
  private struct Entry {
    weak var socket: Socket?
    let key: Int
  }

  /// How many Sockets show themselves as active.
  let active = ActiveCount()
  private let entries = Locked(SmallDictionary<String, Entry>())

  /// The Socket of a namespace, always the same one while it exists.
  ///
  /// - Parameter make: Makes the Socket. It runs under the lock, so that no other thread makes one as well.
  func socket(_ namespace: String, orMake make: () -> Socket) -> (socket: Socket, isNew: Bool) {
    entries.withLock { entries in
      if let socket = entries[namespace]?.socket { return (socket, false) }
      let socket = make()
      entries[namespace] = Entry(socket: socket, key: socket.key)
      return (socket, true)
    }
  }

  /// All Sockets, in the order in which they were made.
  var all: [Socket] {
    entries.withLock { $0.values.compactMap(\.socket) }.sorted { $0.key < $1.key }
  }

  /// Whether there is a Socket for the namespace.
  func contains(_ namespace: String) -> Bool { entries.withLock { $0[namespace] != nil } }

  /// Whether there is no entry.
  var isEmpty: Bool { entries.withLock { $0.isEmpty } }

  /// The Socket is being freed. Another one may have its namespace by now.
  func forget(_ namespace: String, key: Int) {
    entries.withLock { entries in
      if entries[namespace]?.key == key { entries[namespace] = nil }
    }
  }
}

/// Counts the Sockets that show themselves as active.
final class ActiveCount: Sendable {
  private let count = Atomic(0)

  var isZero: Bool { count.load(ordering: .acquiring) == 0 }

  func add(_ difference: Int) { count.add(difference, ordering: .acquiringAndReleasing) }
}
