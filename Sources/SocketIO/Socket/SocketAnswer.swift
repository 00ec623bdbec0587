/// The server's acknowledgement of an event, for the closure of ``Emitter/emit(_:_:ack:)``.
public struct SocketAnswer: Sendable {
  /// The arguments as they arrived. Types are decoded from these.
  let arguments: ReceivedArguments
  private let event: String

  init(_ arguments: ReceivedArguments, to event: String) {
    self.arguments = arguments
    self.event = event
  }

  /// The arguments, with binary data as `.binary`. Each access reads them anew: keep them if you need them again.
  public var args: [SocketValue] { arguments.values }

  /// The first argument, decoded.
  ///
  /// - Throws: ``SocketIOError`` with `.decoding`; its message names the event, the argument and the place inside it.
  public func decode<T: Decodable>(_ type: T.Type = T.self) throws(SocketIOError) -> T {
    var decoder = decoder
    return try decoder.next(type)
  }

  /// The first arguments, decoded: `let (x, y) = try answer.decode(Int.self, Int.self)`.
  ///
  /// Missing arguments decode like null; those beyond the last type are ignored.
  ///
  /// - Throws: ``SocketIOError`` with `.decoding`; its message names the event, the argument and the place inside it.
  public func decode<First: Decodable, Second: Decodable, each Other: Decodable>(
    _ first: First.Type, _ second: Second.Type, _ others: repeat (each Other).Type
  ) throws(SocketIOError) -> (First, Second, repeat each Other) {
    var decoder = decoder
    return (try decoder.next(first), try decoder.next(second), repeat try decoder.next((each Other).self))
  }

  private var decoder: ArgumentDecoder { ArgumentDecoder(arguments, answering: event) }
}

extension SocketAnswer: CustomStringConvertible, CustomReflectable {
  /// The arguments as an array.
  public var description: String { args.description }

  /// Shows the arguments.
  public var customMirror: Mirror { Mirror(self, children: ["args": args], displayStyle: .struct) }
}
