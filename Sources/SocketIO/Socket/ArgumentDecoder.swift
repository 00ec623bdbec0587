/// Decodes the arguments of an event or of an acknowledgement, one after the other.
///
/// Missing arguments decode like null: as nil, if the type is an Optional. Surplus arguments are ignored.
package struct ArgumentDecoder {
  private let arguments: ReceivedArguments
  private let event: String
  private let isAnswer: Bool
  private var index = 0
  /// The position of the next argument in a JSON text.
  private var position: Int

  package init(_ event: SocketEvent) { self.init(event.arguments, of: event.name, isAnswer: false) }

  init(_ answer: ReceivedArguments, answering event: String) { self.init(answer, of: event, isAnswer: true) }

  private init(_ arguments: ReceivedArguments, of event: String, isAnswer: Bool) {
    self.arguments = arguments
    self.event = event
    self.isAnswer = isAnswer
    if case .json(let json) = arguments { position = json.start } else { position = 0 }
  }

  /// What error messages call the event.
  private var source: String { isAnswer ? "the acknowledgement of \"\(event)\"" : "\"\(event)\"" }

  package mutating func next<T: Decodable>(_ type: T.Type = T.self) throws(SocketIOError) -> T {
    index += 1
    do {
      switch arguments {
      case .values(let values, _):
        return try (values.indices.contains(index - 1) ? values[index - 1] : .null).decode(as: type)
      case .json(let json):
        return try json.withUnsafeBytes { bytes throws(any Error) in
          try JSONTape.decodeNext(type, from: bytes, at: &position, attachments: json.attachments ?? [])
        }
      }
    } catch {
      throw SocketIOError(
        .decoding, "argument \(index) of \(source) cannot be decoded as \(type): \(describeCodingError(error))",
        underlying: error)
    }
  }
}
