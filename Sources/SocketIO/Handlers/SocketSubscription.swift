/// A registered handler; ``cancel()`` removes it.
///
/// Freeing the subscription does not: a handler stays until it is removed or its Socket or Manager is freed.
public struct SocketSubscription: Sendable {
  let key: HandlerKey
  let id: UInt64
  let registry: HandlerRegistry

  /// Removes the handler, from any thread. It gets no later events; a call that is running, or due for an event whose
  /// earlier handlers are running, still takes place. Further calls do nothing.
  public func cancel() { registry.remove(self) }
}

extension SocketSubscription: Hashable {
  /// Whether both stand for the same registration.
  public static func == (lhs: SocketSubscription, rhs: SocketSubscription) -> Bool {
    lhs.id == rhs.id && lhs.registry === rhs.registry
  }

  /// Feeds the registration's identity to the hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(ObjectIdentifier(registry))
  }
}
