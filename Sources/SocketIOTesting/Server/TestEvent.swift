public import SocketIO

/// An event that a ``TestServer`` has received.
public struct TestEvent: Sendable {
  /// The client that sent it.
  public let client: TestClient
  let content: SocketEvent
  let id: Int?

  /// The event's name.
  public var name: String { content.name }

  /// The arguments, with binary data as `.binary`.
  public var args: [SocketValue] { content.args }

  /// Whether the client asks for an acknowledgement.
  public var wantsAcknowledgement: Bool { id != nil }

  /// The first argument, decoded.
  ///
  /// - Throws: `SocketIOError` with `.decoding`.
  public func decode<T: Decodable>(_ type: T.Type = T.self) throws(SocketIOError) -> T { try content.decode(type) }

  /// The first arguments, decoded: `let (x, y) = try event.decode(Int.self, Int.self)`.
  ///
  /// - Throws: `SocketIOError` with `.decoding`.
  public func decode<First: Decodable, Second: Decodable, each Other: Decodable>(
    _ first: First.Type, _ second: Second.Type, _ others: repeat (each Other).Type
  ) throws(SocketIOError) -> (First, Second, repeat each Other) {
    try content.decode(first, second, repeat each others)
  }

  /// Acknowledges the event, if the client asks for it and its connection still exists. A test may do so twice, to
  /// check that the client copes with it.
  ///
  /// - Parameters:
  ///   - arguments: Any mix of `SocketValue`, `Data` and `Encodable`.
  ///   - delay: How far the clock moves until then.
  /// - Throws: `SocketIOError` with `.encoding`.
  @_disfavoredOverload  // For literals alone the sibling keeps the order.
  public func acknowledge<each Argument: Encodable & Sendable>(
    _ arguments: repeat each Argument, after delay: Duration = .zero
  ) throws(SocketIOError) {
    client.acknowledge(
      id, try SocketValue.arguments(repeat each arguments, of: "the answer to \"\(name)\""), after: delay)
  }

  /// Acknowledges the event with literals.
  ///
  /// - Parameters:
  ///   - arguments: The arguments.
  ///   - delay: How far the clock moves until then.
  public func acknowledge(_ arguments: SocketValue..., after delay: Duration = .zero) {
    client.acknowledge(id, arguments, after: delay)
  }
}
