/// An event that is declared once, with its name and the types of its arguments, and then used on every side.
///
///     enum Chat {
///       static let message = TypedEvent("message", String.self, Int.self)
///       static let history = TypedRequest("history", Int.self, answer: [String].self)
///       static let read = TypedRequest("read", Int.self, answer: Void.self)
///     }
///
///     socket.on(Chat.message) { text, room in print(room, text) }
///     try socket.emit(Chat.message, "hi", 7)
///     let lines = try await socket.emitWithAck(Chat.history, 20)
///     try await socket.emitWithAck(Chat.read, 7)
///
/// An argument of another type does not compile. Events that are emitted need types that are `Encodable`, those that
/// are received need `Decodable` ones. Missing arguments decode like null; surplus arguments are ignored.
public struct TypedEvent<each Argument: Sendable>: Sendable {
  /// The event's name.
  public let name: String

  /// Declares an event: its name, and the types of its arguments in order.
  public init(_ name: String, _ types: repeat (each Argument).Type) { self.name = name }
}

/// An event that is answered, declared once with the types of its arguments and of the answer. See ``TypedEvent``.
///
/// The side that asks calls `emitWithAck`, the side that is asked registers a handler with `respond`. `answer: Void.self`
/// stands for an acknowledgement without arguments.
public struct TypedRequest<Answer: Sendable, each Argument: Sendable>: Sendable {
  /// The event's name.
  public let name: String

  /// Declares a request: its name, the types of its arguments in order, and the type of the answer's only argument.
  public init(_ name: String, _ types: repeat (each Argument).Type, answer: Answer.Type) { self.name = name }
}

/// What the compiler knows of an event that was declared once. See ``TypedEvent``.
public protocol EventDeclaration: Sendable {
  /// The event's name.
  var name: String { get }
  /// What the event is answered with; `Never` if it is not.
  associatedtype Answer
  /// The type of a handler. The compiler names it where a handler has another one.
  associatedtype ExpectedHandler
}

/// What the compiler knows of a request that was declared once. See ``TypedRequest``.
public protocol RequestDeclaration: EventDeclaration {}

extension TypedEvent: EventDeclaration {
  /// An event has no answer.
  public typealias Answer = Never
  /// The type of a handler.
  public typealias ExpectedHandler = (repeat each Argument) throws -> Void
}

extension TypedRequest: RequestDeclaration {
  /// The type of a handler, which may also be asynchronous.
  public typealias ExpectedHandler = (repeat each Argument) throws -> Answer
}
